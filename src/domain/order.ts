/**
 * What the broker says of an order, read and believed only as far as it can be.
 *
 * 1. An answer that cannot be read is no news (`undefined`), never a state; nor is one that only says "no such order" (P12).
 * 2. Reports are applied by monotone `cumQty`: duplicates and older reports change nothing (P2). Size and price fall or
 *    change only when the venue says that it takes back or corrects a fill, and for each such word once (P8).
 * 3. A quantity without a usable price is not a fill yet (P3); the reference price is never used in its place.
 * 4. A closed order stays closed, but a greater `cumQty` still counts: a fill after a cancel is a fact.
 * 5. The whole size is a full fill and a closed order, whatever the word (P9). `filled` with less closes the order when it is
 *    told twice, or when a cancel found nothing to cancel (P10).
 */
import {
  compare,
  type Decimal,
  isPositive,
  lessThan,
  maximum,
  parseVenueDecimal,
  subtract,
  sum,
  ZERO,
} from './decimal.js';
import { type FillFact, volumeWeightedAverage } from './fills.js';
import { keepingAnswer } from './kept-answer.js';
import { isSuspendedWord, isWorkingWord, type OrderStatus, saysNotFound, statusOfWord } from './order-words.js';
import {
  averageOf,
  type CorrectionFact,
  correctionKey,
  NO_OWN_FILLS,
  namesVoidedFill,
  type OwnFills,
  withCorrection,
  withFills,
} from './own-fills.js';
import type { LegOutcome, OrderRef, StandingExit } from './ports.js';
import { attempt, boundedText } from './reading.js';

export type { OrderStatus } from './order-words.js';

/** What the venue has charged for the fills of the order, in one asset; negative for a rebate. */
interface FeeFact {
  readonly asset: string;
  readonly amount: Decimal;
}

/** An order report that could be read. */
export interface OrderFact {
  readonly brokerOrderId?: string;
  readonly status: OrderStatus;
  readonly cumQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly reason?: string;
  readonly brokerTime?: string;
  /** Fills that have an id of the venue's. */
  readonly fills?: readonly FillFact[];
  /** All that has been charged so far. */
  readonly fees?: readonly FeeFact[];
  readonly correction?: CorrectionFact;
  /** The order's quantity at the venue, where it is told. */
  readonly quantity?: Decimal;
  /** Of an exit: at which price it stands at the venue, where that is told. */
  readonly price?: Decimal;
  /** Of an exit: the venue says that it is live, and not merely taken (B5). */
  readonly isWorking?: true;
  /** The venue keeps it out of the market for now. */
  readonly isSuspended?: true;
}

/** The order as the execution knows it. */
export interface OrderState {
  readonly quantity: Decimal;
  readonly status: OrderStatus;
  readonly cumQty: Decimal;
  readonly leavesQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly brokerOrderId?: string;
  /** The broker's words when it rejected, cancelled or expired the order. */
  readonly reason?: string;
  /** Fills by the venue's ids (P8). */
  readonly own?: OwnFills;
  readonly fees?: readonly FeeFact[];
  /** The venue has restated the order to this, less than was sent (P10). */
  readonly restatedTo?: Decimal;
  /** `filled` was told with this size, less than the whole: a contradiction so far (P10). */
  readonly saidFilledAt?: Decimal;
  /** A cancel found nothing to cancel. */
  readonly saidClosed?: true;
  /** The last size below the known one that was told without a correction: written down, and nothing else (P2, P8). */
  readonly fellTo?: Decimal;
}

export const newOrder = (quantity: Decimal): OrderState => ({
  quantity,
  status: 'open',
  cumQty: ZERO,
  leavesQty: quantity,
});

/** Reads a raw report on the order `ref`; `undefined` when it is no news of this order. */
export const readOrderReport = (raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>): OrderFact | undefined =>
  attempt(() => orderFactOf(raw, ref));

function orderFactOf(raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>): OrderFact | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const report = raw as Record<string, unknown>;
  const cumQty = parseVenueDecimal(report['filledSize']);
  const state = report['state'];
  if (report['clientOrderId'] !== ref.clientOrderId || typeof state !== 'string') return undefined;
  if (cumQty === undefined || lessThan(cumQty, ZERO)) return undefined;
  const status = statusOfWord(state);
  const reason = textOf(report['reason']);
  // The answer to a question about the order is no event of the order (P12).
  if (status === 'rejected' && !isPositive(cumQty) && reason !== undefined && saysNotFound(reason)) return undefined;
  const fills = readFills(report['fills']);
  const avgPrice = usablePrice(report['fillPrice']) ?? volumeWeightedAverage(fills, cumQty);
  const brokerOrderId = idOf(report['brokerOrderId']);
  const brokerTime = textOf(report['brokerTime']);
  // Every poll comes through here: members are added where they are told, which costs less than a spread of each.
  const fact: { -readonly [Name in keyof OrderFact]: OrderFact[Name] } = { status, cumQty };
  if (isPositive(cumQty) && avgPrice !== undefined) fact.avgPrice = avgPrice;
  if (brokerOrderId !== undefined) fact.brokerOrderId = brokerOrderId;
  if (reason !== undefined) fact.reason = reason;
  if (brokerTime !== undefined) fact.brokerTime = brokerTime;
  Object.assign(fact, furtherPart(report, fills));
  if (isWorkingWord(state)) fact.isWorking = true;
  else if (isSuspendedWord(state)) fact.isSuspended = true;
  return fact;
}

/** What only some venues tell. */
function furtherPart(report: Record<string, unknown>, fills: readonly FillFact[]): Partial<OrderFact> {
  const identified = fills.filter(({ id }) => id !== undefined);
  const fees = readFees(report['fees']);
  const correction = readCorrection(report['correction']);
  const quantity = usablePrice(report['quantity']);
  const price = usablePrice(report['price']);
  return {
    ...(identified.length > 0 && { fills: identified }),
    ...(fees !== undefined && { fees }),
    ...(correction !== undefined && { correction }),
    ...(quantity !== undefined && { quantity }),
    ...(price !== undefined && { price }),
  };
}

/** The broker's words, bounded. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? boundedText(value) : undefined;

/** An id is kept whole or not at all: a cut one names nothing. */
function idOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === value ? text : undefined;
}

function usablePrice(value: unknown): Decimal | undefined {
  const price = parseVenueDecimal(value);
  return price !== undefined && isPositive(price) ? price : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function readFills(raw: unknown): readonly FillFact[] {
  if (!Array.isArray(raw)) return [];
  const read = raw.filter(isRecord).flatMap((fill): FillFact[] => {
    const id = idOf(fill['id']);
    const quantity = parseVenueDecimal(fill['quantity']);
    const price = usablePrice(fill['price']);
    return quantity !== undefined && price !== undefined ? [{ ...(id !== undefined && { id }), quantity, price }] : [];
  });
  // The same fill told twice in one report counts once.
  return read.filter(({ id }, index) => id === undefined || read.findIndex((other) => other.id === id) === index);
}

function readFees(raw: unknown): readonly FeeFact[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const read = raw.filter(isRecord).flatMap((fee): FeeFact[] => {
    const asset = idOf(fee['asset']);
    const amount = parseVenueDecimal(fee['amount']);
    return asset !== undefined && amount !== undefined ? [{ asset, amount }] : [];
  });
  return read.length === 0 ? undefined : read;
}

function readCorrection(raw: unknown): CorrectionFact | undefined {
  const { kind, fillId } = isRecord(raw) ? raw : {};
  if (kind !== 'bust' && kind !== 'correct') return undefined;
  const id = idOf(fillId);
  return { kind, ...(id !== undefined && { fillId: id }) };
}

/**
 * The raw report says what is known, word for word, and nothing besides, as most polls do: reading and applying it would change
 * nothing. One of which that cannot be said at a glance may change nothing either.
 */
export const saysNothingNew = (raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>, order: OrderState): boolean =>
  attempt(() => isKnownWord(raw as Record<string, unknown>, ref, order)) === true;

function isKnownWord(raw: Record<string, unknown>, ref: Pick<OrderRef, 'clientOrderId'>, order: OrderState): boolean {
  const { filledSize, state, brokerOrderId, fillPrice } = raw;
  if (filledSize !== order.cumQty || raw['clientOrderId'] !== ref.clientOrderId || typeof state !== 'string')
    return false;
  if (brokerOrderId !== undefined && brokerOrderId !== order.brokerOrderId) return false;
  if (order.status !== 'open' || order.restatedTo !== undefined || statusOfWord(state) !== 'open') return false;
  const isPriced = order.cumQty === ZERO ? fillPrice === undefined : order.avgPrice !== undefined;
  if (!isPriced || raw['reason'] !== undefined || raw['quantity'] !== undefined || raw['price'] !== undefined)
    return false;
  return raw['fills'] === undefined && raw['fees'] === undefined && raw['correction'] === undefined;
}

/** The report takes back or changes a fill, and has not been applied yet (P8). */
export const isNewCorrection = ({ own = NO_OWN_FILLS }: OrderState, report: OrderFact): boolean =>
  report.correction !== undefined && !own.corrections.includes(correctionKey(report));

/** The order after a report. Returns the very same object when the report changes nothing. */
export const applyReport: (order: OrderState, report: OrderFact) => OrderState = keepingAnswer((order, report) =>
  isNewCorrection(order, report) ? corrected(order, report) : informed(order, report),
);

/** After a correction size and price are what the venue says that stands now, and the order may be open again. */
function corrected(order: OrderState, report: OrderFact): OrderState {
  const own = withCorrection(order.own ?? NO_OWN_FILLS, report);
  const { saidFilledAt: _said, fellTo: _fell, avgPrice: _replaced, ...rest } = adopt(order, report.brokerOrderId);
  const base = { ...rest, status: order.status === 'filled' ? 'open' : order.status } as const;
  const avgPrice = isPositive(report.cumQty) ? (report.avgPrice ?? averageOf(own, report.cumQty)) : undefined;
  return updated(base, report, own, avgPrice);
}

function informed(order: OrderState, report: OrderFact): OrderState {
  const known = adopt(order, report.brokerOrderId);
  const news = compare(report.cumQty, order.cumQty);
  if (news < 0) return fallen(known, report);
  const own = order.own ?? NO_OWN_FILLS;
  const merged = withFills(own, report.fills);
  // It counts a fill that was taken back: it is older than that.
  if (news > 0 && namesVoidedFill(own, report.fills) && lessThan(sizeOf(merged), report.cumQty)) return known;
  const told = report.avgPrice ?? (isPositive(report.cumQty) ? averageOf(merged, report.cumQty) : undefined);
  const after = updated(known, report, merged, news > 0 ? told : (order.avgPrice ?? told));
  return isSame(after, order) ? known : after;
}

const sizeOf = ({ fills }: OwnFills): Decimal => sum(fills.map(({ quantity }) => quantity));

/** Less than is known, and not said to be a correction: it changes nothing, and is written down once. */
function fallen(order: OrderState, { cumQty }: OrderFact): OrderState {
  return order.status !== 'open' || order.fellTo === cumQty ? order : { ...order, fellTo: cumQty };
}

function updated(
  { avgPrice: _replaced, ...order }: OrderState,
  report: OrderFact,
  own: OwnFills,
  avgPrice: Decimal | undefined,
): OrderState {
  const restatedTo = restatementAfter(order, report);
  const total = restatedTo ?? order.quantity;
  const isShort = report.status === 'filled' && lessThan(report.cumQty, order.quantity) && isPositive(report.cumQty);
  const status = statusAfter(order, report, total);
  const reason = report.reason ?? (isShort && status === 'cancelled' ? shortOf(order, report) : undefined);
  const fees = report.fees ?? order.fees;
  const { restatedTo: _restated, ...rest } = order;
  const leavesQty = maximum(subtract(total, report.cumQty), ZERO);
  // Not a spread with more members: that costs ten times as much (docs/performance.md).
  return Object.assign(rest, {
    status,
    cumQty: report.cumQty,
    leavesQty,
    ...(avgPrice !== undefined && { avgPrice }),
    ...(reason !== undefined && { reason }),
    ...(own !== NO_OWN_FILLS && { own }),
    ...(fees !== undefined && { fees }),
    ...(restatedTo !== undefined && { restatedTo }),
    ...(isShort && { saidFilledAt: report.cumQty }),
  });
}

const shortOf = ({ quantity }: OrderState, { cumQty }: OrderFact): string =>
  `the broker calls it filled with ${cumQty} of ${quantity}`;

function restatementAfter({ quantity, restatedTo }: OrderState, report: OrderFact): Decimal | undefined {
  if (report.quantity === undefined) return restatedTo;
  return lessThan(report.quantity, quantity) ? report.quantity : undefined;
}

/** The order after a cancel that found nothing to cancel: what was said to be filled with less is over at that size (P10). */
export function afterNothingToCancel(order: OrderState): OrderState {
  if (order.status !== 'open') return order;
  const isOver = order.saidFilledAt !== undefined && order.saidFilledAt === order.cumQty;
  return { ...order, saidClosed: true, ...(isOver && { status: 'cancelled', reason: shortOf(order, { ...order }) }) };
}

/** The order with the broker's id; the first id learned is kept. */
export function adopt(order: OrderState, brokerOrderId: string | undefined): OrderState {
  return brokerOrderId === undefined || order.brokerOrderId !== undefined ? order : { ...order, brokerOrderId };
}

/** @param total the size at which the order is over: what was sent, or what the venue restated it to */
function statusAfter(order: OrderState, report: OrderFact, total: Decimal): OrderStatus {
  const { cumQty, status } = report;
  if (!lessThan(cumQty, order.quantity)) return 'filled';
  if (order.status !== 'open') return order.status;
  if (!lessThan(cumQty, total)) return status === 'open' || status === 'filled' ? 'cancelled' : status;
  if (status !== 'filled') return status;
  // "filled" with less than the whole is a contradiction: asked again, and believed when it is told again.
  const isConfirmed = isPositive(cumQty) && (order.saidClosed === true || order.saidFilledAt === cumQty);
  return isConfirmed ? 'cancelled' : 'open';
}

/** Nothing differs that anyone would act on; an id of the broker's is adopted beside it. */
const isSame = (after: OrderState, before: OrderState): boolean =>
  after.status === before.status &&
  after.cumQty === before.cumQty &&
  after.avgPrice === before.avgPrice &&
  after.leavesQty === before.leavesQty &&
  after.saidFilledAt === before.saidFilledAt &&
  (after.own?.fills.length ?? 0) === (before.own?.fills.length ?? 0) &&
  feesText(after) === feesText(before);

const feesText = ({ fees }: OrderState): string =>
  fees === undefined ? '' : fees.map(({ asset, amount }) => `${asset} ${amount}`).join(', ');

/** The whole approved size, or more, at a known price. */
export const isFullFill = (order: OrderState): boolean =>
  !lessThan(order.cumQty, order.quantity) && order.avgPrice !== undefined;

/** The order is over at the broker, and what was filled has a price (P3). */
export const isClosedAndPriced = (order: OrderState): boolean =>
  order.status !== 'open' && (!isPositive(order.cumQty) || order.avgPrice !== undefined);

/** Something was filled, and it is not known at what price. */
export const lacksPrice = (order: OrderState): boolean => isPositive(order.cumQty) && order.avgPrice === undefined;

export const hasFill = (order: Pick<OrderState, 'cumQty'>): boolean => isPositive(order.cumQty);

/** Reads what a submit call, or the placement of a leg, came to (S3). Whatever is not clearly said is `unknown`. */
export const readSubmitOutcome = (raw: unknown): LegOutcome =>
  attempt(() => submitOutcomeOf(raw)) ?? { kind: 'unknown', cause: 'unreadable answer' };

function submitOutcomeOf(raw: unknown): LegOutcome {
  const outcome = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const kind = outcome['kind'];
  if (kind === 'accepted') {
    const brokerOrderId = idOf(outcome['brokerOrderId']);
    return brokerOrderId === undefined
      ? { kind: 'unknown', cause: 'accepted without a broker order id' }
      : { kind, brokerOrderId, ...(outcome['state'] === 'pending' && { state: 'pending' }), ...readFound(outcome) };
  }
  if (kind === 'rejected' && typeof outcome['code'] === 'string') {
    const code = boundedText(outcome['code']);
    const reason = textOf(outcome['reason']) ?? code;
    return { kind, code, reason, ...(outcome['transient'] === true && { transient: true }) };
  }
  if (kind === 'not_sent') return { kind, reason: textOf(outcome['reason']) ?? 'not sent' };
  if (kind === 'duplicate') return { kind, ...readFound(outcome) };
  if (kind === 'unknown') return { kind, cause: textOf(outcome['cause']) ?? 'unknown' };
  return { kind: 'unknown', cause: 'unreadable answer' };
}

function readFound({ found }: Record<string, unknown>): { readonly found?: StandingExit } {
  if (!isRecord(found)) return {};
  const [price, quantity] = [usablePrice(found['price']), usablePrice(found['quantity'])];
  return { found: { ...(price !== undefined && { price }), ...(quantity !== undefined && { quantity }) } };
}
