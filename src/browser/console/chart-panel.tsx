/**
 * The live chart of the execution that is looked at, and the player of its life.
 */
import { computed } from '@preact/signals';
import { ChartView, drawnLevel } from '../chart/chart-view.js';
import { litAt, NOTHING_LIT } from '../chart/lit.js';
import type { Pick } from '../chart/pick.js';
import { PlayerBar } from '../chart/player-bar.js';
import {
  act,
  book,
  chartId,
  count,
  execution,
  follows,
  goLive,
  level,
  life,
  lifeProblem,
  lives,
  pick,
  playback,
  showChart,
} from './selection.js';
import { tab } from './side-tabs.js';

const CHART_NAMES: Readonly<Record<string, string>> = {
  execution: 'Execution',
  protection: 'Protection',
};

const chart = computed(() => {
  const charts = book.value?.charts ?? [];
  return charts.find(({ id }) => id === (life.value?.chart ?? chartId.value)) ?? charts[0];
});
const lit = computed(() =>
  chart.value === undefined || life.value === undefined ? NOTHING_LIT : litAt(chart.value, life.value, count.value),
);

function choose(next: Pick | undefined): void {
  pick.value = next;
  if (next !== undefined) tab.value = 'Rules';
}

export function ChartPanel() {
  const shown = chart.value;
  if (shown === undefined) return <section class="panel chart-panel" aria-busy="true" aria-label="Statechart" />;
  const isOver = life.value?.verdict !== 'unfinished' && execution.value?.result !== undefined;
  const drawn = drawnLevel(shown, level.value);
  return (
    <section class="panel chart-panel" aria-label="Statechart">
      <ChartView
        chart={shown}
        head={<Charts shown={shown.id} />}
        level={drawn}
        onLevel={(next) => {
          level.value = next;
        }}
        lit={lit.value}
        isLive={follows.value && !isOver}
        pick={pick.value}
        onPick={choose}
        onOpen={choose}
      />
      {lifeProblem.value === '' ? null : <p class="problem">{lifeProblem.value}</p>}
      <LifePlayer />
    </section>
  );
}

/** Execution and exits, once there are any. */
function Charts({ shown }: { readonly shown: string }) {
  if (lives.value.length < 2) return <h2>Statechart</h2>;
  return (
    <nav class="segments" aria-label="Charts of this execution">
      {lives.value.map(({ chart: id }) => (
        <button key={id} type="button" aria-pressed={id === shown} onClick={() => showChart(id)}>
          {CHART_NAMES[id] ?? id}
        </button>
      ))}
    </nav>
  );
}

function LifePlayer() {
  const shown = life.value;
  if (shown === undefined) return null;
  return (
    <div class="player-line">
      <PlayerBar life={shown} playback={{ ...playback.value, count: count.value }} act={act} />
      <button type="button" class="button small" aria-pressed={follows.value} disabled={follows.value} onClick={goLive}>
        {execution.value?.result === undefined ? 'Live' : 'End'}
      </button>
    </div>
  );
}
