/**
 * Examples in the pages.
 *
 * 1. A `ts` block of a page compiles under the rules of the project. One that a `text` block follows, with at most a
 *    sentence between, is run and prints exactly that.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Example, examples, inRoot, ROOT } from './docs.support.js';

describe('examples in the pages', () => {
  const folder = `.tmp/docs-${process.pid}`;
  const fileOf = ({ name }: Example) => `${folder}/${name.replaceAll(/\W/g, '-')}.ts`;

  beforeAll(() => {
    mkdirSync(inRoot(folder), { recursive: true });
    for (const example of examples) writeFileSync(inRoot(fileOf(example)), `${example.code}\n`);
    const settings = { extends: '../../tsconfig.json', include: ['*.ts'] };
    writeFileSync(inRoot(`${folder}/tsconfig.json`), JSON.stringify(settings));
  });
  afterAll(() => rmSync(inRoot(folder), { recursive: true, force: true }));

  it('compile', () => {
    expect(examples.length).toBeGreaterThan(3);
    expect(typeErrorsIn(folder)).toEqual([]);
  }, 120_000);

  it.each(examples.filter(({ prints }) => prints !== undefined))('$name prints what the page says', async (example) => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await import(/* @vite-ignore */ inRoot(fileOf(example)));
      const lines = print.mock.calls.map((words) => words.map(String).join(' '));
      expect(lines.join('\n')).toBe(example.prints);
    } finally {
      print.mockRestore();
    }
  });
});

/** What the compiler says of the files in a folder; what it says of other files is not the pages' fault. */
function typeErrorsIn(folder: string): string[] {
  try {
    const tsc = inRoot('node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', `${folder}/tsconfig.json`, '--pretty', 'false'], { cwd: ROOT });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    const lines = String(stdout ?? error).split('\n');
    return lines.filter((line) => line.startsWith(folder) || line.startsWith('error'));
  }
}
