/**
 * A killed engine's journal on a file system that is full, or read-only, when the next engine starts (A9).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readSqliteJournal } from 'fillchart/adapters';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import { type BundledCli, bundledCli } from '../cli/bundled-cli.js';
import { buildPrograms, type Programs } from './build.js';
import type { Run, Said } from './engine.process.js';
import { brokenInTheEnd } from './laws.js';
import { canMount, startBroker, startEngine } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SPEED = 20;
const LIMIT_MS = 60_000;
const ADVISORIES = 12;

/** How the file system is spoilt, in the folder of the journal. */
const FAULTS = {
  full: '(dd if=/dev/zero of=ballast bs=1k; true) 2>/dev/null',
  'read-only': 'mount -o remount,ro "$0"',
} as const;

/** Runs a program on a copy of the journal, in a file system of its own that is spoilt; the copy is taken out afterwards. */
function inside(
  folder: string,
  fault: string,
  command: readonly string[],
): { readonly code: number | null; readonly output: string } {
  const mount = join(folder, 'mount');
  mkdirSync(mount, { recursive: true });
  const script = `mount -t tmpfs -o size=4m none "$0" && cp journal.db* "$0" && cd "$0" && ${fault} && "$@"; code=$?; mkdir -p ../after && cp journal.db* ../after; exit $code`;
  const { status, stdout } = spawnSync('unshare', ['-rm', 'sh', '-c', script, mount, ...command], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { code: status, output: stdout };
}

describe.runIf(canMount())('a journal that cannot be written when its engine starts', () => {
  let programs: Programs | undefined;
  let cli: BundledCli | undefined;
  beforeAll(async () => {
    [programs, cli] = await Promise.all([buildPrograms(ROOT), bundledCli()]);
  }, LIMIT_MS);
  afterAll(() => {
    programs?.remove();
    cli?.remove();
  });

  test.each(Object.entries(FAULTS))(
    'A33 A38 A6: on a %s file system what is live is looked after, nothing is sent, the journal can be verified, and the next start finds the truth',
    async (_, fault) => {
      if (programs === undefined || cli === undefined) return;
      const folder = mkdtempSync(join(programs.folder, 'unwritable-'));
      const socket = join(folder, 'broker');
      const broker = await startBroker({ program: programs.broker, socket, seed: 5, speed: SPEED, pace: 'quick' });
      try {
        const run: Run = {
          journal: join(folder, 'journal.db'),
          socket,
          speed: SPEED,
          startWall: Date.UTC(2026, 0, 1),
          advisories: ADVISORIES,
          drain: true,
        };
        const first = startEngine(programs.engine, run);
        await first.opened;
        await sleep(150);
        first.kill();
        await first.ended;
        const sent = (await broker.truth()).orders.length;

        const verified = inside(folder, fault, [process.execPath, cli.main, 'audit', 'verify', 'journal.db']);
        expect([verified.code, verified.output]).toEqual([0, expect.stringMatching(/^ok /)]);

        const later = { ...run, startWall: Date.UTC(2026, 0, 2) };
        const spoilt = inside(folder, fault, [
          process.execPath,
          programs.engine,
          JSON.stringify({ ...later, journal: 'journal.db' }),
        ]);
        const said = spoilt.output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Said);
        expect([spoilt.code, said.at(-1)]).toMatchObject([0, { said: 'drained' }]);
        const opened = said.find((one) => one.said === 'opened');
        expect(opened).toMatchObject({ recovered: expect.any(Number) });
        expect((opened as { recovered: number }).recovered).toBeGreaterThan(0);
        expect((await broker.truth()).orders.length).toBe(sent);

        const journal = join(folder, 'after', 'journal.db');
        const next = startEngine(programs.engine, { ...run, journal, startWall: Date.UTC(2026, 0, 3), advisories: 0 });
        expect(await next.ended).toBe('by itself');
        const last = startEngine(programs.engine, { ...run, journal, startWall: Date.UTC(2026, 0, 4) });
        expect(await last.ended).toBe('by itself');
        const records = await readSqliteJournal(journal);
        expect(verifyChain(records)).toMatchObject({ ok: true });
        const results = [...first.said, ...last.said].flatMap((one) => (one.said === 'result' ? [one.result] : []));
        const durable = new Set(first.said.flatMap((one) => (one.said === 'durable' ? [one.advisoryId] : [])));
        expect(brokenInTheEnd({ records, ...(await broker.truth()), durable, results })).toEqual([]);
      } finally {
        broker.stop();
      }
    },
    LIMIT_MS,
  );
});
