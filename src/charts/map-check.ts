/**
 * A map's ways, taken from the chart and held against its plan.
 *
 * 1. Each pair of top states with a transition between them has exactly one way in the plan, for each status that it may
 *    end with; no way of the plan is without transitions.
 * 2. The words of a way name, in `of`, exactly the guards, deadlines and events that bring one along it.
 */
import { ALWAYS, type Chart, type ChartTransition } from './chart.js';
import { deadlineOf } from './deadlines.js';
import type { MapPlan, MapWay } from './map-plan.js';
import { outcomesOf, topOf } from './outcomes.js';

/** From one top state to another, or to an ending. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly transitions: readonly ChartTransition[];
}

export class MapPlanError extends Error {
  override readonly name = 'MapPlanError';
}

/** What a transition waits for, in one word. */
const causeWord = (transition: ChartTransition): string =>
  deadlineOf(transition) ?? transition.guard?.name ?? transition.event ?? ALWAYS;

/** All pairs of the chart, in its order. What stays within a top state is no pair. */
export function pairsOf(chart: Chart): readonly Pair[] {
  const statuses = outcomesOf(chart);
  const pairs = new Map<string, Pair>();
  const keyOf = (id: string) => chart.states.find((state) => state.id === id)?.key ?? id;
  const isFinal = (id: string) => chart.states.some((state) => state.id === id && state.type === 'final');
  for (const transition of chart.transitions) {
    const from = keyOf(topOf(chart, transition.source));
    for (const target of transition.targets) {
      const top = topOf(chart, target);
      const ends = isFinal(top) ? statuses(transition) : [];
      for (const to of ends.length > 0 ? ends : [keyOf(top)]) {
        if (from === to) continue;
        const before = pairs.get(`${from} ${to}`)?.transitions ?? [];
        pairs.set(`${from} ${to}`, { from, to, transitions: [...before, transition] });
      }
    }
  }
  return [...pairs.values()];
}

/** The pairs of a way. */
export const pairsIn = (way: MapWay, pairs: readonly Pair[]): readonly Pair[] =>
  pairs.filter(({ from, to }) => way.from.includes(from) && way.to.includes(to));

/** @throws MapPlanError naming everything in which chart and plan differ. */
export function checkPlan(chart: Chart, plan: MapPlan): readonly Pair[] {
  const pairs = pairsOf(chart);
  const faults = [...stateFaults(chart, plan, pairs), ...wayFaults(plan, pairs)];
  if (faults.length > 0) throw new MapPlanError(`The map of ${chart.id}: ${faults.join('; ')}`);
  return pairs;
}

function stateFaults(chart: Chart, plan: MapPlan, pairs: readonly Pair[]): readonly string[] {
  const tops = chart.states.filter(({ parent }) => parent === chart.id);
  const inner = tops.filter(({ type }) => type !== 'final').map(({ key }) => key);
  const ends = [...new Set(pairs.map(({ to }) => to))].filter((to) => !inner.includes(to));
  return [
    ...compared('place', inner, Object.keys(plan.places)),
    ...compared('text', inner, Object.keys(plan.about)),
    ...compared('ending', ends, plan.endings),
  ];
}

function wayFaults({ ways }: MapPlan, pairs: readonly Pair[]): readonly string[] {
  const planned = ways.flatMap(({ from, to }) => from.flatMap((one) => to.map((other) => `${one} → ${other}`)));
  const twice = planned.filter((name, index) => planned.indexOf(name) !== index);
  const causes = ways.flatMap((way) => {
    const found = new Set(pairsIn(way, pairs).flatMap(({ transitions }) => transitions.map(causeWord)));
    return compared(`cause of ${way.from} → ${way.to}`, [...found], way.of);
  });
  const wanted = pairs.map(({ from, to }) => `${from} → ${to}`);
  return [...compared('way', wanted, planned), ...twice.map((name) => `way twice: ${name}`), ...causes];
}

function compared(what: string, wanted: readonly string[], found: readonly string[]): readonly string[] {
  return [
    ...wanted.filter((name) => !found.includes(name)).map((name) => `${what} missing: ${name}`),
    ...found.filter((name) => !wanted.includes(name)).map((name) => `${what} stale: ${name}`),
  ];
}
