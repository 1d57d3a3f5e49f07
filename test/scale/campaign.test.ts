/**
 * Everything at once, for long: workers and servers are killed, stand still and are cut off at random while executions come in
 * (S1, A6, M1). What holds, holds at any speed.
 */
import { loadavg } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/domain/journal.js';
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../../src/domain/limits.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { seededRandom } from '../../src/testing/simulation/random.js';
import { type Cluster, cluster, type LabState, ONE_WAY, type OneWay, pause, type Wire } from './cluster.js';
import { advisories, countBy, doubles, expectSound, lost, said, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const COUNT = Number(process.env['FILLCHART_SCALE_CAMPAIGN'] ?? 60);
const SERVER_KILLS = Number(process.env['FILLCHART_SCALE_SERVER_KILLS'] ?? 4);
const SERVERS = process.env['FILLCHART_SCALE_SERVERS'] === '3' ? 3 : 1;
const SEED = Number(process.env['FILLCHART_SCALE_SEED'] ?? 1);
const FREEZES = (process.env['FILLCHART_SCALE_FREEZES'] ?? '12').split(',').map(Number);
/** A case halts its symbol: the others go on. */
const SYMBOLS = 50;
const WIRES: readonly Wire[] = ['restate', 'ingress', 'broker'];
const ONE_WAYS = Object.keys(ONE_WAY) as readonly OneWay[];
const BATCH = 5;
const WORKERS = 3;

interface Blows {
  workerKills: number;
  serverKills: number;
  freezes: number;
  cuts: number;
}

/** Blows at random moments until `isOver`, and at least those that are asked for. */
async function strike(now: Cluster, isOver: () => boolean): Promise<Blows> {
  const random = seededRandom(SEED);
  const pick = (most: number): number => random.int(0, most - 1);
  const blows: Blows = { workerKills: 0, serverKills: 0, freezes: 0, cuts: 0 };
  const freezes = [...FREEZES];
  /** Each wire, and each way of it alone. */
  const cuts = [
    ...WIRES.map((wire) => (ms: number) => now.cut(wire, ms)),
    ...ONE_WAYS.map((way) => (ms: number) => now.cutOneWay(way, ms)),
  ];
  let standsStill: Promise<void> = Promise.resolve();
  let frozen: number | undefined;

  async function killServer(): Promise<void> {
    const index = SERVERS === 1 ? 0 : pick(SERVERS);
    now.killServer(index);
    blows.serverKills += 1;
    await pause(200 + pick(1_500));
    await now.startServer(index);
  }

  function freeze(seconds: number): void {
    const index = 1 + pick(WORKERS - 1);
    frozen = index;
    blows.freezes += 1;
    standsStill = now.freezeWorker(index, seconds * 1_000).then(() => {
      frozen = undefined;
    });
  }

  while (!isOver() || blows.serverKills < SERVER_KILLS) {
    await pause(500 + pick(2_500));
    const dice = random.next();
    const seconds = frozen === undefined && dice < 0.1 ? freezes.shift() : undefined;
    const cut = dice < 0.2 ? cuts.shift() : undefined;
    if (seconds !== undefined) freeze(seconds);
    else if (cut !== undefined) {
      blows.cuts += 1;
      await cut(2_000 + pick(6_000));
    } else if (dice < 0.5 && blows.serverKills < SERVER_KILLS) await killServer();
    else {
      const index = pick(WORKERS);
      if (index === frozen) continue;
      blows.workerKills += 1;
      await now.restartWorker(index);
    }
  }
  // What the dice have left out.
  for (const cut of cuts) {
    blows.cuts += 1;
    await cut(3_000);
  }
  for (const seconds of freezes) {
    freeze(seconds);
    await standsStill;
  }
  await standsStill;
  return blows;
}

/**
 * Orders whose fill nobody heard of before T = 32 s: neither Restate nor the worker that had sent it was up. The received time
 * decides (T2), and a person is asked.
 */
async function filledTooLate(
  now: Cluster,
  { orders }: LabState,
  results: readonly ExecutionResult[],
): Promise<ReadonlySet<string>> {
  const late = new Set<string>();
  const filled = new Set(orders.filter(({ state }) => state === 'filled').map(({ clientOrderId }) => clientOrderId));
  for (const { advisoryId, clientOrderId, status } of results) {
    if (status !== 'FAILED_TIMEOUT' || clientOrderId === undefined || !filled.has(clientOrderId)) continue;
    const facts = (await now.front.records(advisoryId)).map(({ fact }) => fact as unknown as ExecutionFact);
    const first = facts.find((fact) => fact.type === 'SUBMIT_STARTED' || fact.type === 'RECOVERED');
    // Where nobody can tell the moment of the call, T begins with the intent (T1).
    const begun = (first?.type === 'RECOVERED' ? first.intentAt : undefined) ?? first?.at ?? 0;
    const filledAt = facts.find((fact) => fact.type === 'ORDER_REPORT' && fact.report.status === 'filled')?.at;
    if (filledAt === undefined || filledAt > begun + HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS) late.add(clientOrderId);
  }
  return late;
}

/** A fact in few words. */
const shown = ({ at, fact: { type, name, intentAt, outcome, report } }: JournalRecord): string =>
  [at % 1_000_000, type, name, intentAt, outcome, report]
    .filter((part) => part !== undefined)
    .map((part) => JSON.stringify(part))
    .join(' ');

/** From the intent of a worker to its successor's knowledge of the order, the longest, ms. */
async function longestTakeover(now: Cluster, results: readonly ExecutionResult[]): Promise<number> {
  const chains = await Promise.all(results.map(({ advisoryId }) => now.front.records(advisoryId)));
  const facts = chains.flat().map(({ fact }) => fact as unknown as ExecutionFact);
  return facts.reduce(
    (most, fact) => (fact.type === 'RECOVERED' ? Math.max(most, fact.at - (fact.intentAt ?? fact.at)) : most),
    0,
  );
}

/** Why orders were not sent, in the words of their last tries. */
async function whyNotSent(now: Cluster, results: readonly ExecutionResult[]): Promise<readonly string[]> {
  const unsent = results.filter(({ reason }) => reason === 'ORDER_NOT_SENT');
  const records = await Promise.all(unsent.map(({ advisoryId }) => now.front.records(advisoryId)));
  return records.flatMap((chain) => {
    const facts = chain.map(({ fact }) => fact as unknown as ExecutionFact);
    const last = facts.findLast(({ type }) => type === 'SUBMIT_OUTCOME');
    return last?.type === 'SUBMIT_OUTCOME' && last.outcome.kind === 'not_sent' ? last.outcome.reason : 'no try';
  });
}

describe('a campaign', { timeout: 1_800_000 }, () => {
  it('S1 A6 M1: kills, freezes and partitions at random: 0 doubled, 0 lost, 0 unprotected, 0 false cases', async () => {
    running = await cluster({ workers: WORKERS, wired: true, servers: SERVERS });
    const now = running;
    await now.broker({ submitMs: 200, fillMs: 1_500 });
    const all: Promise<ExecutionResult>[] = [];
    let isOver = false;
    const begun = Date.now();
    const striking = strike(now, () => isOver);
    while (all.length < COUNT) {
      const symbol = `S${(all.length / BATCH) % SYMBOLS}`;
      const some = advisories(Math.min(BATCH, COUNT - all.length), symbol);
      all.push(...some.map((each) => untilExecuted(now.front, each)));
      await pause(1_000);
    }
    isOver = true;
    const blows = await striking;
    const results = await Promise.all(all);
    await pause(3_000);
    const state = await expectSound(now, results);
    const cases = await now.front.cases.all();
    const late = await filledTooLate(now, state, results);
    const isLate = (id: string | undefined): boolean => id !== undefined && late.has(id);
    const untold = lost(
      state,
      results.filter(({ clientOrderId }) => !isLate(clientOrderId)),
    );
    const lateIds = new Set(results.filter(({ clientOrderId }) => isLate(clientOrderId)).map((one) => one.advisoryId));
    const wrong = cases.filter(({ advisoryId }) => !lateIds.has(advisoryId ?? ''));
    said({
      ...{
        executions: COUNT,
        servers: SERVERS,
        seed: SEED,
        ms: Date.now() - begun,
        ...blows,
        load: Math.round(loadavg()[0] ?? 0),
      },
      ...{ orders: state.orders.length, doubled: doubles(state), lost: untold.filter((id) => !isLate(id)).length },
      ...countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`.trim()),
      longestTakeoverMs: await longestTakeover(now, results),
      notSent: countBy(await whyNotSent(now, results), (why) => why),
      ...{ knownOnlyAfterT32: late.size, cases: cases.length, falseCases: wrong.length },
    });
    expect(results).toHaveLength(COUNT);
    const odd = results.filter(({ clientOrderId = '' }) => untold.includes(clientOrderId));
    for (const { advisoryId } of odd) said({ odd: (await now.front.records(advisoryId)).map(shown) });
    for (const one of wrong) said({ wrong: one, chain: (await now.front.records(one.advisoryId ?? '')).map(shown) });
    expect(
      untold.filter((id) => !isLate(id)),
      'orders whose result says something else',
    ).toEqual([]);
    expect(wrong, 'cases, where nothing is wrong at the broker').toEqual([]);
    for (const advisoryId of lateIds)
      expect(
        cases.some((one) => one.advisoryId === advisoryId),
        `${advisoryId}: a person is asked`,
      ).toBe(true);
  });
});
