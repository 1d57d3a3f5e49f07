/**
 * Group commit by itself, with a list for a disk.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { groupCommit } from '../../src/adapters/journals/sqlite/group-commit.js';

test('appends of one turn share a transaction', async () => {
  const { transactions, commits } = disk(100);
  await Promise.all(['a', 'b', 'c'].map((item) => commits.append(item, 1)));
  expect(transactions).toEqual([['a', 'b', 'c']]);
});

test('a transaction takes no more than the cap, and the event loop turns in between', async () => {
  const { transactions, commits } = disk(2);
  const appends = Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => commits.append(item, 1)));
  const seenAtEachTurn: number[] = [];
  while (transactions.length < 3) {
    await nextTurn();
    seenAtEachTurn.push(transactions.length);
  }
  await appends;
  expect(transactions).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect(seenAtEachTurn).toEqual([1, 2, 3]);
});

test('what is heavier than the cap goes alone, whole', async () => {
  const { transactions, commits } = disk(10);
  const weighed = [['a', 9] as const, ['heavy', 500] as const, ['b', 1] as const];
  await Promise.all(weighed.map(([item, weight]) => commits.append(item, weight)));
  expect(transactions).toEqual([['a', 'heavy'], ['b']]);
});

test('an append resolves after its own transaction, not before', async () => {
  const { transactions, commits } = disk(1);
  const seen: number[] = [];
  await Promise.all(['a', 'b', 'c'].map((item) => commits.append(item, 1).then(() => seen.push(transactions.length))));
  expect(seen).toEqual([1, 2, 3]);
});

test('the first failure rejects its batch, what waits behind it and all that comes later', async () => {
  const { transactions, commits, fail } = disk(1);
  await commits.append('a', 1);
  fail(new Error('disk full'));
  const outcomes = await Promise.allSettled([commits.append('b', 1), commits.append('c', 1)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fail(undefined);
  await expect(commits.append('d', 1)).rejects.toThrow('disk full');
  expect(transactions).toEqual([['a']]);
});

test('after a refusal what was queued before it is still written', async () => {
  const { transactions, commits } = disk(10);
  const queued = commits.append('a', 1);
  commits.refuseFromNowOn(new Error('no more'));
  await expect(commits.append('b', 1)).rejects.toThrow('no more');
  await expect(queued).resolves.toBeUndefined();
  expect(transactions).toEqual([['a']]);
});

test('drained waits for everything that was appended, failed or not', async () => {
  const { transactions, commits, fail } = disk(1);
  await commits.drained();
  const appends = Promise.allSettled([commits.append('a', 1), commits.append('b', 1)]);
  await commits.drained();
  expect(transactions).toEqual([['a'], ['b']]);
  fail(new Error('disk full'));
  const failed = expect(commits.append('c', 1)).rejects.toThrow('disk full');
  await commits.drained();
  await Promise.all([appends, failed]);
});

function disk(maxWeight: number) {
  const transactions: string[][] = [];
  let failure: Error | undefined;
  const write = (items: readonly string[]): void => {
    if (failure !== undefined) throw failure;
    transactions.push([...items]);
  };
  const fail = (error: Error | undefined): void => {
    failure = error;
  };
  return { transactions, commits: groupCommit(write, maxWeight), fail };
}
