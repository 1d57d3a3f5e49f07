/**
 * The chart as JSON, complete: for programs that draw, check or compare it without running it.
 */
import type { Chart } from './chart.js';
import { deadlinesOf } from './deadlines.js';

/** Changes when a reader of an older file would misread a newer one. */
const FORMAT = 'fillchart.statechart/1';

export function jsonOf(chart: Chart): string {
  const { id, description, states, transitions } = chart;
  const events = [...new Set(transitions.flatMap(({ event }) => event ?? []))];
  const deadlines = Object.fromEntries(deadlinesOf(chart).map(([name, deadline]) => [name, deadline]));
  return `${JSON.stringify({ format: FORMAT, id, description, events, deadlines, states, transitions }, null, 2)}\n`;
}
