/**
 * Programs that the journal tests run in a process of their own, to be refused, starved or killed.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type DriverName, readSqliteJournal, sqliteJournal } from '../../src/adapters/journals/sqlite.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import { chainOf } from './journals.chain.js';

const [, , driverName = '', program = '', path = '', ...rest] = process.argv;
const driver = driverName as DriverName;

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  );

const programs: Record<string, (path: string, ...rest: string[]) => Promise<void>> = {
  /** Opens the journal, says so, and keeps it. */
  async hold(path) {
    await sqliteJournal({ path, driver }).open();
    print('open');
    setInterval(() => undefined, 1000);
  },

  /** Tries to open the journal, says how it went, and stays. */
  async contend(path) {
    print(await outcomeOf(sqliteJournal({ path, driver }).open()));
    setInterval(() => undefined, 1000);
  },

  /** Appends on and on, each of eight writers after a pause, and notes what is acknowledged in the file `acks`. */
  async load(path, acks = '', pauseMs = '0') {
    const journal = sqliteJournal({ path, driver });
    let last = (await journal.open()).at(-1);
    const appendOn = async (): Promise<void> => {
      const records = chainOf(1 + Math.floor(Math.random() * 3), last);
      last = records.at(-1);
      await journal.append(records);
      appendFileSync(acks, records.map(({ seq, hash }) => `${seq} ${hash}\n`).join(''));
      await (pauseMs === '0' ? undefined : delay(Number(pauseMs)));
      await appendOn();
    };
    print('open');
    await Promise.all(Array.from({ length: 8 }, appendOn));
  },

  /** Appends until it is refused, then reads what is there. */
  async fill(path) {
    const journal = sqliteJournal({ path, driver });
    let last: JournalRecord | undefined = (await journal.open()).at(-1);
    let acknowledged = 0;
    let refusal: unknown = 'done';
    while (refusal === 'done') {
      const [record] = chainOf(1, last, 'x'.repeat(1000));
      if (record === undefined) return;
      refusal = await outcomeOf(journal.append([record]));
      if (refusal === 'done') acknowledged = record.seq;
      last = record;
    }
    const later = await outcomeOf(journal.append(chainOf(1, last)));
    await journal.close();
    const records = await readSqliteJournal(path, driver);
    print({ refusal, later, acknowledged, read: records.length, chain: verifyChain(records).ok });
  },

  /** Appends three records and closes. */
  async create(path) {
    const journal = sqliteJournal({ path, driver });
    await journal.open();
    await journal.append(chainOf(3));
    await journal.close();
  },

  /** Tries to open the journal for writing, and to read it. */
  async look(path) {
    const opened = await outcomeOf(sqliteJournal({ path, driver }).open());
    const records = await readSqliteJournal(path, driver);
    print({ opened, read: records.length, chain: verifyChain(records).ok });
    process.exit();
  },
};

await programs[program]?.(path, ...rest);
