/**
 * An engine in a process that is going to be killed.
 *
 * Its one argument is a {@link Run} as JSON. It prints one JSON value a line, each as it is so: what it prints, a caller
 * knows, and nothing that a caller knows may be lost.
 */
import { writeSync } from 'node:fs';
import { sqliteJournal } from '../../src/adapters/journals/sqlite.js';
import type { Case } from '../../src/domain/cases.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import { type Engine, openEngine } from '../../src/engine/engine.js';
import { advisoryOf } from './advisories.js';
import { at, type Crash, crashAt, crashingHooks, type Pass } from './crash-points.js';
import { remoteBroker } from './remote-broker.js';
import { relentlessClock, runClock } from './run-clock.js';

export interface Run {
  readonly journal: string;
  readonly socket: string;
  readonly speed: number;
  /** Wall time at the start, epoch ms. */
  readonly startWall: number;
  /** Advisories 1 to this number are handed over, those of earlier runs again. */
  readonly advisories: number;
  readonly crash?: Crash;
  /** `close()` is called at this point, and the process ends when it has resolved. */
  readonly closes?: Crash;
  /** Sets a kill switch on the symbol of this advisory, `at` ms after the start on the engine's clock. */
  readonly kill?: { readonly advisory: number; readonly at: number };
  /** Ends by itself when every execution has its result. */
  readonly drain: boolean;
  /** The broker does more than fill: exits are waited for. */
  readonly isRough?: boolean;
  /** No sweep is asked for in the end: what the engine finds, it finds of its own accord. */
  readonly isLeftAlone?: boolean;
  /** Its clock goes on while the process stands still. */
  readonly isRelentless?: boolean;
}

export type Said =
  | { readonly said: 'opened'; readonly recovered: number; readonly gate?: string }
  /** The advisory is durable. */
  | { readonly said: 'durable'; readonly advisoryId: string }
  | { readonly said: 'result'; readonly result: ExecutionResult }
  | { readonly said: 'failed'; readonly cause: string }
  /** A result came, and is not on record. */
  | { readonly said: 'journal failed'; readonly result: ExecutionResult }
  /** The audit log tells of a cancel. */
  | { readonly said: 'cancel requested'; readonly clientOrderId: string }
  | { readonly said: 'drained'; readonly gate?: string; readonly cases: readonly Case[] };

const STDOUT = 1;
const say = (said: Said): void => void writeSync(STDOUT, `${JSON.stringify(said)}\n`);

/** Slower than the default: at this speed polls would be most of the work. */
const POLL_MS = 400;

/** Fills that a broker makes after a time-out come within this time of the engine's. */
const AFTERMATH_MS = 4_000;
/** A rough broker takes fills back, and hits exits, within this time of the last fill; the last sweep comes after that. */
const ROUGH_AFTERMATH_MS = 10_000;
/** What the sweep heard of exits is judged by their watch within this time of the engine's (B7). */
const EXITS_JUDGED_MS = 30_000;

async function run(given: Run): Promise<void> {
  const { journal, socket, speed, startWall, advisories, crash, kill, drain, isRough } = given;
  const [killing, closing] = [crashAt(crash), at(given.closes, () => void engine.close().then(() => process.exit()))];
  const pass: Pass = (place, what) => {
    killing(place, what);
    closing(place, what);
  };
  const clock = (given.isRelentless === true ? relentlessClock : runClock)(speed, startWall);
  const engine = await openEngine({
    broker: remoteBroker(socket, pass),
    journal: sqliteJournal({ path: journal, hooks: crashingHooks(pass) }),
    clock,
    logger: false,
    onMismatch: 'report-only',
    pollIntervalMs: POLL_MS,
  });
  say({ said: 'opened', recovered: engine.executions().length, ...gateOf(engine) });
  engine.audit$.subscribe(({ event, advisoryId = '', details }) => {
    if (event === 'execution_start' && isRecorded(engine)) say({ said: 'durable', advisoryId });
    if (event === 'cancel_requested')
      say({ said: 'cancel requested', clientOrderId: String(details['clientOrderId']) });
  });
  const all = Array.from({ length: advisories }, (_, index) => engine.start(advisoryOf(index + 1)));
  for (const { result } of all) {
    const tell = (done: ExecutionResult): void =>
      say(isRecorded(engine) ? { said: 'result', result: done } : { said: 'journal failed', result: done });
    // Who closes it leaves executions without a result.
    result.then(tell, (error: unknown) => given.closes ?? say({ said: 'failed', cause: String(error) }));
  }
  if (kill !== undefined) clock.setTimeout(() => setSwitch(engine, kill.advisory), kill.at);
  if (!drain) return;
  await Promise.all(all.map(({ result }) => result));
  const aftermathMs = isRough === true ? ROUGH_AFTERMATH_MS : AFTERMATH_MS;
  await new Promise<void>((resolve) => clock.setTimeout(resolve, aftermathMs));
  if (given.isLeftAlone !== true) await engine.sweep();
  if (isRough === true) await new Promise<void>((resolve) => clock.setTimeout(resolve, EXITS_JUDGED_MS));
  const end = { ...gateOf(engine), cases: engine.cases.all() };
  await engine.close();
  say({ said: 'drained', ...end });
}

/** Why nothing new is let through. */
function gateOf({ killSwitch }: Engine): { readonly gate?: string } {
  const global = killSwitch.switches.find(({ type, state }) => type === 'GLOBAL' && state === 'ACTIVE');
  return global === undefined ? {} : { gate: global.reason };
}

/** A journal that has failed is said so by the engine: what it hands out then is not promised to be durable. */
const isRecorded = (engine: Engine): boolean => engine.metrics().journalFailure === undefined;

function setSwitch(engine: Engine, advisory: number): void {
  const { symbol } = advisoryOf(advisory);
  void engine.killSwitch.set({ type: 'SYMBOL_LEVEL', target: symbol, state: 'ACTIVE', reason: 'a drill', by: 'ops' });
}

const given = JSON.parse(process.argv[2] ?? '{}') as Run;
run(given).then(
  () => given.drain && process.exit(),
  (error: unknown) => {
    say({ said: 'failed', cause: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  },
);
