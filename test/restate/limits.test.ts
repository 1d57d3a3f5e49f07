/**
 * Limits over all workers (G1–G3): what an engine refuses, the book of the host on Restate refuses in the same words; what it
 * counts survives as plain JSON, and no two orders see the same free room.
 */
import type { ExecutionResult, LimitOptions } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/domain/audit.js';
import type { Decimal } from '../../src/domain/decimal.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import { checkedRisk } from '../../src/engine/limit-options.js';
import { notionalOfLive, type RiskOrder } from '../../src/engine/risk-gate.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import type { ProtectionFact } from '../../src/machines/protection.facts.js';
import { foldExits } from '../../src/restate/exits-life.js';
import { haltRisk, NOTHING_STANDS, readGate } from '../../src/restate/gate.js';
import { heldRiskOf } from '../../src/restate/hosted-limits.js';
import { newLife } from '../../src/restate/life.js';
import {
  EMPTY_RISK,
  holding,
  marked,
  overNow,
  type RiskBook,
  type RiskRules,
  realised,
  reserved,
  settled,
} from '../../src/restate/risk-book.js';
import { ADVISORY, earth, fill } from '../recovery/support.js';
import { bench } from './support.js';

const rulesOf = (limits: LimitOptions): RiskRules => {
  const risk = checkedRisk({ limits }, bench().broker);
  if (risk === undefined) throw new Error('limits are configured');
  return { risk, aliases: () => [] };
};
/** As it is kept between two turns of the object. */
const stored = (book: RiskBook): RiskBook => JSON.parse(JSON.stringify(book)) as RiskBook;

/** Three advisories, one after the other, on an engine with limits: what it recorded and refused. */
async function onEngine(limits: LimitOptions, exit?: { leg: 'sl' | 'tp'; afterMs: number }) {
  const plan = { fills: [fill(1)], ...(exit && { exit }) };
  const now = earth({ plan, engine: { limits }, broker: () => ({ quote: async () => ({ last: '150' }) }) });
  const { engine } = await now.start();
  const results: ExecutionResult[] = [];
  for (const advisoryId of ['ONE', 'TWO', 'THREE']) {
    results.push(await now.clock.runUntil(engine.execute({ ...ADVISORY, advisoryId })));
    // Exits are asked for each half minute.
    await now.clock.advance(exit === undefined ? 1_000 : 65_000);
  }
  return { records: now.disk.records, results };
}

/** The same facts, told to the book as a hosted execution tells them: what it refuses, by advisory. */
function onRestate(limits: LimitOptions, records: readonly JournalRecord[]) {
  const rules = rulesOf(limits);
  const lives = new Map<string, ReturnType<typeof newLife>>();
  const exits = new Map<string, ProtectionFact[]>();
  const refusals = new Map<string, unknown>();
  const reached: unknown[] = [];
  let book = EMPTY_RISK;
  for (const { stream, fact, at, advisoryId = '', audit } of records) {
    if (stream === 'protection') {
      const facts = [...(exits.get(advisoryId) ?? []), fact as unknown as ProtectionFact];
      exits.set(advisoryId, facts);
      const { context, isOver } = foldExits(facts);
      book = holding(stored(book), context.clientOrderId, isOver ? undefined : heldRiskOf(context));
      const filled = (audit as readonly AuditEntry[]).filter(({ event }) => event === 'exit_filled');
      const outcome = realised(book, rules, filled, at);
      book = outcome.book;
      reached.push(...outcome.reached);
    }
    if (stream !== 'execution') continue;
    const taken = fact as unknown as ExecutionFact;
    if (taken.type === 'START') lives.set(advisoryId, newLife(taken.advisory));
    const life = lives.get(advisoryId);
    if (life === undefined) throw new Error('an execution begins with START');
    const { clientOrderId } = life.context;
    if (taken.type === 'SUBMIT_STARTED' || taken.type === 'SUBMIT_BLOCKED') {
      const order = JSON.parse(JSON.stringify(orderOf(life.context))) as RiskOrder;
      const room = reserved(stored(book), rules, order, at);
      book = room.book;
      if (room.refusal !== undefined) refusals.set(advisoryId, room.refusal);
      const outcome = settled(stored(book), rules, clientOrderId, taken.type === 'SUBMIT_STARTED', at);
      book = outcome.book;
      reached.push(...outcome.reached);
    }
    life.take(taken);
    if (life.isDone) book = overNow(stored(book), clientOrderId, book.held[clientOrderId]);
    else if (life.context.firstSubmitAt !== undefined)
      book = marked(stored(book), clientOrderId, notionalOfLive(life.state));
  }
  return { refusals, reached, book };
}

const orderOf = ({ clientOrderId, snapshot, marketPrice, attempts }: RiskOrder): RiskOrder => ({
  ...{ clientOrderId, snapshot, attempts },
  ...(marketPrice !== undefined && { marketPrice }),
});

describe('the same orders on both hosts', () => {
  it.each<readonly [name: string, limits: LimitOptions, refused: number]>([
    ['the size of one', { maxPositionSize: '99' }, 3],
    ['the value of one', { maxNotional: '14999' }, 3],
    ['what is open, all symbols', { maxOpenNotional: '31000' }, 1],
    ['what is open, of the symbol', { bySymbol: { aapl: { maxOpenNotional: '16000' } } }, 2],
    ['none is broken', { maxOpenNotional: '1000000', maxLiveExecutions: 1, maxSubmitsPerMinute: 9 }, 0],
  ])('G1 G2 V11: %s', async (_name, limits, refused) => {
    const { records, results } = await onEngine(limits);
    const { refusals } = onRestate(limits, records);
    const byEngine = results.filter(({ reason }) => reason === 'LIMIT_EXCEEDED');
    expect(byEngine).toHaveLength(refused);
    expect([...refusals.keys()]).toEqual(byEngine.map(({ advisoryId }) => advisoryId));
    for (const { advisoryId, errorMessage, refusedBy } of byEngine)
      expect(refusals.get(advisoryId)).toMatchObject({ code: 'LIMIT_EXCEEDED', message: errorMessage, refusedBy });
  });

  it('G3: the bound of submit calls sets RISK_LIMIT with the same words, once', async () => {
    const limits = { maxSubmitsPerMinute: 2 };
    const { records, results } = await onEngine(limits);
    expect(results.map(({ reason }) => reason)).toEqual([undefined, undefined, 'KILL_SWITCH_ACTIVE']);
    const { reached } = onRestate(limits, records);
    const said = '2 submit calls within 60 s, the bound is 2';
    expect(reached).toEqual([
      { limit: 'maxSubmitsPerMinute', reason: `maxSubmitsPerMinute is reached: ${said}.`, target: undefined },
    ]);
    const refusedBy = results[2]?.refusedBy;
    expect(refusedBy).toMatchObject({ type: 'RISK_LIMIT', reason: expect.stringContaining(said) });
  });

  it('G3: so does the loss of the day', async () => {
    const limits = { maxDailyLoss: '1' };
    const { records, results } = await onEngine(limits, { leg: 'sl', afterMs: 500 });
    const { reached } = onRestate(limits, records);
    const refusedBy = results.find(({ reason }) => reason === 'KILL_SWITCH_ACTIVE')?.refusedBy;
    expect(reached[0]).toMatchObject({ limit: 'maxDailyLoss' });
    expect(refusedBy).toMatchObject({ reason: (reached[0] as { reason: string }).reason });
  });
});

const order = (id: string): RiskOrder => ({
  clientOrderId: id,
  attempts: [],
  snapshot: { advisoryId: id, symbol: 'AAPL', positionSize: '100', referencePrice: '150' } as RiskOrder['snapshot'],
});

describe('room that is reserved', () => {
  const rules = rulesOf({ maxLiveExecutions: 1, maxSubmitsPerMinute: 2 });

  it('G1: two orders that ask at once: one has it, the other is refused', () => {
    const first = reserved(EMPTY_RISK, rules, order('A'), 1_000);
    expect(first.refusal).toBeUndefined();
    const second = reserved(stored(first.book), rules, order('B'), 1_001);
    expect(second.refusal).toMatchObject({ refusedBy: { limit: 'maxLiveExecutions', value: '2', bound: '1' } });
  });

  it('G1: it is given back when nothing was sent, and kept when nobody can tell', () => {
    const first = reserved(EMPTY_RISK, rules, order('A'), 1_000);
    const notSent = settled(stored(first.book), rules, 'A', false, 1_100);
    expect(reserved(stored(notSent.book), rules, order('B'), 1_200).refusal).toBeUndefined();
    const sent = settled(stored(first.book), rules, 'A', true, 1_100);
    expect(reserved(stored(sent.book), rules, order('B'), 1_200).refusal).toBeDefined();
    const again = settled(stored(sent.book), rules, 'A', true, 1_300);
    expect(again.book, 'told twice is told once').toEqual(stored(sent.book));
  });

  it('S5 G1: a repeat of the same order counts as a submit call, and not against itself', () => {
    let book = settled(reserved(EMPTY_RISK, rules, order('A'), 0).book, rules, 'A', true, 1).book;
    const repeat = reserved(stored(book), rules, order('A'), 2);
    expect(repeat.refusal).toBeUndefined();
    const outcome = settled(repeat.book, rules, 'A', true, 3);
    expect(outcome.reached).toMatchObject([{ limit: 'maxSubmitsPerMinute' }]);
    book = outcome.book;
    expect(reserved(stored(book), rules, order('A'), 4).refusal).toMatchObject({
      refusedBy: { limit: 'maxSubmitsPerMinute', value: '3', bound: '2' },
    });
  });

  it('G1: nothing of what is over stays', () => {
    const { book } = settled(reserved(EMPTY_RISK, rules, order('A'), 0).book, rules, 'A', true, 1);
    const held = overNow(book, 'A', { symbol: 'AAPL', notional: '15000' as Decimal });
    expect([held.live, Object.keys(held.held)]).toEqual([{}, ['A']]);
    expect(holding(held, 'A', undefined).held).toEqual({});
  });
});

describe('the switch of a limit at the gate', () => {
  const limit = { limit: 'maxDailyLoss', reason: 'maxDailyLoss is reached: 9.' };

  it('G3: is set once for each limit, and says of all that came together', async () => {
    const first = await haltRisk(NOTHING_STANDS, limit, 1_000);
    if (!('standing' in first)) throw new Error('refused');
    const again = await haltRisk(first.standing, limit, 2_000);
    expect(again).toMatchObject({ standing: first.standing, news: [] });
    const other = await haltRisk(first.standing, { limit: 'maxSubmitsPerMinute', reason: 'more.' }, 3_000);
    if (!('standing' in other)) throw new Error('refused');
    expect(readGate(other.standing, 0).switches).toMatchObject([
      { type: 'RISK_LIMIT', state: 'ACTIVE', reason: `${limit.reason} Then: more.`, by: 'fillchart' },
    ]);
  });
});
