/**
 * Without the layout engine nothing is drawn, and the command says what to install.
 */
import { Command } from 'commander';
import { expect, it, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ELK_PACKAGE, loadLayout } from '../../src/charts/elk.js';
import { addDiagrams } from '../../src/cli/commands/diagrams.js';
import type { CliWorld } from '../../src/cli/world.js';

vi.mock('elkjs/lib/elk.bundled.js', () => {
  throw new Error('Cannot find module');
});

it('loading it fails with its name', async () => {
  await expect(loadLayout()).rejects.toThrow(`npm install --save-dev --save-exact ${ELK_PACKAGE}`);
});

it('the command says what to install', async () => {
  const program = new Command();
  addDiagrams(program, {} as CliWorld, () => undefined);
  await expect(program.parseAsync(['diagrams', '--check'], { from: 'user' })).rejects.toThrow(ELK_PACKAGE);
});

it('the version that it names is the one that the repository is pinned to', () => {
  expect(ELK_PACKAGE).toBe(`elkjs@${manifest.devDependencies.elkjs}`);
  expect(Object.keys(manifest.dependencies)).not.toContain('elkjs');
});
