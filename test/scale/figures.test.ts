/**
 * What the host on Restate costs: executions a second, time to the order, and what is written, beside one engine with SQLite.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'fillchart';
import { sqliteJournal, systemClock } from 'fillchart/adapters';
import { afterEach, describe, expect, it } from 'vitest';
import { BROKER, type Cluster, cluster } from './cluster.js';
import { labBroker } from './lab/adapter.mjs';
import { advisories, said, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const MANY = 60;
const ONE_BY_ONE = 10;

type Execute = (advisory: ReturnType<typeof advisories>[number]) => Promise<unknown>;

/** Executions a second with many at once, and ms from the call to the order with one after the other. */
async function measured(now: Cluster, execute: Execute) {
  await now.broker({ fillMs: 0, submitMs: 0 });
  await execute(advisories(1)[0] ?? ({} as never));
  const latencies: number[] = [];
  for (const advisory of advisories(ONE_BY_ONE)) {
    const calledAt = Date.now();
    await execute(advisory);
    latencies.push(((await now.state()).orders.at(-1)?.at ?? calledAt) - calledAt);
  }
  const begun = Date.now();
  await Promise.all(advisories(MANY).map(execute));
  const perSecond = Math.round((MANY * 10_000) / (Date.now() - begun)) / 10;
  const orderMsMedian = latencies.toSorted((one, other) => one - other)[ONE_BY_ONE >> 1];
  return { perSecond, orderMsMedian, load: Math.round(loadavg()[0] ?? 0) };
}

interface EntriesRow {
  readonly entries: number;
}

/** Entries in Restate's journal of the execution that has most. */
async function mostEntries(now: Cluster): Promise<number> {
  const sql =
    "SELECT j.id, count(*) AS entries FROM sys_journal j JOIN sys_invocation i ON i.id = j.id WHERE i.target_service_name = 'execution' GROUP BY j.id ORDER BY entries DESC LIMIT 1";
  return (await now.query<EntriesRow>(sql))[0]?.entries ?? 0;
}

describe('figures', { timeout: 180_000 }, () => {
  it.each([1, 2, 3])('%i workers; what is written for an execution is bounded', async (workers) => {
    running = await cluster({ workers });
    const now = running;
    const figures = await measured(now, (advisory) => untilExecuted(now.front, advisory));
    const [last] = advisories(1);
    const result = await now.front.execute(last ?? ({} as never));
    const bytes = JSON.stringify(await now.front.records(result.advisoryId)).length;
    const entries = await mostEntries(now);
    said({ workers, ...figures, journalEntries: entries, recordBytes: bytes });
    expect(entries, 'entries in the journal of one execution').toBeGreaterThan(10);
    expect(entries, 'entries in the journal of one execution').toBeLessThanOrEqual(120);
    expect(bytes, 'bytes of the records of one execution').toBeLessThanOrEqual(64_000);
  });

  it('one engine with SQLite beside it', async () => {
    running = await cluster({ workers: 0 });
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-figures-'));
    const engine = await createEngine({
      broker: labBroker(BROKER),
      journal: sqliteJournal({ path: join(folder, 'journal.db') }),
      clock: systemClock(),
      logger: false,
    });
    said({ engine: 'sqlite', ...(await measured(running, (advisory) => engine.execute(advisory))) });
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
