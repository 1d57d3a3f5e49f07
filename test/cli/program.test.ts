/**
 * The program itself, in a process of its own: which libraries it loads, and the README's lines for a paper account.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alpacaSimulator } from 'fillchart/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type BundledCli, bundledCli, ended, linkLibraries, onPath } from './bundled-cli.js';
import { ADVISORY, CONFIG, jsonl } from './cli.support.js';

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

describe('ctrl-c, pressed twice', () => {
  let program: BundledCli;
  beforeAll(async () => {
    program = await bundledCli();
    writeFileSync(join(program.folder, 'a.jsonl'), jsonl(ADVISORY));
    writeFileSync(join(program.folder, 'c.json'), JSON.stringify({ ...CONFIG, scripts: { AAPL: { fills: [] } } }));
  });
  afterAll(() => program.remove());

  /** Interrupts as soon as the order is open, and again so many ms later; the second may find nobody any more. */
  const interruptedTwice = (afterMs: number) =>
    new Promise<{ exitCode: number | null; signal: string | null; stdout: string }>((resolve) => {
      const args = [program.main, 'run', 'a.jsonl', '--config', 'c.json', '--journal', `two-${afterMs}.db`];
      const child = spawn(process.execPath, args, { cwd: program.folder });
      let stdout = '';
      let isPressed = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (isPressed || !stdout.includes('PENDING')) return;
        isPressed = true;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), afterMs);
      });
      child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout }));
    });

  it.each([0, 5, 20, 60, 150, 400])('%i ms apart: the exit code is the one that was printed', async (afterMs) => {
    const { exitCode, signal, stdout } = await interruptedTwice(afterMs);
    const printed = [...stdout.matchAll(/exit code (\d+)/g)].map(([, code]) => Number(code));
    expect(printed, stdout).toHaveLength(1);
    expect([exitCode, signal], stdout).toEqual([printed[0], null]);
    expect([3, 130]).toContain(exitCode);
  });

  it('K7: what the shell reads of it next is a switch that can be released', async () => {
    await interruptedTwice(1_000);
    const shell = (...args: readonly string[]) =>
      ended(process.execPath, [program.main, ...args, '--journal', 'two-1000.db'], { cwd: program.folder });
    expect((await shell('kill-switch', 'list')).stdout).toContain('GLOBAL is ACTIVE');
    const released = await shell('kill-switch', 'release', '--by', 'ann', '--reason', 'looked');
    expect([released.exitCode, released.stderr]).toEqual([0, '']);
  });
});

describe("the README's lines for an Alpaca paper account", () => {
  const section = /^## An Alpaca paper account$([\s\S]*?)^## /m.exec(readFileSync(inRoot('README.md'), 'utf8'));
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
