/**
 * What older, newer and changed facts do to a recovery (A7): what ended stays ended, and nobody acts on what is not understood.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine, type ExecutionResult, type Journal, type JournalRecord } from 'fillchart';
import { readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { type FaultBroker, faultBroker, VIRTUAL_EPOCH_MS, virtualClock } from 'fillchart/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { chained, GENESIS_HASH, type RecordedFact, verifyChain } from '../../src/domain/journal.js';
import { FACTS_VERSION, UPCASTERS, upcast } from '../../src/journal/fact-versions.js';
import { refold } from '../../src/journal/refold.js';
import { replayExecution } from '../../src/journal/replay.js';
import { inputOf } from '../../src/machines/advisory.js';
import type { FactOf } from '../../src/machines/execution.facts.js';
import { dayOfTrading, scratchFolders } from '../audit/audit.support.js';

const newFolder = scratchFolders();
const FIXTURE = new URL('../fixtures/facts-v1/', import.meta.url);

/** A journal in memory that begins with these records, and what is appended to it. */
function journalOf(records: readonly JournalRecord[]): Journal & { readonly appended: JournalRecord[] } {
  const appended: JournalRecord[] = [];
  return {
    name: 'changed',
    durable: true,
    appended,
    open: async () => records,
    append: async (more) => void appended.push(...more),
    close: async () => undefined,
  };
}

/** The same records with one fact changed, and the chain made anew: nothing shows but what the fact says. */
function withFact(records: readonly JournalRecord[], seq: number, change: (fact: RecordedFact) => RecordedFact) {
  return chainedAnew(records.map((record) => (record.seq === seq ? { ...record, fact: change(record.fact) } : record)));
}

function chainedAnew(records: readonly JournalRecord[]): readonly JournalRecord[] {
  let last = GENESIS_HASH;
  return records.map(({ prevHash: _p, hash: _h, ...content }) => {
    const link = chained(content, last);
    last = link.hash;
    return link;
  });
}

interface Started {
  readonly engine: Engine;
  readonly broker: FaultBroker;
  readonly appended: readonly JournalRecord[];
}

async function startOn(records: readonly JournalRecord[]): Promise<Started> {
  const clock = virtualClock(VIRTUAL_EPOCH_MS + 3_600_000);
  const broker = faultBroker({ clock, script: () => ({}) });
  const journal = journalOf(records);
  const engine = await createEngine({ broker, clock, journal, logger: false });
  await clock.advance(60_000);
  return { engine, broker, appended: journal.appended };
}

const WRITES = ['submitOrder', 'cancelOrder', 'placeProtection'] as const;
const global = (engine: Engine) => engine.killSwitch.switches.find(({ type }) => type === 'GLOBAL');
const auditOf = (records: readonly JournalRecord[]) => records.flatMap(({ audit }) => audit.map(({ event }) => event));
const outcome = ({ status, finalFillPrice, finalSl, finalTp, finalPositionSize }: ExecutionResult) => ({
  status,
  finalFillPrice,
  finalSl,
  finalTp,
  finalPositionSize,
});

let day: Awaited<ReturnType<typeof dayOfTrading>>;
beforeAll(async () => {
  day = await dayOfTrading();
});

describe('A7: a journal of an older version', () => {
  const results = JSON.parse(readFileSync(new URL('results.json', FIXTURE), 'utf8')) as readonly ExecutionResult[];

  const copy = (): string => {
    const path = join(newFolder(), 'journal.db');
    copyFileSync(new URL('journal.db', FIXTURE), path);
    return path;
  };

  it('A7 A5: verifies, and every execution of it replays to the recorded result', async () => {
    const records = await readSqliteJournal(copy());
    expect(records.length).toBeGreaterThan(60);
    expect(records.every(({ v }) => v === undefined)).toBe(true);
    expect(verifyChain(records)).toMatchObject({ ok: true });
    for (const { advisoryId, status } of results) {
      const replay = replayExecution(records, advisoryId);
      expect([advisoryId, replay?.verdict, replay?.result?.status]).toEqual([advisoryId, 'equal', status]);
    }
    expect(replayExecution(records, 'ADV-LIVE')?.verdict).toBe('unfinished');
  });

  it('A7 A6 E1: is recovered with its results, switches and cases; what was live goes on, and the gate stays open', async () => {
    const path = copy();
    const clock = virtualClock(VIRTUAL_EPOCH_MS + 60_000);
    const broker = faultBroker({ clock, script: () => ({}) });
    const engine = await createEngine({ broker, clock, journal: sqliteJournal({ path }), logger: false });
    for (const { advisoryId, ...recorded } of results) {
      const result = await engine.execution(advisoryId)?.result;
      expect(result && outcome(result)).toEqual(outcome(recorded as ExecutionResult));
    }
    expect(global(engine)).toBeUndefined();
    expect(engine.killSwitch.switches).toMatchObject([
      { type: 'SYMBOL_LEVEL', target: 'KILL', state: 'ACTIVE' },
      { type: 'RISK_LIMIT', state: 'WARNING' },
      { type: 'MANUAL', target: 'XYZ', state: 'OFF' },
    ]);
    expect(engine.cases.all().some(({ resolution }) => resolution?.by === 'ops')).toBe(true);
    expect(engine.execution('ADV-LIVE')?.stage).toBe('PENDING');
    expect(broker.count('submitOrder')).toBe(0);
    await engine.close();
    const after = await readSqliteJournal(path);
    expect(verifyChain(after)).toMatchObject({ ok: true });
    expect(after.at(-1)?.v).toBe(FACTS_VERSION);
  });

  it('A7: an upcaster is applied step by step, from the version of the record on, and leaves the record as it was', () => {
    const step = (name: string) => (_: unknown, fact: RecordedFact) => ({
      ...fact,
      path: `${fact['path'] ?? ''}${name}`,
    });
    const upcasters = [step('a'), step('b')];
    const record = day.records[0] as JournalRecord;
    const { v: _, ...first } = record;
    expect(upcast(first, upcasters).fact['path']).toBe('ab');
    expect(upcast({ ...first, v: 2 }, upcasters).fact['path']).toBe('b');
    expect(upcast({ ...first, v: 3 }, upcasters).fact['path']).toBeUndefined();
    expect(upcast(first, upcasters)).toMatchObject({ seq: first.seq, hash: first.hash });
    expect(UPCASTERS).toHaveLength(FACTS_VERSION - 1);
  });
});

describe('A7: a version or a fact that is not known', () => {
  it.each([FACTS_VERSION + 1, 0, -1, 1.5, 99])('A7 K7: version %s closes the gate and names the record', async (v) => {
    const seq = 7;
    const records = chainedAnew(day.records.map((record) => (record.seq === seq ? { ...record, v } : record)));
    const { engine, broker } = await startOn(records);
    expect(global(engine)).toMatchObject({
      state: 'ACTIVE',
      by: 'fillchart',
      reason: expect.stringContaining('record 7 '),
    });
    expect(broker.count('submitOrder')).toBe(0);
  });

  it('A8 A7: one fact renamed, the chain intact: whichever it is, the gate closes, the record is named, and nothing is done again', async () => {
    const facts = day.records.filter(({ stream }) => stream === 'execution');
    expect(facts.length).toBeGreaterThan(40);
    for (const { seq } of facts) {
      const records = withFact(day.records, seq, (fact) => ({ ...fact, type: `${fact.type}_OF_OLD` }));
      expect(verifyChain(records)).toMatchObject({ ok: true });
      const { engine, broker, appended } = await startOn(records);
      expect([seq, global(engine)?.state]).toEqual([seq, 'ACTIVE']);
      expect(global(engine)?.reason).toContain(`record ${seq} `);
      expect([seq, WRITES.map((method) => broker.count(method))]).toEqual([seq, [0, 0, 0]]);
      expect(auditOf(appended)).not.toContain('execution_result');
      await engine.close();
    }
  });

  it('A8 E1: the execution keeps the result that was recorded', async () => {
    const placed = day.records.find(
      ({ advisoryId, fact }) => advisoryId === 'ADV-AAPL' && fact.type === 'ORDER_REPORT',
    );
    const records = withFact(day.records, placed?.seq ?? 0, (fact) => ({ ...fact, type: 'REPORT' }));
    const { engine } = await startOn(records);
    const before = day.results.get('ADV-AAPL');
    const after = await engine.execution('ADV-AAPL')?.result;
    expect(after && outcome(after)).toEqual(before && outcome(before));
    expect(engine.executions().find(({ advisoryId }) => advisoryId === 'ADV-AAPL')).toMatchObject({
      state: 'done',
      stage: 'FILLED',
      cumQty: '100',
      avgPrice: '151',
    });
  });

  it('A7: a field renamed in any fact leads to the recorded result, or closes the gate and names a record', async () => {
    let closed = 0;
    const some = ['ADV-AAPL', 'ADV-KILL', 'ADV-LATE'];
    const facts = day.records.filter(
      ({ stream, advisoryId = '' }) => stream === 'execution' && some.includes(advisoryId),
    );
    for (const { seq, fact } of facts) {
      for (const name of Object.keys(fact).filter((key) => key !== 'type' && key !== 'advisory')) {
        const records = withFact(day.records, seq, (whole) => {
          const { [name]: value = null, ...rest } = whole;
          return { ...rest, type: whole.type, [`${name}Old`]: value };
        });
        const { engine, broker, appended } = await startOn(records);
        const where = `${seq} ${fact.type}.${name}`;
        expect([where, WRITES.map((method) => broker.count(method))]).toEqual([where, [0, 0, 0]]);
        expect(auditOf(appended)).not.toContain('execution_result');
        for (const [advisoryId, result] of day.results) {
          expect((await engine.execution(advisoryId)?.result)?.status).toBe(result.status);
        }
        if (global(engine) !== undefined) {
          closed += 1;
          expect(global(engine)?.reason).toMatch(/record \d+ /);
        }
        await engine.close();
      }
    }
    expect(closed).toBeGreaterThan(20);
  });

  it('control: without the recorded result such an execution would be open again', () => {
    const life = day.records.filter(({ stream, advisoryId }) => stream === 'execution' && advisoryId === 'ADV-AAPL');
    const own = life.filter(({ fact }, index) => index === 0 || fact.type !== 'START');
    const [first] = own;
    const input = inputOf(((first as JournalRecord).fact as unknown as FactOf<'START'>).advisory.snapshot);
    const renamed = own.map((record) =>
      record.fact.type === 'PROTECTION_OUTCOME' ? { ...record, fact: { ...record.fact, type: 'PROTECTED' } } : record,
    );
    const silent = renamed.map((record) => ({ ...record, audit: [] }));
    expect(refold(input, silent).snapshot.status).toBe('active');
    expect(refold(input, renamed).snapshot.status).toBe('done');
    expect(refold(input, own)).not.toHaveProperty('difference');
  });

  it('A7 S1: a live execution whose intent cannot be understood is taken for sent, watched, and never sent again', async () => {
    const facts = day.records.filter(({ advisoryId }) => advisoryId === 'ADV-CRSH');
    const seq = facts.find(({ fact }) => fact.type === 'BROKER_ASKED')?.seq ?? 0;
    const cut = facts.find(({ fact }) => fact.type === 'RECOVERED')?.seq ?? 0;
    const records = withFact(
      day.records.filter((record) => record.seq < cut),
      seq,
      (fact) => ({ ...fact, type: 'ASKED' }),
    );
    const { engine, broker } = await startOn(records);
    expect(global(engine)?.reason).toContain(`record ${seq} `);
    expect(broker.count('submitOrder')).toBe(0);
    expect(broker.count('getOrderStatus')).toBeGreaterThan(0);
    expect((await engine.execution('ADV-CRSH')?.result)?.status).toBe('FAILED_TIMEOUT');
  });
});
