/**
 * The book of the charts, as a page holds it. Plain JSON; `make-book.ts` makes it.
 */
import type { Chart } from '../chart.js';
import type { Kind } from '../kinds.js';
import type { RuleText } from './rule-texts.js';

/** From the whole at a glance to every transition. */
export const LEVELS = ['map', 'overview', 'detail'] as const;
export type Level = (typeof LEVELS)[number];

export interface BookChart {
  /** Id of the chart, which begins the ids of its states. */
  readonly id: string;
  /** Name of its files. */
  readonly file: string;
  readonly chart: Chart;
  /** SVG by level, where there is one. */
  readonly pictures: Readonly<Partial<Record<Level, string>>>;
  /** What each transition is about, by its id. */
  readonly kinds: Readonly<Record<string, Kind>>;
}

export interface ChartBook {
  readonly charts: readonly BookChart[];
  readonly rules: Readonly<Record<string, RuleText>>;
}
