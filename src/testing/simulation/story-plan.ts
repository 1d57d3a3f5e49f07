/**
 * What happens in one simulated story, drawn from its seed: who sends what and when, what operators do, when the process
 * dies and how long it stays down, how far the wall clock is stepped, how bad line and disk are.
 */
import type { KillSwitchState, KillSwitchType } from '../../domain/kill-switch.js';
import type { BrokerCapabilities } from '../../domain/ports.js';
import type { SnapshotInput } from '../../domain/snapshot.js';
import type { Random } from './random.js';

interface PlannedAdvisory {
  readonly atMs: number;
  readonly input: SnapshotInput;
  /** Sent once more, so long after. */
  readonly againAfterMs?: number;
  /** Another snapshot under the same id is sent, so long after. */
  readonly conflictAfterMs?: number;
}

export type OperatorAct =
  | { readonly kind: 'set'; readonly type: KillSwitchType; readonly target?: string; readonly state: KillSwitchState }
  | { readonly kind: 'release'; readonly type: KillSwitchType; readonly target?: string }
  | { readonly kind: 'resolveAll' }
  | { readonly kind: 'sweep' };

interface PlannedCrash {
  /** The process dies at its so-manieth step. */
  readonly atStep: number;
  readonly downMs: number;
  /** The wall clock is stepped while it is down. */
  readonly wallStepMs: number;
}

export interface StoryPlan {
  readonly capabilities: BrokerCapabilities;
  readonly faultRate: number;
  readonly pollIntervalMs: number;
  readonly onMismatch: 'halt-symbol' | 'halt-all' | 'report-only';
  readonly positions: Readonly<Record<string, number>>;
  readonly advisories: readonly PlannedAdvisory[];
  readonly acts: readonly { readonly atMs: number; readonly act: OperatorAct }[];
  /** One for each process in turn; the process after the last lives. */
  readonly crashes: readonly PlannedCrash[];
  /** Wall clock steps while the process runs. */
  readonly wallSteps: readonly { readonly atMs: number; readonly ms: number }[];
  readonly slowestCommitMs: number;
  /** The process is frozen for so long. */
  readonly sleeps: readonly { readonly atMs: number; readonly ms: number }[];
  /** The venue does more than fill. */
  readonly isRough: boolean;
  /** Part of each fill that goes off as fee, in what the order receives. */
  readonly feeRate?: string;
  /** The disk is full from then on, until the process is restarted. */
  readonly diskFullAtMs?: number;
}

const SYMBOLS = ['AAPL', 'MSFT', 'TSLA'] as const;
const TYPES = ['GLOBAL', 'SYMBOL_LEVEL', 'RISK_LIMIT', 'MANUAL'] as const;
const HOUR_MS = 3_600_000;

export function drawStory(random: Random, epochMs: number, isRough: boolean): StoryPlan {
  const diskFails = random.chance(0.04);
  return {
    capabilities: {
      push: random.chance(0.5),
      batchStatus: random.chance(0.4),
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: random.pick([0, 0, 400]),
    },
    faultRate: random.pick([0, 0.03, 0.1, 0.25, 0.5]),
    pollIntervalMs: random.pick([300, 700, 1_500]),
    onMismatch: random.weighted({ 'halt-symbol': 3, 'halt-all': 1, 'report-only': 6 }),
    positions: random.chance(0.3) ? { AAPL: random.int(-100, 100) } : {},
    advisories: times(random.pick([1, 2, 2, 3, 3, 4, 5, 7]), (index) => drawAdvisory(random, index, epochMs)),
    acts: [...drawSwitches(random), ...drawChores(random)],
    crashes: drawCrashes(random),
    wallSteps: random.chance(0.2) ? [{ atMs: random.int(0, 40_000), ms: random.int(-90_000, 90_000) }] : [],
    slowestCommitMs: random.pick([0, 0, 3, 20]),
    ...drawRoughness(random.branch('rough'), isRough),
    ...(diskFails && { diskFullAtMs: random.int(0, 35_000) }),
  };
}

function drawRoughness(random: Random, isRough: boolean): Pick<StoryPlan, 'sleeps' | 'isRough' | 'feeRate'> {
  if (!isRough) return { sleeps: [], isRough };
  return {
    isRough,
    sleeps: random.chance(0.15) ? [{ atMs: random.int(0, 40_000), ms: random.int(3_000, 45_000) }] : [],
    ...(random.chance(0.2) && { feeRate: '0.001' }),
  };
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function drawAdvisory(random: Random, index: number, epochMs: number): PlannedAdvisory {
  const isBuy = random.chance(0.7);
  const stop = `0.0${random.int(1, 9)}`;
  const profit = `0.0${random.int(1, 9)}`;
  const atMs = random.pick([0, 0, random.int(0, 3_000), random.int(0, 40_000)]);
  const lifeMs = random.chance(0.1) ? atMs + random.int(-1_000, 3_000) : HOUR_MS;
  const input = {
    advisoryId: `ADV-${index + 1}`,
    symbol: random.pick(SYMBOLS.slice(0, random.int(1, 3)) as ['AAPL', ...string[]]),
    side: isBuy ? 'buy' : 'sell',
    referencePrice: `${random.int(50, 250)}.${random.int(10, 99)}`,
    slOffsetPct: isBuy ? `-${stop}` : stop,
    tpOffsetPct: isBuy ? profit : `-${profit}`,
    positionSize: String(random.int(1, 200)),
    expirationTimestamp: new Date(epochMs + lifeMs),
  } as const;
  return {
    atMs,
    input: random.chance(0.06) ? spoilt(random, input) : input,
    ...(random.chance(0.3) && { againAfterMs: random.int(0, 40_000) }),
    ...(random.chance(0.1) && { conflictAfterMs: random.int(0, 40_000) }),
  };
}

/** An advisory that is to be refused. */
const spoilt = (random: Random, input: SnapshotInput): SnapshotInput => ({
  ...input,
  ...random.pick<Partial<SnapshotInput>>([
    { positionSize: '0' },
    { positionSize: '1.5' },
    { slOffsetPct: '0' },
    { tpOffsetPct: '-2' },
    { referencePrice: '-1' },
    { symbol: '' },
    { positionSize: 'many' },
  ]),
});

/** Mostly none, at times one, at times a storm. */
function drawSwitches(random: Random): { atMs: number; act: OperatorAct }[] {
  const count = random.pick([0, 0, 0, 0, 1, 2, 12]);
  return times(count, () => {
    const type = random.pick(TYPES);
    const target =
      type === 'SYMBOL_LEVEL' || (type !== 'GLOBAL' && random.chance(0.5)) ? random.pick(SYMBOLS) : undefined;
    const named = { type, ...(target !== undefined && { target }) };
    const act: OperatorAct = random.chance(0.3)
      ? { kind: 'release', ...named }
      : { kind: 'set', ...named, state: random.pick(['ACTIVE', 'ACTIVE', 'WARNING', 'OFF']) };
    return { atMs: random.int(0, 40_000), act };
  });
}

const drawChores = (random: Random): { atMs: number; act: OperatorAct }[] =>
  times(random.int(0, 2), () => ({
    atMs: random.int(0, 60_000),
    act: { kind: random.pick(['resolveAll', 'sweep']) },
  }));

/** Early steps are where most things are under way; a second death often comes during the recovery from the first. */
function drawCrashes(random: Random): PlannedCrash[] {
  return times(random.pick([0, 0, 1, 1, 2, 4]), (index) => ({
    atStep: random.pick([random.int(1, 40), random.int(1, index === 0 ? 300 : 60), random.int(1, 900)]),
    downMs: random.pick([0, random.int(0, 2_000), random.int(0, 20_000), random.int(25_000, 40_000)]),
    wallStepMs: random.chance(0.2) ? random.int(-120_000, 60_000) : 0,
  }));
}
