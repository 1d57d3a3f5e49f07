/**
 * The disk fails under a running engine: no order leaves any more, what is live is looked after, the process stays up.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createEngine, type ExecutionResult, type LegOutcome, type SnapshotInput } from 'fillchart';
import { readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { type FaultBroker, faultBroker, type OrderScript, type VirtualClock, virtualClock } from 'fillchart/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import { scratchFolders } from '../audit/audit.support.js';
import { advisory, fill } from '../stories/support.js';
import { buildPrograms, type Programs } from './build.js';
import type { Run, Said } from './engine.process.js';
import { brokenInTheEnd } from './laws.js';
import { canMount, startBroker, startEngine } from './processes.js';

const newFolder = scratchFolders();

/** Time goes in small steps, and the real disk gets its turns in between. */
async function until<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const mark = () => {
    isOver = true;
  };
  promise.then(mark, mark);
  for (let step = 0; step < 10_000 && !isOver; step += 1) {
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    await clock.advance(20);
  }
  return promise;
}

const pass = (clock: VirtualClock, ms: number): Promise<void> =>
  until(clock, new Promise((resolve) => clock.setTimeout(() => resolve(undefined), ms)));

/** Overwrites the file with rubbish, in a process of its own: a descriptor closed here would end SQLite's locks. */
function destroy(path: string): void {
  const script = `const fs = require('node:fs'); const fd = fs.openSync(process.argv[1], 'r+');
    const size = fs.fstatSync(fd).size; fs.writeSync(fd, Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096);`;
  execFileSync(process.execPath, ['-e', script, path]);
}

type Pragma = (source: string) => unknown;

interface Fault {
  readonly name: string;
  /** What the disk is like from the start. */
  readonly prepare?: (pragma: Pragma) => void;
  readonly strike: (pragma: Pragma, path: string) => void;
  readonly says: RegExp;
  /** The file can be opened again afterwards. */
  readonly mends: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'is full',
    strike: (pragma) => pragma('max_page_count = 1'),
    says: /the disk is full \(SQLITE_FULL\)\. Free disk space, then restart\./,
    mends: true,
  },
  {
    name: 'has become read-only',
    strike: (pragma) => pragma('query_only = ON'),
    says: /it is read-only \(SQLITE_READONLY\).* then restart\./,
    mends: true,
  },
  {
    name: 'has a corrupt page',
    prepare: (pragma) => {
      pragma('cache_size = 1');
      pragma('wal_autocheckpoint = 1');
    },
    strike: (pragma, path) => {
      pragma('wal_checkpoint(TRUNCATE)');
      destroy(path);
    },
    says: /it is damaged \(SQLITE_CORRUPT.*Keep a copy of the files as evidence/,
    mends: false,
  },
];

interface Setup {
  readonly clock: VirtualClock;
  readonly broker: FaultBroker;
  readonly path: string;
}

const open = async ({ clock, broker, path }: Setup, hook: (pragma: Pragma) => void = () => undefined) =>
  until(
    clock,
    createEngine({ broker, clock, journal: sqliteJournal({ path, hooks: { opened: hook } }), logger: false }),
  );

const leg = (kind: 'busy' | 'placed'): LegOutcome =>
  kind === 'placed'
    ? { kind: 'accepted', brokerOrderId: 'EXIT' }
    : { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
const legs = (kind: 'busy' | 'placed') => ({ stopLoss: leg(kind), takeProfit: leg(kind) });

const SCRIPTS: Readonly<Record<string, OrderScript>> = {
  OPEN: {},
  // The cancel comes too late.
  WINS: { fills: [fill(6, 100, 151)], cancel: 'ignore' },
  // Filled when the disk fails, and the broker too busy as yet to take the exits.
  BUSY: { fills: [fill(4.9, 100, 152)], protection: [legs('busy'), legs('busy'), legs('placed')] },
};

const script = ({ symbol }: { symbol: string }): OrderScript => SCRIPTS[symbol] ?? { fills: [fill(1, 100, 150)] };

const named = (symbol: string): SnapshotInput => advisory(`ADV-${symbol}`, { symbol });

describe.each(FAULTS)('the disk $name', ({ prepare, strike, says, mends }) => {
  test('A4 K7: no order leaves, GLOBAL is ACTIVE and says why, live executions end, the process stays up', async () => {
    const clock = virtualClock();
    const broker = faultBroker({ clock, script });
    const path = join(newFolder(), 'journal.db');
    const setup = { clock, broker, path };
    let pragma: Pragma = () => undefined;
    const engine = await open(setup, (given) => {
      pragma = given;
      prepare?.(given);
    });
    const live = ['OPEN', 'WINS', 'BUSY'].map((symbol) => engine.start(named(symbol)));
    await pass(clock, 5_000);
    expect(live.map(({ stage }) => stage)).toEqual(['PENDING', 'PENDING', 'FILLED']);

    strike(pragma, path);
    // Too large for what room the pages have left.
    const large = { ...named('NEW'), reasoningContext: { note: 'x'.repeat(50_000) } };
    const refused = await until(clock, engine.execute(large));
    expect(refused).toMatchObject({
      status: 'REJECTED',
      reason: expect.stringMatching(/JOURNAL_UNAVAILABLE|KILL_SWITCH/),
    });
    const global = engine.killSwitch.switches.find(({ type }) => type === 'GLOBAL');
    expect(global).toMatchObject({ state: 'ACTIVE', by: 'fillchart', reason: expect.stringMatching(says) });
    expect(engine.metrics().journalFailure).toMatch(says);

    const results: ExecutionResult[] = [];
    for (const { result } of live) results.push(await until(clock, result));
    expect(results.map(({ status }) => status)).toEqual(['CANCELLED', 'FILLED', 'FILLED']);
    expect(results.map(({ finalSl }) => finalSl)).toEqual([undefined, '147.98', '148.96']);
    expect(results[1]?.killSwitchPostFill).toBe(true);
    expect(broker.truth(results[0]?.clientOrderId ?? '')?.state).toBe('cancelled');

    const later = await until(clock, engine.execute(named('LATER')));
    expect(later).toMatchObject({
      status: 'REJECTED',
      reason: expect.stringMatching(/JOURNAL_UNAVAILABLE|KILL_SWITCH/),
    });
    expect(broker.count('submitOrder')).toBe(3);
    await until(clock, engine.close());

    if (!mends) {
      await expect(readSqliteJournal(path)).rejects.toMatchObject({ code: 'CORRUPT' });
      return;
    }
    expect(verifyChain(await readSqliteJournal(path))).toMatchObject({ ok: true });
    const next = await open(setup);
    for (const { advisoryId } of next.executions()) {
      const execution = next.execution(advisoryId);
      if (execution !== undefined) await until(clock, execution.result);
    }
    const after = next.executions().map(({ advisoryId, stage, cumQty }) => [advisoryId, stage, cumQty]);
    expect(after.filter(([, , cumQty]) => cumQty === '100')).toHaveLength(2);
    expect(broker.count('submitOrder')).toBe(3);
    await until(clock, next.close());
  });

  test('K7: when it is so at the start, the engine starts with GLOBAL ACTIVE, and nothing is sent', async () => {
    const clock = virtualClock();
    const setup = { clock, broker: faultBroker({ clock, script }), path: join(newFolder(), 'journal.db') };
    const first = await open(setup);
    await until(clock, first.execute(named('FIRST')));
    await until(clock, first.close());
    const engine = await open(setup, (pragma) => {
      prepare?.(pragma);
      strike(pragma, setup.path);
    });
    // Too large for what room the pages have left.
    const large = { ...named('NEW'), reasoningContext: { note: 'x'.repeat(50_000) } };
    const refused = await until(clock, engine.execute(large));
    expect(refused.status).toBe('REJECTED');
    expect(engine.killSwitch.isActive()).toBe(true);
    expect(setup.broker.count('submitOrder')).toBe(1);
    await until(clock, engine.close());
  });
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 60_000;
const SPEED = 20;

describe.runIf(canMount())('a file system that is really full', () => {
  let programs: Programs | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT);
  });
  afterAll(() => programs?.remove());

  test(
    'A4 A6: the process lives to the end of every execution, and what it left is whole and can be gone on with',
    async () => {
      if (programs === undefined) return;
      const folder = mkdtempSync(join(programs.folder, 'full-'));
      const mount = join(folder, 'mount');
      mkdirSync(mount);
      const socket = join(folder, 'broker');
      const setting = { program: programs.broker, socket, seed: 3, speed: SPEED, pace: 'quick' as const };
      const broker = await startBroker(setting);
      try {
        const run: Run = {
          journal: 'journal.db',
          socket,
          speed: SPEED,
          startWall: Date.UTC(2026, 0, 1),
          advisories: 60,
          drain: true,
        };
        const inside =
          'mount -t tmpfs -o size=500k none "$0" && cd "$0" && "$1" "$2" "$3"; code=$?; cp journal.db* ..; exit $code';
        const child = spawn(
          'unshare',
          ['-rm', 'sh', '-c', inside, mount, process.execPath, programs.engine, JSON.stringify(run)],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        const [code] = await once(child, 'close');
        const said = output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Said);
        expect([code, said.at(-1)]).toMatchObject([0, { said: 'drained' }]);
        expect(said.some((one) => one.said === 'journal failed')).toBe(true);

        const journal = join(folder, 'journal.db');
        const durable = new Set(said.flatMap((one) => (one.said === 'durable' ? [one.advisoryId] : [])));
        const before = said.flatMap((one) => (one.said === 'result' ? [one.result] : []));
        const next = startEngine(programs.engine, { ...run, journal, startWall: Date.UTC(2026, 0, 2), advisories: 0 });
        expect(await next.ended).toBe('by itself');
        const records = await readSqliteJournal(journal);
        const now = startEngine(programs.engine, { ...run, journal, startWall: Date.UTC(2026, 0, 3) });
        expect(await now.ended).toBe('by itself');
        const results = [...before, ...now.said.flatMap((one) => (one.said === 'result' ? [one.result] : []))];
        expect(records.length).toBeGreaterThan(0);
        const known = { records: await readSqliteJournal(journal), ...(await broker.truth()), durable, results };
        expect(brokenInTheEnd(known)).toEqual([]);
      } finally {
        broker.stop();
      }
    },
    LIMIT_MS,
  );
});
