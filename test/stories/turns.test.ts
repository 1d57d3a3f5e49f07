/**
 * Very many executions that hear of something at the same moment: cancels first, what is to be written down after, in slices.
 */
import type { Journal, JournalRecord } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { pastTimeOf } from '../../src/actors/engine-time.js';
import { inbox } from '../../src/actors/inbox.js';
import { Reports } from '../../src/actors/reports.js';
import { turns } from '../../src/actors/turns.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import type { ExecutionSnapshot } from '../../src/machines/execution.state.js';
import { slowClock } from './slow-clock.js';
import { advisory, type World, world } from './support.js';

const MANY = 40;

/** What happened, in order: calls of `cancelOrder`, and the types of the facts that were recorded. */
interface Heard {
  readonly events: string[];
  readonly now: World;
}

function listening(events: string[]): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    append: (records) => {
      events.push(...records.map(({ fact }) => fact.type));
      return journal.append(records);
    },
  };
}

async function inFlight(clock: VirtualClock): Promise<Heard> {
  const events: string[] = [];
  const now = await world({
    clock,
    script: {},
    engine: { journal: listening(events) },
    wrap: (broker) => ({
      ...broker,
      cancelOrder: (ref, signal) => {
        events.push('cancelOrder');
        return broker.cancelOrder(ref, signal);
      },
    }),
  });
  for (let index = 0; index < MANY; index += 1)
    now.engine.start(advisory(`ADV-${index}`, { symbol: `S${index}` })).result.catch(() => undefined);
  await clock.advance(2_000);
  events.length = 0;
  return { events, now };
}

const areCancelsFirst = (events: readonly string[]): boolean =>
  events.lastIndexOf('cancelOrder') < events.indexOf('CANCEL_STARTED');

describe('GLOBAL with many orders in flight', () => {
  const kill = { type: 'GLOBAL', state: 'ACTIVE', reason: 'now' } as const;

  it('K3 K5: every cancel has left before the first of them is written down, and each was recorded as wanted before (A4)', async () => {
    const clock = slowClock();
    const { events, now } = await inFlight(clock);
    clock.count(true);
    const setting = now.engine.killSwitch.set(kill);
    // What the walk does not reach in its first slice comes in later turns.
    expect(events.filter((event) => event === 'KILL_SWITCH').length).toBeLessThan(MANY);
    for (let turn = 0; turn < MANY; turn += 1) await clock.advance(0);
    clock.count(false);
    await clock.advance(3_000);
    await setting;
    expect(events.filter((event) => event === 'cancelOrder')).toHaveLength(MANY);
    expect(areCancelsFirst(events)).toBe(true);
    for (let count = 1; count <= MANY; count += 1) {
      const wanted = nth(events, 'KILL_SWITCH', count);
      expect(wanted).toBeGreaterThanOrEqual(0);
      expect(wanted).toBeLessThan(nth(events, 'cancelOrder', count));
    }
    expect(now.engine.executions().map(({ result }) => result?.status)).toEqual(Array(MANY).fill('CANCELLED'));
  });

  it('control: where nothing is put off, the first cancel is written down before the last has left', async () => {
    const { events, now } = await inFlight(virtualClock());
    await now.engine.killSwitch.set(kill);
    expect(events.filter((event) => event === 'cancelOrder')).toHaveLength(MANY);
    expect(areCancelsFirst(events)).toBe(false);
  });
});

const nth = (events: readonly string[], event: string, count: number): number => {
  let at = -1;
  for (let seen = 0; seen < count; seen += 1) at = events.indexOf(event, at + 1);
  return at;
};

describe('turns of the event loop', () => {
  const queued = (telling: { underWay: Promise<void> | undefined } = { underWay: undefined }) => {
    const clock = slowClock();
    const line = turns(clock, telling);
    const done: string[] = [];
    const put = (urgency: 'act' | 'book', name: string) => line.later(urgency, () => void done.push(name));
    return { clock, line, done, put };
  };

  it('K3 B1: what may lead to a cancel or a protection goes before what is written down, each kind in its order', async () => {
    const { clock, done, put } = queued();
    for (const name of ['a', 'b']) put('book', name);
    for (const name of ['A', 'B']) put('act', name);
    await clock.advance(1);
    expect(done).toEqual(['A', 'B', 'a', 'b']);
  });

  it('K3: while a switch is being told nothing is written down, and what is urgent goes on', async () => {
    let over: () => void = () => undefined;
    const telling: { underWay: Promise<void> | undefined } = {
      underWay: new Promise((resolve) => {
        over = resolve;
      }),
    };
    const { clock, done, line, put } = queued(telling);
    expect(line.isFree('act')).toBe(true);
    expect(line.isFree('book')).toBe(false);
    put('book', 'a');
    put('act', 'A');
    await clock.advance(1_000);
    expect(done).toEqual(['A']);
    telling.underWay = undefined;
    over();
    await clock.advance(1_000);
    expect(done).toEqual(['A', 'a']);
  });

  it('E4: the event loop has its turn between slices', async () => {
    const { clock, done, put } = queued();
    clock.count(true);
    for (let index = 0; index < 60; index += 1) put('book', `${index}`);
    const seen: number[] = [];
    clock.setTimeout(() => seen.push(done.length), 0);
    await clock.advance(1_000);
    expect(done).toHaveLength(60);
    expect(seen[0]).toBeLessThan(60);
  });

  it('facts of one execution keep their order, and one that may not be put off takes along what came before it', () => {
    const clock = slowClock();
    const line = turns(clock, { underWay: undefined });
    line.later('act', () => undefined);
    const taken: string[] = [];
    const facts = inbox<string>(line, (fact) => void taken.push(fact));
    facts.put('report', 'book');
    facts.put('deadline', 'act');
    expect(taken).toEqual([]);
    facts.put('switch', 'now');
    expect(taken).toEqual(['report', 'deadline', 'switch']);
  });

  it('T1 T4: the journal was written last at the latest time in it, though a fact that was put off stands at its end', () => {
    const records = [3_000, 9_000, 4_000].map(
      (at) => ({ at, fact: { type: 'CANCEL_STARTED' } }) as unknown as JournalRecord,
    );
    expect(pastTimeOf(records).at).toBe(9_000);
    expect(pastTimeOf(records, { at: 12_000, readings: [] }).at).toBe(12_000);
    expect(pastTimeOf([]).at).toBe(0);
  });

  it('where no time passes nothing is put off', () => {
    const facts: string[] = [];
    const box = inbox<string>(turns(virtualClock(), { underWay: undefined }), (fact) => void facts.push(fact));
    for (let index = 0; index < 1_000; index += 1) box.put('report', 'book');
    expect(facts).toHaveLength(1_000);
  });
});

describe('reports that come while something waits to be taken', () => {
  const reportsAt = (known: object) => {
    const told: ExecutionFact[] = [];
    const context = { clientOrderId: 'order-1', order: { ...NEW_ORDER, ...known } };
    const snapshot = { status: 'active', context } as unknown as ExecutionSnapshot;
    const owner = { snapshot, facts: { isEmpty: false }, send: (fact: ExecutionFact) => void told.push(fact) };
    const parts = { time: () => 0, recorder: { say: () => undefined }, onStrayFill: () => undefined };
    return { told, context, reports: new Reports(owner, parts) };
  };
  const NEW_ORDER = { quantity: '100', status: 'open', cumQty: '0', leavesQty: '100' };
  const open = { clientOrderId: 'order-1', brokerOrderId: 'B1', state: 'pending', filledSize: '0' };
  const partly = { ...open, state: 'partially_filled', filledSize: '40', fillPrice: '151' };

  it('P2: one that says what the order was known for before is no fact', () => {
    const { told, reports } = reportsAt({ brokerOrderId: 'B1' });
    reports.order(open);
    expect(told).toEqual([]);
  });

  it('P2: one that repeats a report that waits is no fact, and one that says more is', () => {
    const { told, reports } = reportsAt({ brokerOrderId: 'B1' });
    for (const raw of [partly, open, partly]) reports.order(raw);
    expect(told.map(({ type }) => type)).toEqual(['ORDER_REPORT', 'ORDER_REPORT']);
  });

  it('P2: what another fact has changed meanwhile counts', () => {
    const { told, context, reports } = reportsAt({});
    reports.order(open);
    context.order = { ...NEW_ORDER, brokerOrderId: 'B1' } as typeof context.order;
    reports.order(open);
    expect(told).toHaveLength(1);
  });
});

describe('work that comes to rest in the midst of a turn, for the collector or for another process', () => {
  /** Pieces of work, 1 ms each, with a rest of 5 ms after every third. Returns how many were done before the first was put off. */
  function doneInOneTurn(nextTurn?: (work: () => void) => void): number {
    let now = 0;
    const clock = { ...virtualClock(), monotonic: () => now, ...(nextTurn !== undefined && { nextTurn }) };
    const line = turns(clock, { underWay: undefined });
    for (let piece = 0; piece < 100; piece += 1) {
      if (!line.isFree('act')) return piece;
      now += piece % 3 === 2 ? 6 : 1;
    }
    return 100;
  }

  it('E4 K5: has no more time than any other', () => {
    expect(doneInOneTurn(() => undefined)).toBeLessThan(8);
  });

  it('E4: has its time again in the next turn', () => {
    let begin: () => void = () => undefined;
    let now = 0;
    const nextTurn = (work: () => void) => {
      begin = work;
    };
    const line = turns({ ...virtualClock(), monotonic: () => now, nextTurn }, { underWay: undefined });
    for (; line.isFree('act'); now += 1);
    expect(now).toBeGreaterThan(5);
    begin();
    expect(line.isFree('act')).toBe(true);
  });

  it('control: a clock that cannot tell turns takes each rest for the end of one', () => {
    expect(doneInOneTurn()).toBe(100);
  });
});
