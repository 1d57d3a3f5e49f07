/**
 * What every journal promises, run over each of them.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../src/adapters/journals/memory.js';
import { type DriverName, sqliteJournal } from '../../src/adapters/journals/sqlite.js';
import { verifyChain } from '../../src/domain/journal.js';
import type { Journal } from '../../src/domain/ports.js';
import { chainOf } from './journals.chain.js';
import { scratchFolders } from './journals.support.js';
import { driversHere } from './sqlite-drivers.js';

const newFolder = scratchFolders();

interface Kind {
  readonly name: string;
  readonly driver?: DriverName;
  readonly durable: boolean;
  /** A new journal; called again, another object for the same records. */
  readonly make: () => () => Journal;
}

const kinds: readonly Kind[] = [
  {
    name: 'memory',
    durable: false,
    make: () => {
      const journal = memoryJournal();
      return () => journal;
    },
  },
  ...driversHere.map((driver) => ({
    name: 'sqlite',
    driver,
    durable: true,
    make: () => {
      const path = join(newFolder(), 'journal.db');
      return () => sqliteJournal({ path, driver });
    },
  })),
];

describe.each(kinds)('a journal ($name $driver)', ({ name, durable, make }) => {
  test('says what it is', () => {
    const journal = make()();
    expect([journal.name, journal.durable]).toEqual([name, durable]);
  });

  test('is empty at first', async () => {
    const journal = make()();
    expect(await journal.open()).toEqual([]);
    await journal.close();
  });

  test('gives back what was appended, oldest first, and the chain holds', async () => {
    const again = make();
    const records = chainOf(10);
    const journal = again();
    await journal.open();
    await journal.append(records.slice(0, 1));
    await journal.append(records.slice(1, 7));
    await journal.append([]);
    await journal.append(records.slice(7));
    await journal.close();

    const reopened = again();
    const read = await reopened.open();
    await reopened.close();
    expect(read).toStrictEqual(records);
    expect(verifyChain(read)).toMatchObject({ ok: true, records: 10 });
  });

  test('keeps the order of the calls, whether or not they are awaited', async () => {
    const again = make();
    const records = chainOf(500);
    const journal = again();
    await journal.open();
    const acknowledged: number[] = [];
    const appends = records.map((record) => journal.append([record]).then(() => acknowledged.push(record.seq)));
    await Promise.all(appends);
    await journal.close();

    const reopened = again();
    expect((await reopened.open()).map((record) => record.seq)).toEqual(records.map((record) => record.seq));
    expect(acknowledged).toEqual(records.map((record) => record.seq));
    await reopened.close();
  });

  test('goes on after it was closed', async () => {
    const journal = make()();
    const records = chainOf(4);
    await journal.open();
    await journal.append(records.slice(0, 2));
    await journal.close();
    expect(await journal.open()).toHaveLength(2);
    await journal.append(records.slice(2));
    await journal.close();
    expect(await journal.open()).toStrictEqual(records);
    await journal.close();
  });

  test('finishes what is under way before it closes', async () => {
    const journal = make()();
    await journal.open();
    const append = journal.append(chainOf(300));
    await journal.close();
    await expect(append).resolves.toBeUndefined();
    expect(await journal.open()).toHaveLength(300);
    await journal.close();
  });

  test('refuses appends while it is not open, by a promise', async () => {
    const journal = make()();
    await expect(journal.append(chainOf(1))).rejects.toMatchObject({ name: 'JournalError', code: 'NOT_OPEN' });
    await journal.open();
    await journal.close();
    await expect(journal.append(chainOf(1))).rejects.toMatchObject({ code: 'NOT_OPEN' });
  });

  test('may be closed twice, and without having been open', async () => {
    const journal = make()();
    await journal.close();
    await journal.open();
    await journal.close();
    await expect(journal.close()).resolves.toBeUndefined();
  });

  test('gives out a list of its own', async () => {
    const journal = make()();
    const records = await journal.open();
    await journal.append(chainOf(1));
    expect(records).toEqual([]);
    await journal.close();
  });
});

test('a second engine on the same journal in memory finds what the first one left, closed or not', async () => {
  const journal = memoryJournal();
  await journal.open();
  await journal.append(chainOf(3));
  expect(await journal.open()).toStrictEqual(chainOf(3));
});

test('an append in memory is acknowledged one microtask later', async () => {
  const journal = memoryJournal();
  await journal.open();
  const order: string[] = [];
  const append = journal.append(chainOf(1)).then(() => order.push('append'));
  await Promise.resolve().then(() => order.push('microtask'));
  await append;
  expect(order).toEqual(['append', 'microtask']);
});
