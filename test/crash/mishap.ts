/**
 * What befalls a process and its disk, beside death: it stands still for seconds and goes on, or comes back to a disk that
 * is full or read-only, or to a journal that somebody deleted.
 *
 * 1. Judged are the outside laws, against what the broker holds to be so, at the end of the run in question, and, where the
 *    journal is there again, once more at the end of the next.
 * 2. Whoever tells of a cancel has made it: the broker, which is up all the time, received as many as all processes told of,
 *    killed ones included, and also for an order that it never had.
 */
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSqliteJournal } from '../../src/adapters/journals/sqlite.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import { brokenOutsideLaws } from '../../src/testing/laws/outside-laws.js';
import { advisoryIdOf } from './advisories.js';
import type { BrokerTruth } from './broker.process.js';
import type { Programs } from './build.js';
import type { Run, Said } from './engine.process.js';
import { brokenInTheEnd, cancelsOnRecord, viewOf } from './laws.js';
import type { Roughness } from './order-script.js';
import { type BrokerProcess, type EngineRun, type Place, startBroker, startEngine } from './processes.js';
import { SPEED } from './scenario.js';

/** Of a journal, what somebody deletes; `emptied` leaves a file of no bytes. */
export const DELETED = ['the file', 'file and log', 'the log', 'emptied', 'all'] as const;
type Deleted = (typeof DELETED)[number];

interface Story {
  readonly name: string;
  readonly seed: number;
  readonly roughness: Roughness;
  /** Advisories that are handed over at first. */
  readonly advisories: number;
}

/** Stands still for so long, so long after the first order is durable; ms of the engine's time. */
export interface Stop {
  readonly afterMs: number;
  readonly forMs: number;
}

/** Killed so long after the first order is durable, and back so much later; ms of the engine's time. */
interface Gone {
  readonly diesAfterMs: number;
  readonly awayMs: number;
}

export type Mishap = Story &
  (
    | { readonly kind: 'stop'; readonly speed: number; readonly stops: readonly Stop[] }
    | ({ readonly kind: 'disk-full'; readonly leftKb: number } & Gone)
    | ({ readonly kind: 'read-only' } & Gone)
    | ({ readonly kind: 'delete-journal'; readonly deleted: Deleted } & Gone)
  );

type Kind = Mishap['kind'];
type MishapOf<K extends Kind> = Extract<Mishap, { readonly kind: K }>;

export interface MishapOutcome {
  readonly mishap: Mishap;
  readonly broken: readonly string[];
  /** Orders open at the broker when it happened. */
  readonly openThen: number;
  /** The engine that met it said why its gate is closed. */
  readonly gate?: string;
  readonly results: readonly ExecutionResult[];
  readonly submits: number;
  /** Cancels that are told of, and those that the broker received for the same orders. */
  readonly cancelsTold: number;
  readonly cancelsReceived: number;
}

const DRAIN_LIMIT_MS = 150_000;
const DURABLE_LIMIT_MS = 10_000;
/** New advisories of a run that should take none. */
const NEWCOMERS = 2;

interface Stage {
  readonly programs: Programs;
  readonly folder: string;
  readonly socket: string;
  readonly journal: string;
  readonly broker: BrokerProcess;
  /** Wall time of the engines, which goes on while none is there. */
  readonly wall: () => number;
}

export async function playMishap(mishap: Mishap, programs: Programs): Promise<MishapOutcome> {
  const folder = mkdtempSync(join(programs.folder, `${mishap.kind}-`));
  const socket = join(folder, 'broker');
  const speed = mishap.kind === 'stop' ? mishap.speed : SPEED;
  const { seed, roughness } = mishap;
  const broker = await startBroker({ program: programs.broker, socket, seed, speed, pace: 'slow', roughness });
  const begun = performance.now();
  const wall = (): number => Date.UTC(2026, 0, 1) + (performance.now() - begun) * speed;
  const stage = { programs, folder, socket, broker, wall, journal: join(folder, 'journal.db') };
  try {
    if (mishap.kind === 'stop') return await playStop(mishap, stage);
    if (mishap.kind === 'delete-journal') return await playDeleted(mishap, stage);
    return await playUnwritable(mishap, stage);
  } finally {
    broker.stop();
  }
}

const runOf = ({ roughness }: Mishap, { socket, journal, wall }: Stage, advisories: number, drain: boolean): Run => ({
  ...{ socket, journal, speed: SPEED, startWall: wall(), advisories, drain, isRough: roughness === 'rough' },
});

/** What the process said, by kind. */
const saidIn = <K extends Said['said']>({ said }: EngineRun, kind: K): readonly Extract<Said, { said: K }>[] =>
  said.filter((one): one is Extract<Said, { said: K }> => one.said === kind);

async function untilDurable(run: EngineRun): Promise<void> {
  const deadline = performance.now() + DURABLE_LIMIT_MS;
  while (saidIn(run, 'durable').length === 0 && performance.now() < deadline) await delay(5);
}

/** Resolves when it has ended by itself; what went wrong with that. */
async function drained(run: EngineRun): Promise<readonly string[]> {
  const timer = setTimeout(() => run.kill(), DRAIN_LIMIT_MS);
  const end = await run.ended;
  clearTimeout(timer);
  const causes = saidIn(run, 'failed').map(({ cause }) => `the engine failed: ${cause}`);
  const isWhole = end === 'by itself' && saidIn(run, 'drained').length === 1;
  return isWhole ? causes : [...causes, 'A6 E3: the engine did not bring every execution to its end'];
}

const gateIn = (run: EngineRun): string | undefined =>
  saidIn(run, 'drained')[0]?.gate ?? saidIn(run, 'opened')[0]?.gate;

/** Cancels that are told of, by any of the processes or by the journal, and that never came in (A4). */
function cancelsMissing(
  runs: readonly EngineRun[],
  records: readonly JournalRecord[],
  { cancels }: BrokerTruth,
): readonly string[] {
  return [...toldCancels(runs, records)]
    .filter(([id, told]) => (cancels[id] ?? 0) < told)
    .map(([id, told]) => `A4: ${id}: ${told} cancel_requested are told of, and ${cancels[id] ?? 0} were received`);
}

/** Cancels that are told of, by order: by the processes as they went along, or by the journal, whichever tells of more. */
function toldCancels(runs: readonly EngineRun[], records: readonly JournalRecord[]): ReadonlyMap<string, number> {
  const said = runs.flatMap((run) => saidIn(run, 'cancel requested').map(({ clientOrderId }) => clientOrderId));
  const [bySaid, byRecord] = [countOf(said), countOf(cancelsOnRecord(records))];
  return new Map(
    [...bySaid.keys(), ...byRecord.keys()].map((id) => [id, Math.max(bySaid.get(id) ?? 0, byRecord.get(id) ?? 0)]),
  );
}

function countOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

const submitsIn = ({ orders, refused }: BrokerTruth): number =>
  [...orders.map(({ received }) => received?.submits ?? 0), ...refused.map(({ submits }) => submits)].reduce(
    (sum, submits) => sum + submits,
    0,
  );

const openIn = ({ orders }: Pick<BrokerTruth, 'orders'>): number => orders.filter(({ isOpen }) => isOpen).length;

const exitsIn = ({ orders }: Pick<BrokerTruth, 'orders'>): number =>
  orders.filter(({ stopLoss, takeProfit }) => stopLoss?.isWorking === true || takeProfit?.isWorking === true).length;

/**
 * Nothing is held in the symbol, and nothing works there: without a journal nobody can know that two exits which closed too
 * much made up for an entry that had none.
 */
function isQuiet(wanted: string, { orders }: BrokerTruth): boolean {
  const own = orders.filter(({ symbol }) => symbol === wanted);
  const net = own.reduce((sum, { held }) => sum + Number(held), 0);
  return net === 0 && openIn({ orders: own }) + exitsIn({ orders: own }) === 0;
}

interface Ending {
  readonly runs: readonly EngineRun[];
  /** Of the journal, or of what was left of it. */
  readonly records: readonly JournalRecord[];
  readonly truth: BrokerTruth;
  readonly openThen: number;
  readonly gate: string | undefined;
  readonly results: readonly ExecutionResult[];
  readonly broken: readonly string[];
}

function outcomeOf(mishap: Mishap, { runs, records, truth, openThen, gate, results, broken }: Ending): MishapOutcome {
  const told = toldCancels(runs, records);
  return {
    ...{ mishap, openThen, broken: [...new Set(broken)] },
    ...(gate !== undefined && { gate }),
    results: [...new Map(results.map((result) => [result.advisoryId, result])).values()],
    submits: submitsIn(truth),
    cancelsTold: [...told.values()].reduce((sum, count) => sum + count, 0),
    cancelsReceived: [...told.keys()].reduce((sum, id) => sum + (truth.cancels[id] ?? 0), 0),
  };
}

/** A36 A32: stopped and continued, on a healthy disk. */
async function playStop(mishap: MishapOf<'stop'>, stage: Stage): Promise<MishapOutcome> {
  const { speed, stops, advisories } = mishap;
  const given = { ...runOf(mishap, stage, advisories, true), speed, isRelentless: true };
  const run = startEngine(stage.programs.engine, given);
  await untilDurable(run);
  const durableAt = performance.now();
  let openThen = 0;
  for (const { afterMs, forMs } of stops) {
    await delay(Math.max(0, afterMs / speed - (performance.now() - durableAt)));
    run.freeze();
    openThen += openIn(await stage.broker.truth());
    await delay(forMs / speed);
    run.thaw();
  }
  const undrained = await drained(run);
  const records = await readSqliteJournal(stage.journal);
  const truth = await stage.broker.truth();
  const results = saidIn(run, 'result').map(({ result }) => result);
  const durable = new Set(saidIn(run, 'durable').map(({ advisoryId }) => advisoryId));
  const gate = gateIn(run);
  const broken = [
    ...undrained,
    ...(saidIn(run, 'journal failed').length === 0 ? [] : ['A8: the journal failed on a healthy disk']),
    ...(gate === undefined ? [] : [`A8: the gate was closed: ${gate}`]),
    ...brokenInTheEnd({ ...truth, records, durable, results }),
    ...cancelsMissing([run], records, truth),
  ];
  return outcomeOf(mishap, { runs: [run], records, truth, openThen, gate, results, broken });
}

interface Dead {
  readonly run: EngineRun;
  readonly durable: ReadonlySet<string>;
  readonly results: readonly ExecutionResult[];
  readonly records: readonly JournalRecord[];
}

/** A first life that ends by a kill; the next begins when it has been away for as long as it should. */
async function firstLife(mishap: MishapOf<Exclude<Kind, 'stop'>>, stage: Stage): Promise<Dead> {
  const run = startEngine(stage.programs.engine, runOf(mishap, stage, mishap.advisories, false));
  await untilDurable(run);
  await delay(mishap.diesAfterMs / SPEED);
  run.kill();
  await run.ended;
  const records = await readSqliteJournal(stage.journal);
  await delay(mishap.awayMs / SPEED);
  return {
    run,
    records,
    durable: new Set(saidIn(run, 'durable').map(({ advisoryId }) => advisoryId)),
    results: saidIn(run, 'result').map(({ result }) => result),
  };
}

/** A33: the journal can be read, and not written. The run after it has a healthy disk again. */
async function playUnwritable(mishap: MishapOf<'disk-full' | 'read-only'>, stage: Stage): Promise<MishapOutcome> {
  const { programs, broker, folder, journal } = stage;
  const dead = await firstLife(mishap, stage);
  const before = await broker.truth();
  const place: Place =
    mishap.kind === 'disk-full' ? { kind: 'full', folder, leftKb: mishap.leftKb } : { kind: 'read-only', folder };
  const all = mishap.advisories + NEWCOMERS;
  const run = startEngine(programs.engine, { ...runOf(mishap, stage, all, true), journal: 'journal.db' }, place);
  const undrained = await drained(run);
  const truth = await broker.truth();
  const records = await readSqliteJournal(journal);
  const results = [...saidIn(run, 'result'), ...saidIn(run, 'journal failed')].map(({ result }) => result);
  const cases = saidIn(run, 'drained')[0]?.cases ?? [];
  const gate = gateIn(run);
  const isClosedFromTheStart = saidIn(run, 'opened')[0]?.gate !== undefined;
  const answered = new Set(results.map(({ advisoryId }) => advisoryId));
  const then = [
    ...undrained,
    ...(gate === undefined ? ['K7: the journal cannot be written, and the gate is open'] : []),
    ...(isClosedFromTheStart && submitsIn(truth) > submitsIn(before) ? ['K7: sent while the gate was closed'] : []),
    ...[...dead.durable].filter((id) => !answered.has(id)).map((id) => `A6: ${id} was durable and has no result`),
    ...brokenOutsideLaws({ ...viewOf({ ...truth, records, durable: dead.durable, results }), cases }).map(
      ({ law, why }) => `${law}: ${why}`,
    ),
    ...cancelsMissing([dead.run, run], records, truth),
  ].map((what) => `on the unwritable disk: ${what}`);

  const last = startEngine(programs.engine, runOf(mishap, stage, all, true));
  const undrainedLast = await drained(last);
  const recorded = [...dead.results, ...saidIn(run, 'result').map(({ result }) => result)];
  const known = {
    ...(await broker.truth()),
    records: await readSqliteJournal(journal),
    durable: new Set([...dead.durable, ...saidIn(last, 'durable').map(({ advisoryId }) => advisoryId)]),
    results: [...recorded, ...saidIn(last, 'result').map(({ result }) => result)],
  };
  const runs = [dead.run, run, last];
  const broken = [...then, ...undrainedLast, ...brokenInTheEnd(known), ...cancelsMissing(runs, known.records, known)];
  return outcomeOf(mishap, {
    runs,
    records: known.records,
    truth: known,
    openThen: openIn(before),
    gate,
    results: known.results,
    broken,
  });
}

function remove(deleted: Deleted, journal: string): void {
  const gone: Readonly<Record<Deleted, readonly string[]>> = {
    'the file': [''],
    'file and log': ['', '-wal', '-shm'],
    'the log': ['-wal', '-shm'],
    emptied: ['-wal', '-shm'],
    all: ['', '-wal', '-shm', '-lock'],
  };
  for (const suffix of gone[deleted]) rmSync(`${journal}${suffix}`, { force: true });
  if (deleted === 'emptied') truncateSync(journal);
}

/** A35: the journal is gone, or a part of it. Nothing is sent, what the broker holds is told, and it stays so. */
async function playDeleted(mishap: MishapOf<'delete-journal'>, stage: Stage): Promise<MishapOutcome> {
  const { programs, broker, journal } = stage;
  const dead = await firstLife(mishap, stage);
  remove(mishap.deleted, journal);
  const before = await broker.truth();
  // Where nothing is left on the disk, only what is open at the broker when the first engine looks tells that there was a
  // journal; where nothing is open any more, nobody can know, and an order that is sent once more is held up by the broker.
  let isEvident = true;
  const all = mishap.advisories + NEWCOMERS;
  const runs: EngineRun[] = [dead.run];
  const broken: string[] = [];
  let gate: string | undefined;
  // At first it is given nothing that would show it where to look, and asked for nothing; where fills are taken back later,
  // somebody must ask later.
  for (const [which, given] of [
    ['first', 0],
    ['second', all],
  ] as const) {
    const run = startEngine(programs.engine, {
      ...runOf(mishap, stage, given, true),
      isLeftAlone: given === 0 && mishap.roughness === 'plain',
    });
    runs.push(run);
    if (given === 0 && mishap.deleted === 'all') {
      await run.opened;
      const seen = await broker.truth();
      isEvident = openIn(seen) + exitsIn(seen) > 0;
    }
    const undrained = await drained(run);
    const truth = await broker.truth();
    const own = await readSqliteJournal(journal).catch(() => []);
    const orders = truth.orders.filter(({ symbol }) => !isQuiet(symbol, truth));
    const view = viewOf({ ...truth, orders, records: [...dead.records, ...own], durable: new Set(), results: [] });
    // A journal of which only the log is left is not written to: its engine says what it has found.
    const cases = [...view.cases, ...(saidIn(run, 'drained')[0]?.cases ?? [])];
    const newcomers = saidIn(run, 'result').filter(({ result }) => isNewcomer(result, mishap));
    gate ??= gateIn(run);
    const found = isEvident
      ? [
          ...(gateIn(run) === undefined ? ['A9: the journal is lost, and the gate is open'] : []),
          ...(submitsIn(truth) > submitsIn(before) ? ['A9: sent while the journal is lost'] : []),
          ...brokenOutsideLaws({ ...view, cases, results: newcomers.map(({ result }) => result) }).map(
            ({ law, why }) => `${law}: ${why}`,
          ),
        ]
      : [];
    broken.push(...[...undrained, ...found].map((what) => `the ${which} start without it: ${what}`));
  }
  const truth = await broker.truth();
  const results = runs.flatMap((run) => saidIn(run, 'result').map(({ result }) => result));
  broken.push(...cancelsMissing(runs, dead.records, truth));
  return outcomeOf(mishap, { runs, records: dead.records, truth, openThen: openIn(before), gate, results, broken });
}

const isNewcomer = ({ advisoryId }: ExecutionResult, { advisories }: Mishap): boolean =>
  Array.from({ length: NEWCOMERS }, (_, index) => advisoryIdOf(advisories + index + 1)).includes(advisoryId);
