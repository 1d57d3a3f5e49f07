/**
 * Beside the chart: what is known of what was chosen, and the life in words.
 */
import type { ChartPageData } from '../../charts/interactive/page-html.js';
import { Details } from '../chart/details.js';
import { ContextTable, NextOfLife, Sequence, Timeline } from '../chart/life-view.js';
import { TabList } from '../tab-list.js';
import { type PageState, TABS } from './page-state.js';

interface SidePanelProps {
  readonly data: ChartPageData;
  readonly page: PageState;
}

export function SidePanel({ data, page }: SidePanelProps) {
  const { life, tab, setTab } = page;
  return (
    <aside class="panel side" aria-label="What is known">
      <TabList
        tabs={TABS.filter((one) => one === 'Details' || life !== undefined)}
        chosen={tab}
        onChoose={setTab}
        label="What is known"
      />
      <div class="scroll" role="tabpanel" id="tab-panel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
        <Shown data={data} page={page} />
      </div>
    </aside>
  );
}

function Shown({ data, page }: SidePanelProps) {
  const { life, tab, playback, act, chart } = page;
  const { count } = playback;
  if (life !== undefined && tab === 'Timeline')
    return <Timeline life={life} count={count} onSeek={(at) => act({ type: 'seek', count: at })} />;
  if (life !== undefined && tab === 'Sequence') return <Sequence life={life} count={count} />;
  if (life !== undefined && tab === 'Context') return <ContextTable life={life} count={count} />;
  if (life !== undefined && tab === 'Next') return <NextOfLife chart={chart} life={life} count={count} />;
  return (
    <Details
      book={data.book}
      chart={chart}
      pick={page.pick}
      lives={data.lives}
      onPick={page.choose}
      onLife={page.openLife}
    />
  );
}
