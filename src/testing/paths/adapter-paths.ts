/**
 * Whole lives through an adapter of somebody else: the engine on one side, the adapter with the stand-in for its venue on
 * the other, and the laws as judge.
 *
 * 1. Real time, or that of the stand-in (`wait`): nothing of the adapter is replaced, and its answers are passed on unchanged.
 * 2. A life must end as its path says, and break no law: what was recorded is folded anew by the chart that runs. Laws that
 *    judge the millisecond are left to virtual time, which an adapter does not have.
 * 3. Only the situations that the adapter's author can make are walked (`conformance.situations`).
 */

import { memoryJournal } from '../../adapters/journals/memory.js';
import { systemClock } from '../../adapters/system-clock.js';
import { decimal, multiply } from '../../domain/decimal.js';
import type { JournalRecord } from '../../domain/journal.js';
import type { LawId } from '../../domain/laws.js';
import type { BrokerAdapter, Clock } from '../../domain/ports.js';
import type { ExecutionResult, ExecutionStage, FinalStatus } from '../../domain/result.js';
import { show } from '../../domain/snapshot.js';
import { isoTime } from '../../domain/time.js';
import { type Engine, openEngine } from '../../engine/engine.js';
import {
  type ConformanceOptions,
  type ConformanceSubject,
  type MakeBroker,
  type Situation,
  subjectOf,
} from '../conformance/subject.js';
import type { BrokerCall, BrokerMethod } from '../fault-broker.js';
import { brokenLaws } from '../laws/record-laws.js';
import { PathError } from './run-path.js';

/** A life that is walked through an adapter. @beta @since 0.1.0 */
export interface AdapterPath {
  /** `AP-01` … */
  readonly id: string;
  readonly name: string;
  /** What the adapter's stand-in is asked for. */
  readonly situation: Situation;
  /** When GLOBAL is set ACTIVE: before the start, or when the order is known to be open. */
  readonly killSwitch?: 'before' | 'open';
  /** How the life may end. */
  readonly ends: readonly FinalStatus[];
  /** Longest time that it takes, in ms. */
  readonly boundMs: number;
}

/** What {@link runAdapterPath} takes besides what `conform` takes. @beta @since 0.1.0 */
export interface AdapterPathOptions extends ConformanceOptions {
  /** How many times as fast the engine's time runs; 1 by default. For stand-ins that answer within a few ms. */
  readonly speed?: number;
}

const SOON_MS = 20_000;
const AFTER_TIMEOUT_MS = 60_000;

const PATHS: readonly AdapterPath[] = [
  { id: 'AP-01', name: 'filled at once', situation: 'fills', ends: ['FILLED'], boundMs: SOON_MS },
  {
    id: 'AP-02',
    name: 'a kill switch before the order: nothing is sent',
    situation: 'any',
    killSwitch: 'before',
    ends: ['REJECTED'],
    boundMs: SOON_MS,
  },
  { id: 'AP-03', name: 'refused by the broker', situation: 'rejects', ends: ['FAILED'], boundMs: SOON_MS },
  {
    id: 'AP-04',
    name: 'open, then a kill switch: cancelled',
    situation: 'rests',
    killSwitch: 'open',
    ends: ['CANCELLED'],
    boundMs: SOON_MS,
  },
  {
    id: 'AP-05',
    name: 'filled in part, then a kill switch: the rest is cancelled, the part is protected',
    situation: 'fills-partly',
    killSwitch: 'open',
    ends: ['CANCELLED'],
    boundMs: SOON_MS,
  },
  {
    id: 'AP-06',
    name: 'open until T = 30 s: cancelled',
    situation: 'rests',
    ends: ['FAILED_TIMEOUT'],
    boundMs: AFTER_TIMEOUT_MS,
  },
  {
    id: 'AP-07',
    name: 'no answer to the submit call',
    situation: 'submit-hangs',
    ends: ['FILLED', 'EXECUTED_FULL_LATE', 'FAILED', 'FAILED_TIMEOUT'],
    boundMs: AFTER_TIMEOUT_MS,
  },
  {
    id: 'AP-08',
    name: 'no answer to the query of the order',
    situation: 'query-hangs',
    ends: ['FILLED', 'EXECUTED_FULL_LATE', 'FAILED_TIMEOUT'],
    boundMs: AFTER_TIMEOUT_MS,
  },
];

/** The lives that an adapter can be led through; all, or those of the situations that it can be in. @beta @since 0.1.0 */
export function adapterPaths(situations?: readonly Situation[]): readonly AdapterPath[] {
  if (situations !== undefined && !Array.isArray(situations))
    throw new TypeError(`situations is ${show(situations)}; accepted is a list such as ['fills'].`);
  return PATHS.filter(({ situation }) => situation === 'any' || (situations?.includes(situation) ?? true));
}

/**
 * Leads an adapter through a life: real engine, real time, a new broker from `makeBroker`.
 *
 * @returns the result, for further expectations
 * @throws {PathError} for an end that the path does not have, and for every law that is broken
 * @beta @since 0.1.0
 */
export async function runAdapterPath(
  id: string,
  makeBroker: MakeBroker,
  options: AdapterPathOptions,
): Promise<ExecutionResult> {
  const path = PATHS.find((one) => one.id === id);
  if (path === undefined)
    throw new PathError(`There is no path ${show(id)}; known are ${PATHS.map((one) => one.id).join(', ')}.`);
  const { situations } = options;
  const wanted = path.situation === 'any' ? (situations?.[0] ?? 'any') : path.situation;
  const subject = subjectOf(await makeBroker(wanted), wanted);
  const clock = countingClock(options.speed);
  const calls: BrokerCall[] = [];
  const records: JournalRecord[] = [];
  const engine = await openEngine({
    broker: listening(subject.broker, calls, clock),
    clock,
    journal: listeningJournal(records),
    logger: false,
  });
  try {
    return await walked(path, { subject, engine, clock, calls, records, options });
  } finally {
    await engine.close({ drainMs: 0 }).catch(() => undefined);
    await subject.end?.();
  }
}

interface Walk {
  readonly subject: ConformanceSubject;
  readonly engine: Engine;
  readonly clock: CountingClock;
  readonly calls: readonly BrokerCall[];
  readonly records: readonly JournalRecord[];
  readonly options: ConformanceOptions;
}

async function walked(path: AdapterPath, walk: Walk): Promise<ExecutionResult> {
  const { engine, clock, calls, records, options } = walk;
  const set = () => engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: `path ${path.id}` });
  if (path.killSwitch === 'before') await set();
  const execution = engine.start(await advisoryFor(path, walk));
  let result: ExecutionResult | undefined;
  execution.result.then(
    (value) => {
      result = value;
    },
    () => undefined,
  );
  const giveUpAt = clock.monotonic() + path.boundMs;
  let isSet = path.killSwitch !== 'open';
  while (result === undefined) {
    if (clock.monotonic() > giveUpAt)
      throw new PathError(`${path.id}: no result after ${path.boundMs} ms; the stage is ${execution.stage}`);
    if (!isSet && isOpen(path, execution.stage, records)) {
      isSet = true;
      await set();
    }
    await passed(walk);
  }
  const broken = brokenLaws({
    advisoryId: execution.advisoryId,
    calls,
    records,
    cases: engine.cases.all(),
    epochMs: clock.epochMs,
    results: [result],
  });
  const problems = broken.filter(({ law }) => !TIMED.includes(law)).map(({ law, why }) => `${law}: ${why}`);
  if (!path.ends.includes(result.status))
    problems.unshift(
      `it ended as ${result.status} (${result.reason ?? 'no reason'}), not as ${path.ends.join(' or ')}`,
    );
  if (problems.length > 0) throw new PathError(`${path.id} with ${options.symbol}: ${problems.join('\n')}`);
  return result;
}

/** The broker has the order, and what it filled of it is known. */
function isOpen({ situation }: AdapterPath, stage: ExecutionStage, records: readonly JournalRecord[]): boolean {
  if (situation === 'fills-partly') return stage === 'PARTIALLY_FILLED';
  return records.some(({ stream, fact }) => stream === 'execution' && fact.type === 'SUBMIT_OUTCOME');
}

/** They compare times to the millisecond. */
const TIMED: readonly LawId[] = ['L3', 'L8', 'L11', 'L12', 'L14', 'L15'];

const STEP_MS = 20;

async function passed({ subject, clock }: Walk): Promise<void> {
  await new Promise<void>((resolve) => void clock.setTimeout(resolve, STEP_MS));
  await subject.wait?.(STEP_MS);
}

const LOTS = '10';

async function advisoryFor(path: AdapterPath, { subject: { broker }, clock, options }: Walk) {
  const { symbol, quantity, expectedPrice = '150' } = options;
  const instrument = await broker.instrument(symbol, new AbortController().signal);
  if (instrument === 'unknown_symbol') throw new PathError(`${path.id}: the broker does not know ${symbol}`);
  return {
    advisoryId: `PATH-${path.id}`,
    symbol,
    referencePrice: expectedPrice,
    slOffsetPct: '-0.1',
    tpOffsetPct: '0.1',
    positionSize: quantity ?? multiply(decimal(instrument.lotSize), decimal(LOTS)),
    expirationTimestamp: isoTime(clock.now() + 2 * AFTER_TIMEOUT_MS),
  };
}

interface CountingClock extends Clock {
  /** Its wall time at its monotonic zero. */
  readonly epochMs: number;
}

/** The clock of the machine in whole ms, its wall time bound to its monotonic time. */
function countingClock(speed = 1): CountingClock {
  const system = systemClock();
  const zero = system.monotonic();
  const epochMs = Math.round(system.now());
  const monotonic = () => Math.round((system.monotonic() - zero) * speed);
  return {
    epochMs,
    monotonic,
    now: () => epochMs + monotonic(),
    setTimeout: (fn, ms) => system.setTimeout(fn, ms / speed),
    clearTimeout: (handle) => system.clearTimeout(handle),
  };
}

const METHODS: readonly BrokerMethod[] = [
  ...(['instrument', 'submitOrder', 'getOrderStatus', 'cancelOrder'] as const),
  ...(['placeProtection', 'getPositions', 'checkMargin'] as const),
];

/** The adapter itself, with a list of what it was asked. */
function listening(broker: BrokerAdapter, calls: BrokerCall[], clock: Clock): BrokerAdapter {
  return new Proxy(broker, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const method = METHODS.find((name) => name === key);
      return (...args: readonly unknown[]): unknown => {
        if (method !== undefined) calls.push({ method, at: clock.monotonic(), argument: args[0], ...idIn(args[0]) });
        return Reflect.apply(member, target, args);
      };
    },
  });
}

const idIn = (argument: unknown): { readonly clientOrderId?: string } => {
  const id: unknown = (argument as { readonly clientOrderId?: unknown } | null | undefined)?.clientOrderId;
  return typeof id === 'string' ? { clientOrderId: id } : {};
};

function listeningJournal(records: JournalRecord[]): ReturnType<typeof memoryJournal> {
  const inner = memoryJournal();
  return {
    ...inner,
    async append(appended) {
      records.push(...appended);
      await inner.append(appended);
    },
  };
}
