/**
 * What the chart asks of the broker, done: each call under its deadline, each answer read for what it proves.
 *
 * Nothing here decides, retries or waits for anything but the one answer. An exit that was there before it was asked for is
 * looked up: that is part of the answer (`adopted-exits.ts`).
 */
import { ZERO } from '../domain/decimal.js';
import { type CallDeadlines, LEAST_RISK_CALL_MS } from '../domain/limits.js';
import { readPosition } from '../domain/observed-position.js';
import { type OrderFact, readOrderReport, readSubmitOutcome } from '../domain/order.js';
import type {
  BrokerAdapter,
  BrokerCapabilities,
  CancelWord,
  Clock,
  OrderRef,
  OrderRequest,
  ProtectionRequest,
  Side,
  SubmitOutcome,
} from '../domain/ports.js';
import { attempt, boundedText, causeOf } from '../domain/reading.js';
import type { ObservedOrder, ObservedPosition } from '../domain/reconciliation.js';
import { marketPriceOf } from '../domain/risk-limits.js';
import { type BrokerAnswer, readInstrument } from '../domain/validation.js';
import type { Legs } from '../machines/execution.facts.js';
import { adoptedLegs } from './adopted-exits.js';
import { type CallOutcome, callBroker } from './calls.js';

export interface BrokerCalls {
  /**
   * Instrument rules, margin and position before the order (V9), side by side; then, where the broker can be asked, whether
   * its exits could be placed (V10). `exits` gives the request for a fill at the reference price, `undefined` where V9 or
   * the tick refuses already.
   */
  ask(order: OrderRequest, exits: (answer: BrokerAnswer) => ProtectionRequest | undefined): Promise<BrokerAnswer>;
  /**
   * The submit call, made in this turn; the order leaves before its deadline or not at all. `onLate` is told of an acceptance
   * that comes after it.
   *
   * @param sendMs where the order must leave sooner than that, ms
   */
  submit(
    order: OrderRequest,
    limitMs: number,
    onLate: (outcome: SubmitOutcome) => void,
    sendMs?: number,
  ): Promise<SubmitOutcome>;
  /**
   * The cancel call, made in this turn; it has its whole time, however late it begins (T4). `onReport` is given what the call
   * learned of the order, also when it comes after the deadline.
   */
  cancel(ref: OrderRef, onReport: (raw: unknown) => void): Promise<CancelWord>;
  /** The protection call, made in this turn; it has its whole time, however late it begins (T4). */
  protect(request: ProtectionRequest): Promise<Legs>;
  /** One order query (R6.1). */
  observeOrder(ref: OrderRef): Promise<ObservedOrder>;
  /** One position query (R6.1). */
  observePosition(ref: OrderRef): Promise<ObservedPosition>;
}

interface BrokerCallOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly deadlines: CallDeadlines;
  /** Makes sure that the broker is connected; rejects when it is not. */
  readonly connected: () => Promise<void>;
  /** Whether the market price is asked for before an order, where the adapter tells it (G1). */
  readonly needsQuote?: ((symbol: string) => boolean) | undefined;
}

export function brokerCalls(options: BrokerCallOptions): BrokerCalls {
  const { broker, capabilities, clock, deadlines, connected } = options;

  async function observePosition(ref: OrderRef): Promise<ObservedPosition> {
    if (capabilities.positions === 'none') return { kind: 'not_offered' };
    const { positions } = capabilities;
    const outcome = await callBroker(clock, deadlines.positionsMs, (signal) =>
      broker.getPositions([ref.symbol], signal),
    );
    if (outcome.kind !== 'answered') return { kind: 'failed', cause: outcome.cause };
    return readPosition(outcome.value, ref, positions) ?? { kind: 'failed', cause: 'unreadable answer' };
  }

  async function ask(
    order: OrderRequest,
    exits: (answer: BrokerAnswer) => ProtectionRequest | undefined,
  ): Promise<BrokerAnswer> {
    try {
      await connected();
    } catch (error) {
      return unavailable('connect', causeOf(error));
    }
    const { symbol, side } = order;
    const needsQuote = broker.quote !== undefined && options.needsQuote?.(symbol) === true;
    const [instrument, position, margin, quote] = await Promise.all([
      callBroker(clock, deadlines.instrumentMs, (signal) => broker.instrument(symbol, signal)),
      observePosition(order),
      broker.checkMargin === undefined
        ? undefined
        : callBroker(clock, deadlines.marginMs, async (signal) => broker.checkMargin?.(order, signal)),
      needsQuote
        ? callBroker(clock, deadlines.instrumentMs, async (signal) => broker.quote?.(symbol, signal))
        : undefined,
    ]);
    return withExits(withQuote(answerOf(symbol, instrument, position, margin), quote, side), exits);
  }

  /** Asked last, and only when nothing else refuses (V10). */
  async function withExits(
    answer: BrokerAnswer,
    exits: (answer: BrokerAnswer) => ProtectionRequest | undefined,
  ): Promise<BrokerAnswer> {
    if (answer.kind !== 'answered' || broker.checkProtection === undefined) return answer;
    const request = exits(answer);
    if (request === undefined) return answer;
    const outcome = await callBroker(clock, deadlines.marginMs, async (signal) =>
      broker.checkProtection?.(request, signal),
    );
    if (outcome.kind !== 'answered') return unavailable('exits', outcome.cause);
    const verdict = readVerdict(outcome.value);
    return verdict === undefined ? unavailable('exits', 'unreadable answer') : { ...answer, exits: verdict };
  }

  async function submit(
    order: OrderRequest,
    limitMs: number,
    onLate: (outcome: SubmitOutcome) => void,
    sendMs = limitMs,
  ): Promise<SubmitOutcome> {
    const deadlineMs = Math.min(deadlines.submitMs, limitMs);
    const withinMs = Math.min(deadlineMs, sendMs);
    const outcome = await callBroker(
      clock,
      deadlineMs,
      (signal) => broker.submitOrder(order, signal, { withinMs }),
      (value) => onLate(readSubmitOutcome(value)),
    );
    return outcome.kind === 'answered' ? readSubmitOutcome(outcome.value) : { kind: 'unknown', cause: outcome.cause };
  }

  async function cancel(ref: OrderRef, onReport: (raw: unknown) => void): Promise<CancelWord> {
    const learn = (value: unknown) => {
      const report = attempt(() => (value as { readonly report?: unknown }).report);
      if (report !== undefined) onReport(report);
    };
    const outcome = await callBroker(
      clock,
      Math.max(deadlines.cancelMs, LEAST_RISK_CALL_MS),
      (signal) => broker.cancelOrder(ref, signal),
      learn,
    );
    if (outcome.kind !== 'answered') return 'unknown';
    learn(outcome.value);
    return readCancelOutcome(outcome.value);
  }

  async function protect(request: ProtectionRequest): Promise<Legs> {
    const limitMs = Math.max(deadlines.protectionMs, LEAST_RISK_CALL_MS);
    const endsAt = clock.monotonic() + limitMs;
    const outcome = await callBroker(clock, limitMs, (signal) => broker.placeProtection(request, signal));
    if (outcome.kind !== 'answered') return bothLegs({ kind: 'unknown', cause: outcome.cause });
    const legs = { stopLoss: readLeg(outcome.value, 'stopLoss'), takeProfit: readLeg(outcome.value, 'takeProfit') };
    return adoptedLegs(legs, request, (ref) => observeExit(ref, endsAt));
  }

  /** Within the time of the call that found it there; once more when the first look fails. */
  async function observeExit(ref: OrderRef, endsAt: number): Promise<OrderFact | undefined> {
    for (const _look of capabilities.lookupByClientId ? ['first', 'second'] : []) {
      const leftMs = Math.min(deadlines.statusMs, endsAt - clock.monotonic());
      if (leftMs <= 0) return undefined;
      const seen = observedOrder(await callBroker(clock, leftMs, (signal) => broker.getOrderStatus(ref, signal)), ref);
      if (seen.kind !== 'failed') return seen.kind === 'report' ? seen.report : undefined;
    }
    return undefined;
  }

  async function observeOrder(ref: OrderRef): Promise<ObservedOrder> {
    return observedOrder(
      await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref, signal)),
      ref,
    );
  }

  return { ask, submit, cancel, protect, observeOrder, observePosition };
}

/** What the answer on an order came to. */
export function observedOrder(outcome: CallOutcome, ref: OrderRef): ObservedOrder {
  if (outcome.kind !== 'answered') return { kind: 'failed', cause: outcome.cause };
  if (outcome.value === 'not_found') return { kind: 'not_found' };
  const report = readOrderReport(outcome.value, ref);
  return report === undefined ? { kind: 'failed', cause: 'unreadable answer' } : { kind: 'report', report };
}

const bothLegs = (outcome: SubmitOutcome): Legs => ({ stopLoss: outcome, takeProfit: outcome });

const readLeg = (raw: unknown, leg: keyof Legs): SubmitOutcome =>
  readSubmitOutcome(attempt(() => (raw as Readonly<Record<string, unknown>>)[leg]));

const CANCEL_OUTCOMES: readonly unknown[] = [
  'requested',
  'already_closed',
  'not_found',
  'unknown',
] satisfies CancelWord[];

function readCancelOutcome(raw: unknown): CancelWord {
  const word = typeof raw === 'string' ? raw : attempt(() => (raw as { readonly kind?: unknown }).kind);
  return CANCEL_OUTCOMES.includes(word) ? (word as CancelWord) : 'unknown';
}

const unavailable = (what: string, cause: string): BrokerAnswer => ({
  kind: 'unavailable',
  cause: `${what}: ${cause}`,
});

/** The three answers as one; whatever cannot be read counts as not answered. */
function answerOf(
  symbol: string,
  instrument: CallOutcome,
  position: ObservedPosition,
  margin: CallOutcome | undefined,
): BrokerAnswer {
  if (instrument.kind !== 'answered') return unavailable('instrument', instrument.cause);
  if (instrument.value === 'unknown_symbol') return { kind: 'unknown_symbol' };
  const read = readInstrument(instrument.value, symbol);
  if (read === undefined) return unavailable('instrument', 'unreadable answer');
  if (position.kind === 'failed') return unavailable('positions', position.cause);
  const baseline = position.kind === 'position' && position.netting ? position.size : ZERO;
  if (margin === undefined) return { kind: 'answered', instrument: read, margin: 'ok', baseline };
  if (margin.kind !== 'answered') return unavailable('margin', margin.cause);
  const verdict = readVerdict(margin.value);
  return verdict === undefined
    ? unavailable('margin', 'unreadable answer')
    : { kind: 'answered', instrument: read, margin: verdict, baseline };
}

/** A market price that could not be had is a broker that could not be asked: a limit hangs on it (G1). */
function withQuote(answer: BrokerAnswer, quote: CallOutcome | undefined, side: Side): BrokerAnswer {
  if (answer.kind !== 'answered' || quote === undefined) return answer;
  if (quote.kind !== 'answered') return unavailable('quote', quote.cause);
  const marketPrice = marketPriceOf(quote.value, side);
  return marketPrice === undefined ? unavailable('quote', 'no usable price') : { ...answer, marketPrice };
}

function readVerdict(raw: unknown): 'ok' | { readonly refused: string } | undefined {
  if (raw === 'ok') return 'ok';
  const refused = attempt(() => (raw as { refused?: unknown }).refused);
  return typeof refused === 'string' ? { refused: boundedText(refused) } : undefined;
}
