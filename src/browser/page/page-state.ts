/**
 * What the page of one chart shows, and how that changes.
 */
import { useMemo, useReducer, useState } from 'preact/hooks';
import type { BookChart, Level } from '../../charts/interactive/book.js';
import type { Life } from '../../charts/interactive/life.js';
import type { ChartPageData } from '../../charts/interactive/page-html.js';
import { type Lit, litAt, NOTHING_LIT } from '../chart/lit.js';
import type { Pick } from '../chart/pick.js';
import { newPlayback, type Playback, type PlaybackAction, played } from '../chart/playback.js';

export const TABS = ['Details', 'Timeline', 'Sequence', 'Context', 'Next'] as const;
type Tab = (typeof TABS)[number];

export interface PageState {
  readonly chart: BookChart;
  readonly level: Level;
  readonly setLevel: (level: Level) => void;
  readonly pick: Pick | undefined;
  readonly choose: (pick: Pick | undefined) => void;
  readonly tab: Tab;
  readonly setTab: (tab: Tab) => void;
  readonly life: Life | undefined;
  readonly openLife: (life: Life | undefined) => void;
  readonly openChart: (id: string) => void;
  readonly playback: Playback;
  readonly act: (action: PlaybackAction) => void;
  readonly lit: Lit;
}

/** Undefined when there is no chart. */
export function usePage({ book, lives, chart: first }: ChartPageData): PageState | undefined {
  // A replay is opened at its end: what it came to is seen first.
  const replay = lives.find(({ source }) => source === 'journal');
  const [chartId, setChartId] = useState(first);
  const [level, setLevel] = useState<Level>('map');
  const [pick, setPick] = useState<Pick>();
  const [tab, setTab] = useState<Tab>(replay === undefined ? 'Details' : 'Timeline');
  const [life, setLife] = useState<Life | undefined>(replay);
  const [playback, act] = useReducer(
    (state: Playback, action: PlaybackAction) => played(state, action, life?.steps.length ?? 0),
    newPlayback(replay?.steps.length),
  );
  const chart = book.charts.find(({ id }) => id === chartId) ?? book.charts[0];
  const { count } = playback;
  const lit = useMemo(
    () => (life === undefined || chart === undefined ? NOTHING_LIT : litAt(chart, life, count)),
    [life, chart, count],
  );
  const openLife = (next: Life | undefined): void => {
    setLife(next);
    setPick(undefined);
    act({ type: 'seek', count: 0 });
    setTab(next === undefined ? 'Details' : 'Timeline');
    if (next !== undefined) setChartId(next.chart);
  };
  const openChart = (id: string): void => {
    if (id === chartId) return;
    setChartId(id);
    openLife(replay === undefined ? undefined : lives.find((one) => one.chart === id));
    setChartId(id);
  };
  const choose = (next: Pick | undefined): void => {
    setPick(next);
    if (next !== undefined) setTab('Details');
  };
  if (chart === undefined) return undefined;
  return { chart, level, setLevel, pick, choose, tab, setTab, life, openLife, openChart, playback, act, lit };
}
