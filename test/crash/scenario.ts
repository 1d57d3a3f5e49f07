/**
 * One story of a journal: an engine on it is killed and started again, over and over, and in the end let come to its end.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSqliteJournal } from '../../src/adapters/journals/sqlite.js';
import { chained, GENESIS_HASH, type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import type { Programs } from './build.js';
import type { Crash } from './crash-points.js';
import { brokenInTheEnd, brokenNow, falseAlarms, type Known } from './laws.js';
import type { Pace, Roughness } from './order-script.js';
import { type BrokerProcess, type EngineRun, startBroker, startEngine } from './processes.js';

/** How one life of the engine goes, and ends. */
export interface Life {
  /** Dies at a named point, or after this many ms from the start of the process, or from its recovery. */
  readonly death:
    | ({ readonly kind: 'point' } & Crash)
    | { readonly kind: 'recovering'; readonly afterMs: number }
    // Counted from when so many advisories are durable.
    | { readonly kind: 'random'; readonly afterMs: number; readonly durable?: number };
  /** Advisories that are new in this life. */
  readonly newAdvisories: number;
  /** The wall clock is set by so much before it starts, in ms. */
  readonly wallStepMs: number;
  /** A kill switch hits the newest advisory this early on the engine's clock, in ms. */
  readonly killSwitchAt?: number;
}

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly pace: Pace;
  /** What the venue does beside filling; `plain` by default. */
  readonly roughness?: Roughness;
  readonly lives: readonly Life[];
  /** The journal is copied while the first engine writes to it. */
  readonly copies?: true;
}

interface Kill {
  /** The point; `random` and `recovering` for the others, and for a point that the engine did not come to. */
  readonly at: string;
  /** Executions that were durable and had no result when it was killed. */
  readonly inFlight: number;
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly kills: readonly Kill[];
  readonly broken: readonly string[];
  readonly falseAlarms: readonly string[];
  readonly executions: number;
  readonly results: readonly ExecutionResult[];
  readonly records: number;
  readonly submits: number;
  readonly lifeMs: readonly number[];
}

/** How many times as fast as real time engine and broker live. */
export const SPEED = 30;

/** An engine that does not come to its point is killed where it stands: later on a machine on which it was slow to open. */
const LEAST_PATIENCE_MS = 600;
const PATIENCE_BY_OPENING = 2.5;
const DRAIN_LIMIT_MS = 90_000;
const DURABLE_LIMIT_MS = 10_000;

export async function play(scenario: Scenario, programs: Programs): Promise<Outcome> {
  const folder = mkdtempSync(join(programs.folder, 'scenario-'));
  const socket = join(folder, 'broker');
  const { seed, pace, roughness = 'plain' } = scenario;
  const broker = await startBroker({ program: programs.broker, socket, seed, speed: SPEED, pace, roughness });
  try {
    return await playOn(scenario, { programs, folder, socket, broker });
  } finally {
    broker.stop();
  }
}

interface Stage {
  readonly programs: Programs;
  readonly folder: string;
  readonly socket: string;
  readonly broker: BrokerProcess;
}

async function playOn(scenario: Scenario, { programs, folder, socket, broker }: Stage): Promise<Outcome> {
  const journal = join(folder, 'journal.db');
  const begun = performance.now();
  const durable = new Set<string>();
  const results: ExecutionResult[] = [];
  const kills: Kill[] = [];
  const broken: string[] = [];
  const lifeMs: number[] = [];
  let advisories = 0;
  let wallStep = 0;
  let records: readonly JournalRecord[] = [];
  /** Records that were verified after an earlier kill. */
  let verified = 0;

  /** Wall time goes on while no engine is there, as fast as the engines live. */
  const wall = (): number => Date.UTC(2026, 0, 1) + (performance.now() - begun) * SPEED + wallStep;
  const start = (life: Partial<Life>, drain: boolean): EngineRun =>
    startEngine(programs.engine, {
      ...{
        journal,
        socket,
        speed: SPEED,
        startWall: wall(),
        advisories,
        drain,
        isRough: scenario.roughness === 'rough',
      },
      ...(life.death?.kind === 'point' && { crash: life.death }),
      ...(life.killSwitchAt !== undefined && { kill: { advisory: advisories, at: life.killSwitchAt } }),
    });

  async function look(run: EngineRun): Promise<Known> {
    for (const said of run.said) {
      if (said.said === 'durable') durable.add(said.advisoryId);
      else if (said.said === 'result') results.push(said.result);
      else if (said.said === 'failed') broken.push(`the engine failed: ${said.cause}`);
      else if (said.said === 'journal failed') broken.push('the journal failed, and nothing was wrong with it');
    }
    records = await readSqliteJournal(journal).catch(() => []);
    return { records, ...(await broker.truth()), durable, results };
  }

  for (const [index, life] of scenario.lives.entries()) {
    advisories += life.newAdvisories;
    wallStep += life.wallStepMs;
    const bornAt = performance.now();
    const run = start(life, false);
    if (scenario.copies === true && index === 0) broken.push(...(await brokenInCopy(run, journal, folder)));
    const at = await deathOf(run, life);
    lifeMs.push(performance.now() - bornAt);
    const known = await look(run);
    broken.push(...brokenTail(records, verified).map((what) => `after kill ${index + 1} (${at}): ${what}`));
    verified = records.length;
    broken.push(...brokenNow(known).map((what) => `after kill ${index + 1} (${at}): ${what}`));
    kills.push({ at, inFlight: durable.size - new Set(results.map(({ advisoryId }) => advisoryId)).size });
  }

  const last = start({}, true);
  const timer = setTimeout(() => last.kill(), DRAIN_LIMIT_MS);
  const end = await last.ended;
  clearTimeout(timer);
  const known = await look(last);
  if (end !== 'by itself') broken.push('A6 E3: the last engine did not bring every execution to its end');
  broken.push(...brokenInTheEnd(known));
  const final = new Map(results.map((result) => [result.advisoryId, result]));
  return {
    scenario,
    kills,
    broken: [...new Set(broken)],
    falseAlarms: falseAlarms({ ...known, results: [...final.values()] }),
    executions: advisories,
    results: [...final.values()],
    records: records.length,
    submits: submitsIn(known),
    lifeMs,
  };
}

const submitsIn = ({ orders, refused }: Known): number =>
  [...orders.map(({ received }) => received?.submits ?? 0), ...refused.map(({ submits }) => submits)].reduce(
    (sum, submits) => sum + submits,
    0,
  );

/** Verifies what has come since: the whole chain is verified at every start of an engine, and in the end. */
function brokenTail(records: readonly JournalRecord[], verified: number): readonly string[] {
  if (records.length < verified) return [`A5: ${records.length} records are left of ${verified}`];
  const misplaced = records.slice(verified).find(({ seq, prevHash, hash, ...content }, index) => {
    const before = records[verified + index - 1]?.hash ?? GENESIS_HASH;
    return seq !== verified + index + 1 || prevHash !== before || chained({ ...content, seq }, before).hash !== hash;
  });
  return misplaced === undefined ? [] : [`A5: record ${misplaced.seq} does not fit the chain`];
}

/** Waits for the death that was planned; where it does not come, it is brought about. */
async function deathOf(run: EngineRun, { death }: Life): Promise<string> {
  const bornAt = performance.now();
  if (death.kind !== 'recovering') await run.opened;
  const patienceMs = Math.max(LEAST_PATIENCE_MS, (performance.now() - bornAt) * PATIENCE_BY_OPENING);
  if (death.kind === 'random') await untilDurable(run, death.durable ?? 0);
  const patience = death.kind === 'point' ? patienceMs : death.afterMs;
  const end = await Promise.race([run.ended, delay(patience, 'still alive' as const)]);
  if (end === 'still alive') {
    const hasOpened = run.said.some(({ said }) => said === 'opened');
    run.kill();
    await run.ended;
    return hasOpened ? 'random' : 'recovering';
  }
  return death.kind === 'point' ? death.point : death.kind;
}

async function untilDurable(run: EngineRun, count: number): Promise<void> {
  const deadline = performance.now() + DURABLE_LIMIT_MS;
  const durable = (): number => run.said.filter(({ said }) => said === 'durable').length;
  while (durable() < count && performance.now() < deadline) await delay(5);
}

/** The file and its log, copied by another process while the engine writes, hold a beginning of the journal. */
async function brokenInCopy(run: EngineRun, journal: string, folder: string): Promise<readonly string[]> {
  await untilDurable(run, 1);
  const copy = join(folder, 'copy.db');
  for (const suffix of ['', '-wal']) execFileSync('cp', [`${journal}${suffix}`, `${copy}${suffix}`]);
  const records = await readSqliteJournal(copy);
  const verdict = verifyChain(records);
  if (!verdict.ok) return [`the copy: ${verdict.problem}`];
  const original = await readSqliteJournal(journal);
  const isBeginning = records.every(({ hash }, index) => original[index]?.hash === hash);
  return isBeginning && records.length > 0
    ? []
    : [`the copy (${records.length} records) is no beginning of the journal`];
}
