/**
 * What a campaign came to, in numbers.
 */
import { CRASH_POINTS } from './crash-points.js';
import type { Outcome } from './scenario.js';

export interface Figures {
  readonly kills: number;
  readonly byKind: Readonly<Record<'point' | 'recovering' | 'random', number>>;
  /** Named points at which an engine died at least once, of how many. */
  readonly pointsReached: number;
  readonly points: number;
  readonly pointsMissed: readonly string[];
  readonly mostInFlight: number;
  readonly executions: number;
  readonly results: Readonly<Record<string, number>>;
  readonly submits: number;
  readonly records: number;
  readonly falseAlarms: readonly string[];
  readonly broken: readonly string[];
}

export function figuresOf(outcomes: readonly Outcome[]): Figures {
  const kills = outcomes.flatMap((outcome) => outcome.kills);
  const reached = new Set(kills.map(({ at }) => at));
  const of = (kind: string): number => kills.filter(({ at }) => at === kind).length;
  const [recovering, random] = [of('recovering'), of('random')];
  const results: Record<string, number> = {};
  for (const { status } of outcomes.flatMap((outcome) => outcome.results)) results[status] = (results[status] ?? 0) + 1;
  const sum = (number: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + number(one), 0);
  const told = (pick: (outcome: Outcome) => readonly string[]): readonly string[] =>
    outcomes.flatMap((one) => pick(one).map((what) => `[${one.scenario.name}, seed ${one.scenario.seed}] ${what}`));
  return {
    kills: kills.length,
    byKind: { point: kills.length - recovering - random, recovering, random },
    pointsReached: CRASH_POINTS.filter((point) => reached.has(point)).length,
    points: CRASH_POINTS.length,
    pointsMissed: CRASH_POINTS.filter((point) => !reached.has(point)),
    mostInFlight: Math.max(0, ...kills.map(({ inFlight }) => inFlight)),
    executions: sum(({ executions }) => executions),
    results,
    submits: sum(({ submits }) => submits),
    records: sum(({ records }) => records),
    falseAlarms: told((one) => one.falseAlarms),
    broken: told((one) => one.broken),
  };
}
