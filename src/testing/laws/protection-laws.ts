/**
 * Laws of protection: right prices, for what was filled, at once, once a try, and nothing else ever reduces a position.
 */
import {
  add,
  isMultipleOf,
  isNegative,
  isPositive,
  lessThan,
  multiply,
  ONE,
  parseDecimal,
  subtract,
} from '../../domain/decimal.js';
import type { JournalRecord } from '../../domain/journal.js';
import { isFullFill } from '../../domain/order.js';
import type { OrderRef, OrderRequest, ProtectionRequest } from '../../domain/ports.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import type { ExecutionFact, FactOf } from '../../machines/execution.facts.js';
import type { Life } from './folded-life.js';
import {
  callsOf,
  callsWithoutRecord,
  hasCase,
  hasEndedBy,
  type Judge,
  type LawSubject,
  latestCallAt,
  unless,
} from './law-subject.js';

/** The formula, worked out anew: within one tick of the exact price, on the tick, toward the fill, on the right side. */
export const bracketOnFill: Judge = (subject, life) =>
  callsOf(subject, life, 'placeProtection').flatMap(({ argument }) => {
    const { stopLoss, takeProfit, quantity } = argument as ProtectionRequest;
    // What fills after the first placement is a stray fill: a repeat is for what was filled then.
    const placed = life.steps.find(({ commands }) => commands.some(({ type }) => type === 'placeProtection'));
    const { order, snapshot, instrument } = (placed?.after ?? life.last).context;
    const fill = order.avgPrice;
    const tick = parseDecimal(instrument?.tickSize);
    if (fill === undefined || tick === undefined) return ['protection was placed without a fill price or a tick'];
    const legs = [
      ['SL', stopLoss, snapshot.slOffsetPct],
      ['TP', takeProfit, snapshot.tpOffsetPct],
    ] as const;
    const wrong = legs.filter(([, given, offset]) => {
      const price = parseDecimal(given);
      if (price === undefined || !isMultipleOf(price, tick)) return true;
      const exact = multiply(fill, add(ONE, offset));
      const towardFill = lessThan(exact, fill) ? subtract(price, exact) : subtract(exact, price);
      const isBeside = lessThan(exact, fill) ? lessThan(price, fill) : lessThan(fill, price);
      return isNegative(towardFill) || !lessThan(towardFill, tick) || !isBeside;
    });
    return [
      ...wrong.map(([name, price]) => `${name} ${price} on a fill of ${fill}, tick ${tick}`),
      ...unless(quantity === order.cumQty, `protection for ${quantity}, filled ${order.cumQty}`),
    ];
  });

export const onlyProtectionReduces: Judge = (subject, life) => {
  const { snapshot, clientOrderId } = life.input;
  const exits = callsOf(subject, life, 'placeProtection').map(({ argument }) => argument as ProtectionRequest);
  const cancels = callsOf(subject, life, 'cancelOrder').map(({ argument }) => argument as OrderRef);
  const known = new Set(subject.records.map(({ advisoryId }) => advisoryId));
  const closing = subject.calls.filter(({ method, argument }) => {
    if (method !== 'submitOrder') return false;
    const { symbol, side } = argument as OrderRequest;
    return symbol === snapshot.symbol && side !== snapshot.side;
  });
  return [
    // Where several advisories trade the symbol, the other side may be another's entry.
    ...unless(closing.length === 0 || known.size > 2, 'an order closes the position'),
    ...unless(
      exits.every(({ side, symbol }) => side !== snapshot.side && symbol === snapshot.symbol),
      'an exit order does not face the entry',
    ),
    ...unless(
      cancels.every((ref) => ref.clientOrderId === clientOrderId),
      'something else than the entry order was cancelled',
    ),
    ...protectedTwice(subject, life),
    ...callsWithoutRecord(subject, life, 'placeProtection'),
  ];
};

/** Each protection call is for an execution that is on record, and there is one a try: a second pair would close twice (B1). */
function protectedTwice(subject: LawSubject, life: Life): readonly string[] {
  const { symbol } = life.input.snapshot;
  const known = new Set(subject.records.flatMap(entryIdOf));
  const strange = subject.calls.filter(
    ({ method, argument }) =>
      method === 'placeProtection' &&
      (argument as ProtectionRequest).symbol === symbol &&
      !known.has((argument as ProtectionRequest).clientOrderId),
  );
  const made = callsOf(subject, life, 'placeProtection').length;
  const tries = life.steps.filter(({ commands }) => commands.some(({ type }) => type === 'placeProtection')).length;
  const mayRepeat = life.steps.filter(
    ({ fact }) => fact.type === 'RECOVERED' || (fact.type === 'PROTECTION_OUTCOME' && !areBothPlaced(fact)),
  ).length;
  return [
    ...strange.map(
      ({ argument }) => `protection under ${(argument as ProtectionRequest).clientOrderId}, which no execution has`,
    ),
    ...unless(made <= Math.min(tries, 1 + mayRepeat), `${made} protection calls in ${tries} tries`),
  ];
}

function entryIdOf(record: JournalRecord): readonly string[] {
  const fact = record.fact as unknown as ExecutionFact;
  return record.stream === 'execution' && fact.type === 'START' ? [fact.advisory.clientOrderId] : [];
}

const areBothPlaced = ({ legs }: FactOf<'PROTECTION_OUTCOME'>): boolean =>
  [legs.stopLoss, legs.takeProfit].every(({ kind }) => kind === 'accepted' || kind === 'duplicate');

export const protectedOrCase: Judge = ({ results, cases, advisoryId }) =>
  results.flatMap(({ finalPositionSize, finalSl, finalTp }) => {
    const filled = parseDecimal(finalPositionSize);
    if (filled === undefined || !isPositive(filled) || (finalSl !== undefined && finalTp !== undefined)) return [];
    return unless(hasCase(cases, advisoryId), `filled ${filled} without SL and TP, and no case`);
  });

/** In the turn in which the whole size is known as filled, protection goes out; whatever the switches say. */
export const switchesNeverDelay: Judge = (subject, life) =>
  life.steps.flatMap(({ fact, before, after, commands, record }, index) => {
    const isFillNow = !isFullFill(before.context.order) && isFullFill(after.context.order);
    if (!isFillNow || after.context.instrument === undefined || after.context.firstSubmitAt === undefined) return [];
    const isAsked = commands.some(({ type }) => type === 'placeProtection');
    const isWaiting =
      ['submitted.calling'].includes(life.pathOf(after)) || life.pathOf(before).startsWith('reconciling');
    if (after.context.bracket?.valid === false || isWaiting || isLessThanALot(after.context)) return [];
    const latest = latestCallAt(subject, record);
    const calls = callsOf(subject, life, 'placeProtection').map(({ at }) => subject.epochMs + at);
    const called = calls.some((at) => fact.at <= at && at <= latest) || hasEndedBy(life, index, latest);
    return unless(
      isAsked && called,
      `filled at ${fact.at - subject.epochMs} ms, and protection did not go out at once`,
    );
  });

/** What the venue has taken as fee in the bought asset leaves nothing that an exit could be placed for (B6). */
function isLessThanALot({ order, instrument }: ExecutionContext): boolean {
  if (instrument === undefined) return false;
  const charged = (order.fees ?? []).filter(({ asset }) => asset === instrument.baseAsset).map(({ amount }) => amount);
  const lot = parseDecimal(instrument.protectionLotSize ?? instrument.lotSize);
  return lot !== undefined && lessThan(charged.reduce(subtract, order.cumQty), lot);
}
