/**
 * What durability costs: whole lives on the journal in SQLite, and records alone through the journal, beside an append to a file
 * with fdatasync and beside SQLite as each driver gives it, on the same disk in the same minutes.
 */
import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { advisory, instantBroker } from '../lib/instant-broker.mjs';
import { atOnce, spending, timed } from '../lib/measuring.mjs';
import { chained, createEngine, GENESIS_HASH, loadDriver, memoryJournal, sqliteJournal } from '../lib/package.mjs';
import { figure, quantile } from '../lib/samples.mjs';
import { inTurns } from '../lib/turns.mjs';

export const title = 'Durability';
export const of = 'what is written';
export const notes = [
  'A unit is a whole life (about 8 records) in the first two rows, and one record of about 0.7 kB in the others. Each waits for the disk.',
  'Group commit: the journal writes what waits at the same time in one transaction, hence with one sync.',
  'The raw rows write the same bytes and do nothing else: no chain of hashes, no index, no lock.',
];

/** New code costs several times as much CPU; a service is past that after its first five thousand lives. */
const WARM_MS = 9_000;

mkdirSync('.tmp', { recursive: true });

export async function run({ full, rounds }) {
  const forMs = full ? 3_000 : 700;
  const record = await sampleRecord();
  const drivers = (await Promise.allSettled(['node', 'better-sqlite3'].map((name) => loadDriver(name)))).flatMap(
    ({ value }) => (value === undefined ? [] : [value]),
  );
  const raw = drivers.flatMap((driver) =>
    [1, 100].map((width) => [
      `raw ${driver.name}, transactions of ${width}`,
      () => rawSqlite(driver, record, width, forMs),
    ]),
  );
  const kinds = {
    'lives, 100 at once': () => lives(100, forMs),
    'lives, one at a time': () => lives(1, forMs),
    'journal, 100 writers': () => records(100, record, forMs),
    'journal, one writer': () => records(1, record, forMs),
    'raw append + fdatasync': () => rawAppend(record, 1, forMs),
    'raw append + fdatasync of 100': () => rawAppend(record, 100, forMs),
    ...Object.fromEntries(raw),
  };
  await lives(100, WARM_MS);
  const samples = await inTurns(kinds, { rounds, full });
  const rows = Object.entries(samples).map(([name, measured]) => ({
    name,
    figures: {
      'units/s': figure(measured.map(({ units, wallMs }) => (units / wallMs) * 1_000)),
      'CPU ms a unit': figure(measured.map(({ units, cpuMs }) => cpuMs / units)),
      'wait p50 ms': figure(measured.map(({ waits }) => quantile(waits, 0.5))),
      'p99 ms': figure(measured.map(({ waits }) => quantile(waits, 0.99))),
    },
  }));
  return { rows };
}

async function inFolder(work) {
  const folder = mkdtempSync(join('.tmp', 'bench-durable-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tasks, so many at once, each with the time that it waited. */
async function waited(width, forMs, task) {
  const waits = [];
  const { value: units, ...cost } = await timed(
    () =>
      atOnce({ width, goesOn: spending(forMs) }, async (index) => {
        const from = performance.now();
        await task(index);
        waits.push(performance.now() - from);
      }),
    { collect: false },
  );
  return { units, waits, ...cost };
}

const lives = (width, forMs) =>
  inFolder(async (folder) => {
    const journal = sqliteJournal({ path: join(folder, 'bench.db') });
    const engine = await createEngine({ broker: instantBroker(), journal, logger: false });
    const measured = await waited(width, forMs, (index) => engine.execute(advisory(index)));
    await engine.close();
    return measured;
  });

const records = (width, sample, forMs) =>
  inFolder(async (folder) => {
    const journal = sqliteJournal({ path: join(folder, 'bench.db') });
    await journal.open();
    let prevHash = GENESIS_HASH;
    const measured = await waited(width, forMs, async (index) => {
      const record = chained({ ...sample, seq: index + 1 }, prevHash);
      prevHash = record.hash;
      await journal.append([record]);
    });
    await journal.close();
    return measured;
  });

const rawAppend = (sample, width, forMs) =>
  inFolder(async (folder) => {
    const line = `${JSON.stringify(sample)}\n`.repeat(width);
    const file = openSync(join(folder, 'raw.jsonl'), 'a');
    const measured = await waited(1, forMs, async () => {
      writeSync(file, line);
      fdatasyncSync(file);
    });
    closeSync(file);
    return { ...measured, units: measured.units * width };
  });

const rawSqlite = (driver, sample, width, forMs) =>
  inFolder(async (folder) => {
    const database = driver.open(join(process.cwd(), folder, 'raw.db'));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE records (seq INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT');
    const insert = database.prepare('INSERT INTO records (record) VALUES (?)');
    const text = JSON.stringify(sample);
    const measured = await waited(1, forMs, async () => {
      database.exec('BEGIN IMMEDIATE');
      for (let row = 0; row < width; row += 1) insert.run(text);
      database.exec('COMMIT');
    });
    database.close();
    return { ...measured, units: measured.units * width };
  });

async function sampleRecord() {
  const journal = memoryJournal();
  const engine = await createEngine({ broker: instantBroker(), journal, logger: false });
  await engine.execute(advisory(0));
  await engine.close();
  const all = await journal.open();
  const byLength = [...all].sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length);
  const { hash: _hash, prevHash: _prevHash, ...record } = byLength[Math.floor(byLength.length / 2)];
  return record;
}
