/**
 * What a finished execution costs in memory, measured in a process of its own (E7).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
let folder = '';

beforeAll(async () => {
  // Inside the project, so that better-sqlite3 is found from there.
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.tmp', 'memory-'));
  const bundle = await rolldown({
    input: join(ROOT, 'test/memory/lives.process.ts'),
    platform: 'node',
    external: ['better-sqlite3'],
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'silent',
  });
  await bundle.write({ file: join(folder, 'lives.mjs'), format: 'esm' });
  await bundle.close();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly heaps: readonly { readonly lives: number; readonly bytes: number }[];
  readonly finished: number;
}

function lives(journal: string, count: number): Ran {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', join(folder, 'lives.mjs'), journal, String(count)],
    {
      encoding: 'utf8',
    },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Ran;
}

/** Bytes that each further life left behind: the slope of the line that fits best. */
function bytesPerLife(heaps: Ran['heaps']): number {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [x, y] = [mean(heaps.map(({ lives: n }) => n)), mean(heaps.map(({ bytes }) => bytes))];
  const products = heaps.map(({ lives: n, bytes }) => (n - x) * (bytes - y));
  const squares = heaps.map(({ lives: n }) => (n - x) ** 2);
  return mean(products) / mean(squares);
}

// What is bounded (the latest audit lines and closed positions, warm code) is full by the second thousand. The goal is 0.
it('A13 E7: a finished execution leaves next to nothing in memory, when its journal is in a file', {
  timeout: 300_000,
}, () => {
  const { heaps, finished } = lives(join(folder, 'journal.db'), 5_000);
  expect(finished).toBe(5_000);
  expect(bytesPerLife(heaps.filter(({ lives: n }) => n > 2_000))).toBeLessThan(400);
});

it('control: a journal in memory keeps its records there, and shows in the same measure', { timeout: 300_000 }, () => {
  const { heaps } = lives('memory', 600);
  expect(bytesPerLife(heaps.filter(({ lives: n }) => n > 100))).toBeGreaterThan(5_000);
});
