/**
 * The program itself, in a process of its own: which libraries it loads, and the README's lines for a paper account.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alpacaSimulator } from 'fillchart/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type BundledCli, bundledCli, ended, linkLibraries, onPath } from './bundled-cli.js';
import { ADVISORY, jsonl } from './cli.support.js';

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('without the libraries of the adapters', () => {
  let bare: BundledCli;
  beforeAll(async () => {
    bare = await bundledCli(tmpdir());
    linkLibraries(bare, ['better-sqlite3']);
    writeFileSync(join(bare.folder, 'a.jsonl'), jsonl(ADVISORY));
    writeFileSync(join(bare.folder, 'fix.json'), readFileSync(inRoot('examples/fix.json')));
  });
  afterAll(() => bare.remove());

  const run = (...args: readonly string[]) =>
    ended(process.execPath, [bare.main, ...args], {
      cwd: bare.folder,
      env: {
        APCA_API_KEY_ID: 'PKTEST',
        APCA_API_SECRET_KEY: 'secret',
        FILLCHART_CCXT_API_KEY: 'key',
        FILLCHART_CCXT_SECRET: 'secret',
      },
    });

  it('the paper broker trades', async () => {
    const { exitCode, stdout, stderr } = await run('run', 'a.jsonl', '--journal', 'paper.db');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/✔ {2}A .*FILLED/);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['alpaca', '@alpacahq/alpaca-trade-api', []],
    ['fix', 'jspurefix', ['--config', 'fix.json']],
    ['ccxt:binance', 'ccxt', []],
  ] as const)('%s says in one sentence what to install', async (broker, name, config) => {
    const { [name]: version } = manifest.devDependencies;
    for (const args of [
      ['run', 'a.jsonl', '--journal', 'memory'],
      ['broker', 'check'],
    ]) {
      const { exitCode, stdout, stderr } = await run(...args, '--broker', broker, ...config);
      expect(stderr).toMatch(new RegExp(`^fillchart: .* is not installed; run: npm install ${name}@${version}\n$`));
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    }
  });
});

describe("the README's lines for an Alpaca paper account", () => {
  const section = /^## An Alpaca paper account in ten lines$([\s\S]*?)^## /m.exec(
    readFileSync(inRoot('README.md'), 'utf8'),
  );
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section?.[1] ?? '') ?? [];
  const lines = block.split('\n').filter((line) => line !== '');

  it('are ten at most', () => {
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
  });

  it('name the version of the library that the adapter is tested with', () => {
    expect(lines[0]).toMatch(/^npm install /);
    expect(lines[0]).toContain(`@alpacahq/alpaca-trade-api@${manifest.devDependencies['@alpacahq/alpaca-trade-api']}`);
  });

  it('check the account and trade on it: word by word, but for the keys and the address', async () => {
    const program = await bundledCli();
    onTestFinished(program.remove);
    const simulator = await alpacaSimulator({ quotes: { AAPL: '151.00' } });
    onTestFinished(() => simulator.close());
    const script = lines
      .slice(1)
      .join('\n')
      .replace(/(APCA_API_KEY_ID)=\.\.\./, `$1=${simulator.keyId}`)
      .replace(/(APCA_API_SECRET_KEY)=\.\.\./, `$1=${simulator.secretKey}`)
      .replace('"live": false', `"live": false, "tradingUrl": "${simulator.url}", "dataUrl": "${simulator.url}"`);
    expect(script.split(simulator.url)).toHaveLength(3);
    const { exitCode, stdout, stderr } = await ended('sh', ['-e', '-c', script], {
      cwd: program.folder,
      env: { PATH: onPath(program) },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ok +the broker is there and knows us/m);
    expect(stdout).toMatch(/✔ {2}PAPER-1 .*AAPL .*FILLED .*1 @ 151 .*MATCHED/);
    expect(exitCode).toBe(0);
    expect([simulator.count('submit'), simulator.count('protect')]).toEqual([1, 1]);
  });
});
