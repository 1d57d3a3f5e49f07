/**
 * `fillchart diagrams`, and whether it notices what is not as it should be.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { differences } from '../../src/charts/diagrams.js';
import { addDiagrams } from '../../src/cli/commands/diagrams.js';
import type { CliWorld } from '../../src/cli/world.js';

vi.mock('../../src/charts/diagrams.js', async (original) => ({
  ...(await original<typeof import('../../src/charts/diagrams.js')>()),
  // What is drawn is looked at elsewhere; here, what the command does with it.
  generateDiagrams: async () => new Map([...'abcdefghijkl'].map((name) => [`${name}.svg`, `<svg id="${name}"/>\n`])),
}));

const files = (...entries: readonly (readonly [string, string])[]) => new Map(entries);

describe('what differs', () => {
  it('is nothing when all is equal', () => {
    expect(differences(files(['a', '1']), files(['a', '1']))).toEqual({ stale: [], missing: [], orphan: [] });
  });

  it('is stale, missing or orphan, by name', () => {
    const wanted = files(['same', '1'], ['changed', '1'], ['gone', '1']);
    const found = files(['same', '1'], ['changed', '1 '], ['foreign', '1']);
    expect(differences(wanted, found)).toEqual({ stale: ['changed'], missing: ['gone'], orphan: ['foreign'] });
  });
});

describe('fillchart diagrams', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fillchart-diagrams-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes every file into a folder that it makes, then finds nothing to say', async () => {
    const out = join(folder, 'new');
    expect(await diagrams('--out', out)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('12 new') });
    expect(readdirSync(out)).toHaveLength(12);
    expect(await diagrams('--out', out, '--check')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await diagrams('--out', out)).toMatchObject({ stdout: expect.stringContaining('0 new, 0 changed') });
  });

  it('ends with 1 and names a stale, a missing and an orphan file; writing mends all but the orphan', async () => {
    const out = join(folder, 'spoilt');
    await diagrams('--out', out);
    const stale = join(out, 'b.svg');
    writeFileSync(stale, readFileSync(stale, 'utf8').replace('b', 'B'));
    rmSync(join(out, 'c.svg'));
    writeFileSync(join(out, 'old.svg'), '<svg/>');

    const spoilt = await diagrams('--out', out, '--check');
    expect(spoilt.exitCode).toBe(1);
    expect(spoilt.stderr.split('\n').map((line) => line.replace(`${out}/`, ''))).toEqual([
      expect.stringContaining('stale: b.svg'),
      expect.stringContaining('missing: c.svg'),
      expect.stringContaining('orphan: old.svg'),
      '',
    ]);
    expect(readdirSync(out)).not.toContain('c.svg');

    await diagrams('--out', out);
    const mended = await diagrams('--out', out, '--check');
    expect(mended).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^orphan: .*old\.svg.*\n$/) });
  });

  it('names an orphan in a folder inside, however deep, and one that is a link', async () => {
    const out = join(folder, 'deep');
    await diagrams('--out', out);
    mkdirSync(join(out, 'old/older'), { recursive: true });
    writeFileSync(join(out, 'old/older/a.svg'), '<svg/>');
    symlinkSync(join(out, 'a.svg'), join(out, 'old/link.svg'));
    const checked = await diagrams('--out', out, '--check');
    expect(checked.exitCode).toBe(1);
    expect(checked.stderr.split('\n').map((line) => line.replace(`${out}/`, ''))).toEqual([
      expect.stringContaining('orphan: old/link.svg ('),
      expect.stringContaining('orphan: old/older/a.svg ('),
      '',
    ]);
  });

  it('says which folder cannot be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(diagrams('--out', file)).rejects.toThrow(`--out: ${file} cannot be read`);
  });
});

async function diagrams(...args: readonly string[]) {
  const printed = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  let exitCode = -1;
  const program = new Command();
  addDiagrams(program, { stdout: sink('stdout'), stderr: sink('stderr') } as Partial<CliWorld> as CliWorld, (code) => {
    exitCode = code;
  });
  await program.parseAsync(['diagrams', ...args], { from: 'user' });
  return { exitCode, ...printed };
}
