/**
 * What one process leaves to the next, with real processes: an engine that is closed between the intent and the call, and a
 * command line that is killed with an order live.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readSqliteJournal } from 'fillchart/adapters';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BundledCli, bundledCli, ended } from '../cli/bundled-cli.js';
import { ADVISORY, advisory, CONFIG, jsonl } from '../cli/cli.support.js';
import { buildPrograms, type Programs } from './build.js';
import { brokenInTheEnd } from './laws.js';
import { startBroker, startEngine } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 120_000;
const SPEED = 20;

describe('closed before the first call', () => {
  let programs: Programs | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT);
  }, LIMIT_MS);
  afterAll(() => programs?.remove());

  test.each(['beforeCommit BROKER_ASKED', 'afterCommit BROKER_ASKED'])(
    'A44 A6: close() at %s: the next process knows that nothing was sent, sends it once, and has no case',
    async (point) => {
      if (programs === undefined) return;
      const folder = mkdtempSync(join(programs.folder, 'closed-'));
      const socket = join(folder, 'broker');
      const journal = join(folder, 'journal.db');
      const broker = await startBroker({ program: programs.broker, socket, seed: 1, speed: SPEED, pace: 'quick' });
      try {
        const run = { journal, socket, speed: SPEED, startWall: Date.UTC(2026, 0, 1), advisories: 3, drain: false };
        const first = startEngine(programs.engine, { ...run, closes: { point, nth: 1 } });
        expect(await first.ended).toBe('by itself');
        expect(first.said.filter(({ said }) => said === 'failed')).toEqual([]);
        expect(await broker.truth()).toEqual({ orders: [], refused: [], cancels: {} });
        const left = await readSqliteJournal(journal);
        const intended = left.filter(({ fact }) => fact.type === 'BROKER_ASKED').map(({ advisoryId }) => advisoryId);
        expect(intended.length).toBeGreaterThan(0);

        const next = startEngine(programs.engine, { ...run, startWall: Date.UTC(2026, 0, 1, 0, 0, 5), drain: true });
        expect(await next.ended).toBe('by itself');
        const records = await readSqliteJournal(journal);
        const results = next.said.flatMap((one) => (one.said === 'result' ? [one.result] : []));
        const truth = await broker.truth();
        expect(brokenInTheEnd({ ...truth, records, durable: new Set(), results })).toEqual([]);
        expect(results.filter(({ status }) => status === 'FAILED_TIMEOUT')).toEqual([]);
        for (const id of intended) {
          expect(results.find(({ advisoryId }) => advisoryId === id)?.status).not.toBe('REJECTED');
          expect(records.some(({ stream, fact }) => stream === 'case' && fact['advisoryId'] === id)).toBe(false);
        }
        expect(truth.orders.length).toBe(3);
      } finally {
        broker.stop();
      }
    },
    LIMIT_MS,
  );
});

describe('the command line, killed with an order live', () => {
  let cli: BundledCli | undefined;
  beforeAll(async () => {
    cli = await bundledCli();
  }, LIMIT_MS);
  afterAll(() => cli?.remove());

  test(
    'A1 C1: a run of another file on the same journal waits for it through T = 30 s, shows and counts it, and asks for a person',
    async () => {
      if (cli === undefined) return;
      const { folder: cwd, main } = cli;
      const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);
      write('c.json', JSON.stringify({ ...CONFIG, scripts: { AAPL: { fills: [] } } }));
      write('a.jsonl', jsonl(ADVISORY));
      write('other.jsonl', jsonl(advisory({ advisoryId: 'B', symbol: 'MSFT', referencePrice: '410' })));
      const args = (file: string) => [main, 'run', file, '--config', 'c.json', '--journal', 'j.db'];
      const first = spawn(process.execPath, args('a.jsonl'), { cwd, stdio: 'ignore' });
      const facts = async () =>
        (await readSqliteJournal(join(cwd, 'j.db')).catch(() => [])).map(({ fact }) => fact.type);
      for (let tries = 0; tries < 200 && !(await facts()).includes('SUBMIT_OUTCOME'); tries += 1) await delay(50);
      first.kill('SIGKILL');
      await once(first, 'close');
      expect(await facts()).toContain('SUBMIT_OUTCOME');
      expect(await facts()).not.toContain('DEADLINE');

      const { stdout, exitCode } = await ended(process.execPath, args('other.jsonl'), { cwd });
      expect(stdout).toContain('1 execution of the journal has no result yet; it goes on, and this run waits for it');
      expect(stdout).toMatch(/^✖ {2}A .*FAILED_TIMEOUT, recovered/m);
      expect(stdout).toContain('1 FILLED, 1 FAILED_TIMEOUT (1 recovered).');
      expect(stdout).not.toContain('nothing is left to do');
      // The paper broker died with its process: nobody can say that the order is closed.
      expect(exitCode).toBe(3);
      expect(await facts()).toContain('DEADLINE');
    },
    LIMIT_MS,
  );
});
