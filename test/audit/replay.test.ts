/**
 * A3: the state of an execution is the fold of its recorded facts. `fillchart audit replay` and `show`.
 */
import type { ExecutionResult, JournalRecord } from 'fillchart';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, type Json, sha256 } from '../../src/domain/canonical.js';
import { replayExecution } from '../../src/journal/replay.js';
import { audit, dayOfTrading, exported, scratchFolders, sqliteOf } from './audit.support.js';

const newFolder = scratchFolders();
let records: readonly JournalRecord[] = [];
let results: ReadonlyMap<string, ExecutionResult> = new Map();
let path = '';
beforeAll(async () => {
  ({ records, results } = await dayOfTrading());
  path = await sqliteOf(newFolder(), records);
});

const factAt = (seq: number, change: (fact: Record<string, Json>) => void): readonly JournalRecord[] =>
  records.map((record) => {
    if (record.seq !== seq) return record;
    const fact = structuredClone(record.fact) as Record<string, Json>;
    change(fact);
    return { ...record, fact: fact as unknown as JournalRecord['fact'] };
  });

describe('a replay', () => {
  test('A3: of every execution, also across a crash, is byte-equal to what the engine handed out', () => {
    expect(results.size).toBe(7);
    for (const [advisoryId, handedOut] of results) {
      const replay = replayExecution(records, advisoryId);
      expect(canonicalJson(replay?.result)).toBe(canonicalJson(handedOut));
      expect(replay).toMatchObject({ verdict: 'equal', recordedSha256: sha256(canonicalJson(handedOut)) });
    }
  });

  test('A3: tells every state on the way', () => {
    const steps = replayExecution(records, 'ADV-CRSH')?.steps.map(({ fact, to, t }) => [fact.type, to, t]);
    expect(steps).toEqual([
      ['START', 'validating.asking', undefined],
      ['BROKER_ASKED', 'submitted.ready', undefined],
      ['SUBMIT_STARTED', 'submitted.calling', 0],
      ['SUBMIT_OUTCOME', 'pending.open', 0],
      ['RECOVERED', 'pending.open', 10_000],
      ['ORDER_REPORT', 'filled.placing', 20_000],
      ['PROTECTION_OUTCOME', 'reconciling.asking', 20_000],
      ['RECONCILED', 'done', 20_000],
    ]);
  });

  test('A3: differs when a fact is another', () => {
    const fill = records.find(({ advisoryId, fact }) => advisoryId === 'ADV-CRSH' && fact.type === 'ORDER_REPORT');
    const told = factAt(fill?.seq ?? 0, (fact) => {
      fact['report'] = { ...(fact['report'] as object), avgPrice: '150.49' };
    });
    expect(replayExecution(told, 'ADV-CRSH')?.verdict).toBe('different');
  });

  test('of an execution that has not ended tells how far it came', () => {
    const half = records.slice(0, 30);
    expect(replayExecution(half, 'ADV-CRSH')).toMatchObject({ verdict: 'unfinished' });
    expect(replayExecution(half, 'ADV-CRSH')?.result).toBeUndefined();
  });

  test('of an advisory that the journal does not know is none', () => {
    expect(replayExecution(records, 'ADV-X')).toBeUndefined();
  });

  test('E1: a conflicting advisory of the same id leaves the execution as it was', () => {
    const starts = records.filter(
      ({ stream, advisoryId, fact }) => stream === 'execution' && advisoryId === 'ADV-AAPL' && fact.type === 'START',
    );
    expect(starts).toHaveLength(2);
    expect(replayExecution(records, 'ADV-AAPL')?.result?.status).toBe('FILLED');
  });
});

describe('fillchart audit replay', () => {
  test('prints state by state with times, the result, and that it is byte-equal', async () => {
    const { exitCode, stdout } = await audit('replay', path, 'ADV-LATE');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}2026-01-01 00:00:30\.500 +30\.500 s {2}ORDER_REPORT filled 100 +late\.placing/m);
    expect(stdout).toContain('"status": "EXECUTED_FULL_LATE"');
    expect(stdout.trimEnd().endsWith('The result is byte-equal to the recorded one.')).toBe(true);
  });

  test('works on an export too, and prints JSON', async () => {
    const { writeFileSync } = await import('node:fs');
    const copy = `${newFolder()}/journal.jsonl`;
    writeFileSync(copy, exported(records));
    const { exitCode, stdout } = await audit('replay', copy, 'ADV-PART', '--json');
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { verdict: 'equal', result: results.get('ADV-PART') }]);
  });

  test('ends with 1 when the journal was tampered with, although the fold agrees', async () => {
    const folder = newFolder();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${folder}/j.jsonl`, exported(records).replace('"reason":"a drill"', '"reason":"a thrill"'));
    const { exitCode, stderr } = await audit('replay', `${folder}/j.jsonl`, 'ADV-AAPL');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('the journal is not what was written')]);
  });

  test('names what there is when it does not know the advisory', async () => {
    await expect(audit('replay', path, 'ADV-X')).rejects.toThrow('"ADV-AAPL", "ADV-LATE"');
  });
});

describe('fillchart audit show', () => {
  test('A1: is a timeline of all advisories, with T and the main of each event', async () => {
    const { exitCode, stdout } = await audit('show', path);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2 + records.flatMap(({ audit: own }) => own).length);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^2026-01-01 00:00:01\.000 +1\.000 s {2}ADV-AAPL {2}order_filled +100 of 100 @ 151, SL 147\.98, TP 155\.53/,
      ),
    );
    expect(stdout).toMatch(/kill_switch_set +SYMBOL_LEVEL KILL: OFF → ACTIVE because: a drill \(by ops\)/);
    expect(stdout).toMatch(/case_opened +case-1 MISMATCH PART – Approved size 100, filled only 40/);
    expect(stdout).toMatch(/recovered +pending → pending/);
  });

  test('shows one advisory, and prints JSON', async () => {
    const { stdout } = await audit('show', path, 'ADV-NONE');
    expect(stdout).not.toContain('ADV-');
    const { stdout: json } = await audit('show', path, 'ADV-NONE', '--json');
    const events = (JSON.parse(json) as { event: string }[]).map(({ event }) => event);
    expect(events.at(-1)).toBe('execution_result');
    expect(events).toHaveLength(stdout.trimEnd().split('\n').length - 2);
  });

  test('refuses an advisory that it does not know', async () => {
    await expect(audit('show', path, 'ADV-X')).rejects.toThrow('knows no advisory "ADV-X"');
  });
});
