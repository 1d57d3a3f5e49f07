/**
 * Which mishaps befall whom, and when: a function of the seed; and what came of them, in numbers.
 */
import { dice } from './campaign.js';
import { DELETED, type Mishap, type MishapOutcome, type Stop } from './mishap.js';

export const MISHAP_KINDS = ['stop', 'disk-full', 'read-only', 'delete-journal'] as const satisfies Mishap['kind'][];

interface MishapPlan {
  readonly runs: number;
  readonly seed: number;
  /** How many of the stopped ones live in real time; the others `FAST` times as fast. */
  readonly inRealTime: number;
}

const FAST = 10;
const ADVISORIES = 10;
const LEFT_KB = [0, 0, 4, 40];

/** Shorter stops in real time: most of 3 to 8 s, and one in three of up to 45 s. */
function stopsOf(roll: () => number, isReal: boolean): readonly Stop[] {
  const isShort = isReal && roll() < 0.67;
  const first = { afterMs: roll() * 31_500, forMs: 3_000 + roll() * (isShort ? 5_000 : 42_000) };
  const next = { afterMs: first.afterMs + first.forMs + roll() * 4_000, forMs: 3_000 + roll() * 5_000 };
  return roll() < 0.3 ? [first, next] : [first];
}

export function mishapsOf(kind: Mishap['kind'], { runs, seed, inRealTime }: MishapPlan): readonly Mishap[] {
  const roll = dice(seed ^ (MISHAP_KINDS.indexOf(kind) << 16));
  return Array.from({ length: runs }, (_, index): Mishap => {
    const roughness = index % 3 === 2 ? 'rough' : 'plain';
    const story = { name: `${kind} ${index + 1}`, seed: seed + index, roughness, advisories: ADVISORIES } as const;
    const isReal = index < inRealTime;
    if (kind === 'stop') return { ...story, kind, speed: isReal ? 1 : FAST, stops: stopsOf(roll, isReal) };
    // Half of them are back before T = 30 s, half after T = 32 s.
    const gone = {
      diesAfterMs: 2_000 + roll() * 10_000,
      awayMs: roll() < 0.5 ? roll() * 4_000 : 30_000 + roll() * 12_000,
    };
    if (kind === 'disk-full') return { ...story, ...gone, kind, leftKb: LEFT_KB[index % LEFT_KB.length] ?? 0 };
    if (kind === 'read-only') return { ...story, ...gone, kind };
    return { ...story, ...gone, kind, deleted: DELETED[index % DELETED.length] ?? 'all' };
  });
}

export interface MishapFigures {
  readonly runs: number;
  /** Orders that were open at the broker when it happened. */
  readonly openThen: number;
  /** Runs whose engine had its gate closed, and said why. */
  readonly gatesClosed: number;
  readonly results: Readonly<Record<string, number>>;
  readonly submits: number;
  readonly cancelsTold: number;
  readonly cancelsReceived: number;
  readonly broken: readonly string[];
}

export function mishapFigures(outcomes: readonly MishapOutcome[]): MishapFigures {
  const sum = (of: (outcome: MishapOutcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  const results: Record<string, number> = {};
  for (const { status } of outcomes.flatMap((one) => one.results)) results[status] = (results[status] ?? 0) + 1;
  return {
    runs: outcomes.length,
    openThen: sum(({ openThen }) => openThen),
    gatesClosed: sum(({ gate }) => (gate === undefined ? 0 : 1)),
    results,
    submits: sum(({ submits }) => submits),
    cancelsTold: sum(({ cancelsTold }) => cancelsTold),
    cancelsReceived: sum(({ cancelsReceived }) => cancelsReceived),
    broken: outcomes.flatMap(({ mishap, broken }) =>
      broken.map((what) => `[${mishap.name}, seed ${mishap.seed}] ${what}`),
    ),
  };
}
