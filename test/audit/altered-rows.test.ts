/**
 * Rows whose JSON is whole and says something else than a record can say (A34, A8): no command takes that for a defect of its
 * own, none shows it as sound, and an engine starts with the gate closed.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from 'fillchart';
import { sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import { withDatabase } from '../adapters/sqlite-drivers.js';
import { cli } from '../cli/cli.support.js';
import { advisory, fill, fills } from '../stories/support.js';
import { dayOfTrading, scratchFolders, sqliteOf } from './audit.support.js';

const newFolder = scratchFolders();
let records: readonly JournalRecord[] = [];
let whole = '';
beforeAll(async () => {
  ({ records } = await dayOfTrading());
  whole = await sqliteOf(newFolder(), records);
});

interface Alteration {
  readonly what: string;
  /** The record that is altered: the first of this kind. */
  readonly fact: string;
  readonly column: 'fact' | 'audit' | 'stream' | 'wall';
  readonly to: (record: JournalRecord) => string;
}

const json = (value: unknown): string => JSON.stringify(value);

const ALTERATIONS: readonly Alteration[] = [
  { what: 'a fact that is null', fact: 'ORDER_REPORT', column: 'fact', to: () => 'null' },
  { what: 'a fact that is a list', fact: 'ORDER_REPORT', column: 'fact', to: () => '[]' },
  { what: 'a fact without a type', fact: 'ORDER_REPORT', column: 'fact', to: () => '{}' },
  { what: 'a fact of a type that nobody knows', fact: 'ORDER_REPORT', column: 'fact', to: () => '{"type":"NEWS"}' },
  {
    what: 'an outcome that is missing',
    fact: 'SUBMIT_OUTCOME',
    column: 'fact',
    to: ({ fact }) => json({ type: fact.type }),
  },
  { what: 'an advisory that is missing', fact: 'START', column: 'fact', to: ({ fact }) => json({ type: fact.type }) },
  {
    what: 'a report of null',
    fact: 'ORDER_REPORT',
    column: 'fact',
    to: ({ fact }) => json({ ...fact, report: null }),
  },
  { what: 'audit lines that are null', fact: 'ORDER_REPORT', column: 'audit', to: () => 'null' },
  { what: 'an audit line that is null', fact: 'SUBMIT_OUTCOME', column: 'audit', to: () => '[null]' },
  {
    what: 'an audit line without a time',
    fact: 'SUBMIT_OUTCOME',
    column: 'audit',
    to: ({ audit }) => json(audit.map(({ timestamp: _, ...line }) => line)),
  },
  {
    what: 'an audit line without details',
    fact: 'SUBMIT_OUTCOME',
    column: 'audit',
    to: ({ audit }) => json(audit.map(({ details: _, ...line }) => line)),
  },
  { what: 'a stream that nobody knows', fact: 'SUBMIT_OUTCOME', column: 'stream', to: () => 'news' },
  { what: 'a record under another stream', fact: 'SUBMIT_OUTCOME', column: 'stream', to: () => 'protection' },
  { what: 'a time that is none', fact: 'SUBMIT_OUTCOME', column: 'wall', to: () => '' },
];

function altered({ fact, column, to }: Alteration): { readonly path: string; readonly record: JournalRecord } {
  const record = records.find((one) => one.fact.type === fact && one.advisoryId !== undefined && one.audit.length > 0);
  if (record === undefined) throw new Error(`no ${fact} among the records`);
  const path = join(newFolder(), 'journal.db');
  copyFileSync(whole, path);
  withDatabase(path, (database) =>
    database.prepare(`UPDATE records SET ${column} = ? WHERE seq = ?`).run(to(record), record.seq),
  );
  return { path, record };
}

describe('A34: a row whose JSON is whole and is no record', () => {
  it.each(ALTERATIONS)(
    'A34: $what: every command says that the journal is not what was written',
    async (alteration) => {
      const { path, record } = altered(alteration);
      const owner = String(record.advisoryId);
      const commands = [
        ['audit', 'verify', path],
        ['audit', 'show', path],
        ['audit', 'export', path, '--format', 'csv'],
        ['audit', 'replay', path, owner],
        ['status', path],
        ['cases', 'list', '--journal', path],
        ['kill-switch', 'list', '--journal', path],
      ];
      for (const command of commands) {
        const { exitCode, stdout, stderr } = await cli(command);
        const said = `${stdout}${stderr}`;
        expect.soft({ command, exitCode }, said).toEqual({ command, exitCode: EXIT.checkFailed });
        expect.soft(said, command.join(' ')).toMatch(/not what was written|broken|HAS BEEN CHANGED/);
      }
    },
  );

  it.each(ALTERATIONS)(
    'A34 K7: $what: an engine starts on it with the gate closed, and nothing is sent',
    async (alteration) => {
      const { path } = altered(alteration);
      const clock = virtualClock();
      const broker = faultBroker({ clock, openOrders: true, script: () => fills(fill(1, 100, 151)) });
      const engine = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
      const result = await clock.runUntil(engine.execute(advisory('ADV-NEW', { symbol: 'NEW' })));
      expect(result).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
      expect(broker.calls.filter(({ method }) => method === 'submitOrder')).toEqual([]);
      await clock.runUntil(engine.close());
    },
  );
});

describe('a dry run on a damaged journal', () => {
  it('K7: says that a run would send nothing, and which record is the first that was changed', async () => {
    const { path, record } = altered({ what: '', fact: 'SUBMIT_OUTCOME', column: 'audit', to: () => '[]' });
    const { exitCode, stdout, stderr } = await cli(['run', '-', '--dry-run', '--journal', path], {
      stdin: json(advisory('ADV-NEW')),
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.checkFailed, stdout: '' });
    expect(stderr).toContain(`record ${record.seq} was changed`);
    expect(stderr).toContain('A run on it would send nothing');
  });
});
