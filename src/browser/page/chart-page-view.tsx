/**
 * A chart with what is known of it, and lives to be played.
 */
import type { ChartPageData } from '../../charts/interactive/page-html.js';
import { ChartView, Crumbs, drawnLevel } from '../chart/chart-view.js';
import { stateAt } from '../chart/lit.js';
import { PlayerBar } from '../chart/player-bar.js';
import { ThemeButton } from '../theme.js';
import { LifeList, MANY_LIVES } from './life-list.js';
import { type PageState, usePage } from './page-state.js';
import { SidePanel } from './side-panel.js';

const CHART_NAMES: Readonly<Record<string, string>> = {
  execution: 'Execution',
  protection: 'Protection',
  killSwitch: 'Kill switch',
};

export function ChartPage({ data }: { readonly data: ChartPageData }) {
  const page = usePage(data);
  if (page === undefined) return <p>No chart is in this file.</p>;
  const lives = data.lives.filter((one) => one.chart === page.chart.id);
  return (
    <div class={lives.length < MANY_LIVES ? 'chart-page has-few' : 'chart-page'}>
      <header class="page-head">
        <h1>{data.title}</h1>
        <nav class="segments" aria-label="Charts">
          {data.book.charts.map(({ id }) => (
            <button key={id} type="button" aria-pressed={id === page.chart.id} onClick={() => page.openChart(id)}>
              {CHART_NAMES[id] ?? id}
            </button>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <LifeList lives={lives} chosen={page.life} onChoose={page.openLife} />
      <ChartPanel page={page} />
      <SidePanel data={data} page={page} />
    </div>
  );
}

function ChartPanel({ page }: { readonly page: PageState }) {
  const { chart, life, playback, lit, pick, choose, act } = page;
  const level = drawnLevel(chart, page.level);
  return (
    <main class="panel chart-panel">
      <ChartView
        chart={chart}
        head={
          <h2>
            {life === undefined ? (
              chart.chart.description
            ) : (
              <Crumbs state={stateAt(life, playback.count)} label="Active state" />
            )}
          </h2>
        }
        level={level}
        onLevel={page.setLevel}
        lit={lit}
        isLive={playback.isPlaying}
        pick={pick}
        onPick={choose}
        onOpen={choose}
      />
      {life === undefined ? null : <PlayerBar life={life} playback={playback} act={act} />}
    </main>
  );
}
