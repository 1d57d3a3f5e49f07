/**
 * The audit log (A1, A2): what is said, in which order, and where it can be read.
 */
import { readFileSync } from 'node:fs';
import { AUDIT_EVENTS, createEngine, verifyChain } from 'fillchart';
import { memoryJournal, paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import {
  type Act,
  ADVISORY,
  advisory,
  auditEvents,
  execute,
  fill,
  fills,
  push,
  type Setting,
  set,
  told,
  type World,
  world,
} from './support.js';

const at151 = fills(fill(1, 100, 151));
const refused = { kind: 'rejected', code: 'NO', reason: 'no' } as const;
const filled = ['order_filled', 'protection_placed', 'reconciliation', 'execution_result'];
const submitted = ['execution_start', 'order_submitted', 'order_accepted'];

const logs: readonly (readonly [string, Setting, readonly (readonly [number, Act])[], readonly string[]])[] = [
  ['filled', { script: at151 }, [], [...submitted, ...filled]],
  [
    'filled in two',
    { script: fills(fill(1, 40, 151), fill(2, 60, 151)) },
    [],
    [...submitted, 'order_partially_filled', ...filled],
  ],
  [
    'refused by validation',
    { instruments: { AAPL: 'unknown_symbol' } },
    [],
    ['execution_start', 'validation_failed', 'execution_result'],
  ],
  [
    'refused by the broker',
    { script: { submit: refused } },
    [],
    ['execution_start', 'order_submitted', 'order_rejected', 'execution_result'],
  ],
  [
    'tried again',
    { script: { submit: [{ kind: 'not_sent', reason: 'r' }, { kind: 'duplicate' }], live: true, ...at151 } },
    [],
    ['execution_start', 'order_submitted', 'order_rejected', 'order_submitted', 'order_accepted', ...filled],
  ],
  [
    'unknown, found',
    { script: { submit: 'throw', ...at151 } },
    [],
    ['execution_start', 'order_submitted', 'order_unknown', ...filled],
  ],
  [
    'timed out',
    { script: {} },
    [],
    [...submitted, 'timeout', 'cancel_requested', 'cancel_confirmed', 'reconciliation', 'timeout', 'execution_result'],
  ],
  [
    'late',
    { script: { ...fills(fill(31, 100, 151)), cancel: 'ignore' } },
    [],
    [
      ...submitted,
      'timeout',
      'cancel_requested',
      'order_filled',
      'protection_placed',
      'reconciliation',
      'timeout',
      'execution_result',
    ],
  ],
  [
    'cancelled by a kill switch',
    { script: {} },
    [[5, set('GLOBAL')]],
    [...submitted, 'kill_switch_abort', 'cancel_requested', 'cancel_confirmed', 'reconciliation', 'execution_result'],
  ],
  [
    'cancelled by the broker',
    { script: { ends: { at: 2_000, state: 'cancelled' } } },
    [],
    [...submitted, 'cancel_confirmed', 'reconciliation', 'execution_result'],
  ],
  [
    'unprotected',
    { script: { ...at151, protection: { stopLoss: refused, takeProfit: refused } } },
    [],
    [
      ...submitted,
      'order_filled',
      'protection_failed',
      'case_opened',
      'reconciliation',
      'execution_result',
      'case_opened',
    ],
  ],
  ['mismatched', { script: { ...at151, positionShown: '50' } }, [], [...submitted, ...filled, 'case_opened']],
];

/** Events of a restart, of the exits' life after the result, and of faults: each has stories of its own. */
const TOLD_ELSEWHERE = {
  recovered: 'recovery/states.test.ts',
  exit_working: 'exits/engine.test.ts',
  exit_filled: 'exits/engine.test.ts',
  exit_lost: 'exits/engine.test.ts',
  position_closed_elsewhere: 'exits/engine.test.ts',
  fill_busted: 'stories/corrections.test.ts',
  fill_corrected: 'stories/corrections.test.ts',
  engine_fault: 'stories/last-resort.test.ts',
};

describe('what is said, in order (A1)', () => {
  for (const [text, setting, acts, events] of logs) {
    it(`${text}: ${events.join(' · ')} [A1]`, async () => {
      const { now } = await told(setting, acts);
      expect(auditEvents(now, 'ADV-A')).toEqual(events);
    });
  }

  it('each with seq without a gap, wall time, T, advisory and hash [A1 R1.2]', async () => {
    const { now, result } = await told({ script: {} }, [[5, set('GLOBAL')]]);
    const { executionLogs } = now.engine;
    expect(executionLogs.map(({ seq }) => seq)).toEqual(executionLogs.map((_, i) => i + 1));
    const own = executionLogs.filter(({ advisoryId }) => advisoryId === 'ADV-A');
    expect(own.map(({ t }) => t)).toEqual([undefined, 0, 0, 5_000, 5_000, 5_000, 5_000, 5_000]);
    expect(
      own.every(
        ({ snapshotHash, timestamp }) =>
          snapshotHash === result.snapshotHash && /^2026-01-01T00:00:0[05]\.000Z$/.test(timestamp),
      ),
    ).toBe(true);
    expect(executionLogs.filter(({ advisoryId }) => advisoryId === undefined).map(({ event }) => event)).toEqual([
      'kill_switch_set',
    ]);
  });

  it('timeout carries first submission, elapsed, cancel, late fill, reconciliation, final position [A1]', async () => {
    const { now } = await told({ script: { ...fills(fill(31, 100, 151)), cancel: 'ignore' } });
    const [reached, over] = now.engine.executionLogs.filter(({ event }) => event === 'timeout');
    expect(reached?.details).toEqual({
      phase: 'reached',
      firstSubmission: '2026-01-01T00:00:00.000Z',
      elapsedMs: 30_000,
    });
    expect(over?.details).toEqual({
      phase: 'over',
      firstSubmission: '2026-01-01T00:00:00.000Z',
      elapsedMs: 31_000,
      cancelTries: 1,
      cancelTaken: true,
      orderStatus: 'filled',
      lateFill: true,
      reconciliationStatus: 'MATCHED',
      finalPosition: '100',
    });
  });

  it('a cancel that the broker confirms by push before the call is noted has its own cause and try [A1]', async () => {
    const clock = virtualClock();
    const broker = paperBroker({
      clock,
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      quotes: { AAPL: '151' },
      fillDelayMs: 40_000,
    });
    const engine = await createEngine({ clock, broker, logger: false });
    const killed = engine.start(advisory('ADV-killed'));
    await clock.advance(5_000);
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'news', by: 'ops' });
    await clock.runUntil(killed.result);
    await engine.killSwitch.release({ type: 'GLOBAL', reason: 'over', by: 'ops' });
    await clock.runUntil(engine.execute(advisory('ADV-late')));

    const cancelOf = (id: string) => engine.auditOf(id).find(({ event }) => event === 'cancel_requested')?.details;
    expect(cancelOf('ADV-killed')).toMatchObject({ cause: 'kill switch', try: 1 });
    expect(cancelOf('ADV-late')).toMatchObject({ cause: 'timeout', try: 1 });
    await engine.close();
  });

  it('every event of the vocabulary is raised by some story here, or where it belongs [A1]', async () => {
    const seen = new Set<string>();
    for (const [, setting, acts] of logs) {
      const { now } = await told(setting, acts);
      const by = { by: 'ops', reason: 'over' };
      for (const { caseId } of now.engine.cases.open()) await now.engine.cases.resolve(caseId, by);
      if (now.engine.killSwitch.isActive()) await now.engine.killSwitch.release({ type: 'GLOBAL', ...by });
      for (const event of auditEvents(now)) seen.add(event);
    }
    expect([...AUDIT_EVENTS].filter((event) => !seen.has(event))).toEqual(Object.keys(TOLD_ELSEWHERE));
    for (const [event, file] of Object.entries(TOLD_ELSEWHERE)) {
      expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'), event).toContain(event);
    }
  });
});

describe('where it is read (A2)', () => {
  it('audit$ and executionLogs tell the same, in the same order [A2]', async () => {
    const now = await world({ script: at151 });
    const heard: unknown[] = [];
    now.engine.audit$.subscribe((record) => heard.push(record));
    await execute(now);
    expect(heard).toEqual(now.engine.executionLogs);
  });

  it('the logger gets one line each, with the event for its message [A2]', async () => {
    const { now } = await told({ script: at151 });
    expect(now.lines.map(({ message }) => message)).toEqual(auditEvents(now));
  });

  it('pino writes each as one structured line [A2]', async () => {
    const written: string[] = [];
    const logger = pino(
      {},
      {
        write: (line: string) => {
          written.push(line);
        },
      },
    );
    const { now } = await told({ script: at151, engine: { logger } });
    expect(written.every((line) => line.endsWith('\n') && !line.slice(0, -1).includes('\n'))).toBe(true);
    const lines = written.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ event, msg, seq }) => [event, msg, seq])).toEqual(
      now.engine.executionLogs.map(({ event, seq }) => [event, event, seq]),
    );
    expect(
      lines.every(({ advisoryId, snapshotHash }) => advisoryId === 'ADV-A' && typeof snapshotHash === 'string'),
    ).toBe(true);
  });

  it('a record cannot be changed by who reads it [A1]', async () => {
    const { now } = await told({ script: at151 });
    for (const record of now.engine.executionLogs) {
      expect([Object.isFrozen(record), Object.isFrozen(record.details)]).toEqual([true, true]);
    }
  });

  it('a line is told when it is durable, and not before [A4]', async () => {
    const memory = memoryJournal();
    let appended = 0;
    const journal = {
      ...memory,
      append: async (records: Parameters<typeof memory.append>[0]) => {
        await memory.append(records);
        appended += records.flatMap(({ audit }) => audit).length;
      },
    };
    const now = await world({ script: at151, engine: { journal } });
    let ahead = 0;
    now.engine.audit$.subscribe(({ seq }) => {
      if (seq > appended) ahead += 1;
    });
    await execute(now);
    expect([ahead, appended]).toEqual([0, now.engine.executionLogs.length]);
  });
});

describe('the record beneath (A3, A5)', () => {
  const scripts: readonly OrderScript[] = [at151, {}, { submit: 'throw', ...at151 }];
  it('its hash chain holds, and breaks where a record is touched [A5]', async () => {
    const journal = memoryJournal();
    const now: World = await world({
      script: ({ symbol }) => scripts[Number(symbol.slice(1))] ?? {},
      engine: { journal },
    });
    await now.clock.runUntil(
      Promise.all(scripts.map((_, i) => now.engine.execute(advisory(`ADV-${i}`, { symbol: `S${i}` })))),
    );
    await now.clock.runUntil(now.engine.close());
    const records = await journal.open();
    expect(verifyChain(records)).toMatchObject({ ok: true, records: records.length });
    const touched = records.map((record) => (record.seq === 3 ? { ...record, at: record.at + 1 } : record));
    expect(verifyChain(touched)).toMatchObject({ ok: false, seq: 3 });
    expect(verifyChain(records.filter(({ seq }) => seq !== 4))).toMatchObject({ ok: false, seq: 4 });
  });

  it('a report that says nothing new leaves no record [P2]', async () => {
    const { now } = await told({ script: fills(fill(9, 100, 151)) }, [
      [1, push({ state: 'submitted', filledSize: '0' })],
      [2, push({ state: 'submitted', filledSize: '0' })],
    ]);
    expect(now.engine.metrics().journalRecords).toBeLessThan(12);
    expect(ADVISORY.advisoryId).toBe('ADV-A');
  });
});
