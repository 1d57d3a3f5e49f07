/**
 * Journals with a life in them, and the audit commands without a process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { ExecutionResult, JournalRecord } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { afterAll } from 'vitest';
import { addAudit } from '../../src/cli/commands/audit.js';
import type { CliWorld } from '../../src/cli/world.js';
import { exportLines } from '../../src/domain/journal-export.js';
import { advisory, after, fill, fills, set, world } from '../stories/support.js';

/** A new folder a call; all are deleted after the last test of the file. */
export function scratchFolders(): () => string {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-audit-'));
    folders.push(folder);
    return folder;
  };
}

interface Day {
  readonly records: readonly JournalRecord[];
  /** What the engine handed out, by advisory. */
  readonly results: ReadonlyMap<string, ExecutionResult>;
}

/** A day with a fill, a late fill, a time-out, a partial fill, a refusal, a kill switch, a case, and a crash in between. */
export async function dayOfTrading(): Promise<Day> {
  const journal = memoryJournal();
  const clock = virtualClock();
  const script = ({ symbol }: { symbol: string }) =>
    ({
      AAPL: fills(fill(1, 100, 151)),
      LATE: { ...fills(fill(30.5, 100, 152)), cancel: 'ignore' as const },
      NONE: {},
      PART: { ...fills(fill(2, 40, 150)), submit: 'hang' as const },
      CRSH: fills(fill(20, 100, '150.5')),
    })[symbol] ?? {};
  const first = await world({ script, clock, engine: { journal } });
  after(first, 3, set('SYMBOL_LEVEL', 'KILL'));
  const names = ['AAPL', 'LATE', 'NONE', 'PART', 'KILL', 'CRSH'];
  for (const symbol of names) first.engine.start(advisory(`ADV-${symbol}`, { symbol }));
  first.engine.start(advisory('ADV-ODD', { slOffsetPct: '0.5' }));
  first.engine.start(advisory('ADV-AAPL', { symbol: 'MSFT' }));
  await clock.advance(10_000);
  await first.engine.close();

  const second = await world({ clock, engine: { journal }, wrap: () => first.broker });
  const results = new Map<string, ExecutionResult>();
  for (const { advisoryId } of second.engine.executions()) {
    const live = second.engine.execution(advisoryId);
    if (live !== undefined) results.set(advisoryId, await clock.runUntil(live.result));
  }
  const [open] = second.engine.cases.open();
  if (open !== undefined) await second.engine.cases.resolve(open.caseId, { by: 'ops', reason: 'looked, and it is so' });
  await second.engine.close();
  return { records: await journal.open(), results };
}

export const exported = (records: readonly JournalRecord[]): string => [...exportLines(records)].join('');

/** A closed SQLite journal with these records. */
export async function sqliteOf(folder: string, records: readonly JournalRecord[]): Promise<string> {
  const path = join(folder, 'journal.db');
  const journal = sqliteJournal({ path });
  await journal.open();
  await journal.append(records);
  await journal.close();
  return path;
}

interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fillchart audit …args`; what it throws is thrown. */
export async function audit(...args: readonly string[]): Promise<Ran> {
  let exitCode: number | undefined;
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const none = () => () => undefined;
  const here: CliWorld = {
    stdin: (async function* () {})(),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    clock: virtualClock(),
    onInterrupt: none,
    onExit: none,
    exit: () => undefined,
  };
  const program = new Command('fillchart').exitOverride();
  addAudit(program, here, (code) => {
    exitCode = code;
  });
  await program.parseAsync(['audit', ...args], { from: 'user' });
  return { exitCode, ...written };
}
