/**
 * Beside the chart: the life in words, its result with position and exits, what may come next, the rules.
 */
import { Details } from '../chart/details.js';
import { ContextTable, NextTable, Sequence, Timeline } from '../chart/life-view.js';
import { contextAt, stateAt } from '../chart/lit.js';
import { TabList } from '../tab-list.js';
import { ResultView } from './result-view.js';
import { act, book, count, execution, life, lives, pick } from './selection.js';
import { SIDE_TABS, tab } from './side-tabs.js';
import { now, tick } from './store.js';

export function Side() {
  return (
    <aside class="panel side" aria-label="What is known of the execution">
      <TabList
        tabs={SIDE_TABS}
        chosen={tab.value}
        onChoose={(next) => {
          tab.value = next;
        }}
        label="What is known of the execution"
      />
      <div class="scroll" role="tabpanel" id="tab-panel" tabIndex={0} aria-labelledby={`tab-${tab.value}`}>
        <Shown />
      </div>
    </aside>
  );
}

function Shown() {
  const shown = life.value;
  const one = execution.value;
  if (tab.value === 'Result') return one === undefined ? <Nothing /> : <ResultView one={one} />;
  if (tab.value === 'Rules') return <Rules />;
  if (shown === undefined) return <Nothing />;
  switch (tab.value) {
    case 'Timeline':
      return <Timeline life={shown} count={count.value} onSeek={(at) => act({ type: 'seek', count: at })} />;
    case 'Sequence':
      return <Sequence life={shown} count={count.value} />;
    case 'Context':
      return <ContextTable life={shown} count={count.value} />;
    case 'Next':
      return <Next />;
  }
}

function Nothing() {
  return <p class="details quiet">Choose an execution.</p>;
}

/** Counts down while the life goes on; of a moment gone by it says what was open then. */
function Next() {
  void tick.value;
  const shown = life.value;
  const chart = book.value?.charts.find(({ id }) => id === shown?.chart);
  if (shown === undefined || chart === undefined) return <Nothing />;
  const isNow = count.value === shown.steps.length;
  const wall = shown.steps[count.value - 1]?.wall;
  const context = contextAt(shown, count.value);
  const moment = isNow ? now() : Date.parse(wall ?? '');
  return <NextTable chart={chart} state={stateAt(shown, count.value)} context={context} now={moment} />;
}

function Rules() {
  const shown = life.value;
  const chart = book.value?.charts.find(({ id }) => id === (shown?.chart ?? 'execution'));
  if (book.value === undefined || chart === undefined) return <Nothing />;
  return (
    <Details
      book={book.value}
      chart={chart}
      pick={pick.value}
      lives={lives.value}
      onPick={(next) => {
        pick.value = next;
      }}
      onLife={() => undefined}
    />
  );
}
