/**
 * The venue as an ideal adapter would show it through the broker port: every answer true, at once, and nothing lost.
 * The fronts that speak the port (scripted, seeded, the process of the crash tests) put their faults in front of it.
 *
 * 1. Exits go by the entry's client id with `-sl` and `-tp`; a leg that is known is a duplicate, never a second order.
 * 2. What is told can be asked for as it stood earlier (a replica that lags).
 */

import { type Decimal, isZero, roundHalfEven } from '../../domain/decimal.js';
import { refuseUnknown } from '../../domain/option-names.js';
import { requireMethods } from '../../domain/option-values.js';
import {
  type CancelWord,
  type Correction,
  type LegOutcome,
  type OpenOrder,
  type OrderReport,
  type OrderRequest,
  type PositionReport,
  type ProtectionOutcome,
  type ProtectionRequest,
  type SubmitOutcome,
  TAKE_PROFIT_PASSED,
} from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import type { Venue } from './venue.js';
import { feesOf, isOver, leaves, type VenueEvent, type VenueOrder } from './venue-order.js';
import type { VenueOrderState } from './venue-plan.js';
import type { ExitLeg } from './venue-requests.js';
import { type RefusalCode, Refused } from './venue-rules.js';

interface VenuePortOptions {
  /** Reports name each fill with its id. Default: only orders on which a fill was taken back or changed. */
  readonly tellsFills?: boolean;
  /** Reports tell the quantity of the order always, not only when it is no longer the one that was sent. */
  readonly tellsQuantity?: boolean;
  /** Reports carry the venue's own time. */
  readonly tellsTime?: boolean;
  /** Averages are told with so many decimals, half-even; with all by default. */
  readonly averagePlaces?: number;
}

type LegName = 'sl' | 'tp';

/** The venue model behind the broker port. @beta @since 0.1.0 */
export class VenuePort {
  constructor(
    readonly venue: Venue,
    private readonly options: VenuePortOptions = {},
  ) {
    requireMethods('venue of VenuePort', venue, ['enter', 'find', 'cancel']);
    refuseUnknown('VenuePort', options, ['tellsFills', 'tellsQuantity', 'tellsTime', 'averagePlaces']);
  }

  /** Takes the order, or says that it is known. `id` is the venue's id where the front chooses it. */
  submit(request: OrderRequest, id?: string): SubmitOutcome {
    const { clientOrderId, symbol, side, quantity } = request;
    try {
      const order = this.venue.enter({ clientOrderId, symbol, side, quantity, ...(id !== undefined && { id }) });
      return { kind: 'accepted', brokerOrderId: this.venue.shownId(order) };
    } catch (error) {
      return refusal(error);
    }
  }

  status(clientOrderId: string, at?: number): OrderReport | 'not_found' {
    const order = this.venue.find({ clientOrderId }, at);
    return order === undefined ? 'not_found' : this.report(order, at);
  }

  report(order: VenueOrder, at?: number): OrderReport {
    const { clientOrderId, fills, filled, reason, updatedAt } = order;
    const price = this.#averageOf(order, at);
    const fees = feesOf(order);
    const correction = correctionOf(order);
    const tellsQuantity = this.options.tellsQuantity === true || order.quantity !== order.ordered;
    const tellsFills = this.options.tellsFills === true || fills.some(({ status }) => status !== 'stands');
    return {
      clientOrderId,
      brokerOrderId: this.venue.shownId(order),
      state: wordOf(order),
      filledSize: filled,
      ...(price !== undefined && { fillPrice: price }),
      ...(tellsFills && { fills: standing(fills) }),
      ...(fees.length > 0 && { fees }),
      ...(correction !== undefined && { correction }),
      ...(tellsQuantity && { quantity: order.quantity }),
      ...(order.role === 'exit' && order.price !== undefined && { price: order.price }),
      ...(reason !== undefined && { reason }),
      ...(this.options.tellsTime === true && { brokerTime: isoTime(this.venue.timeAt(updatedAt)) }),
    };
  }

  #averageOf(order: VenueOrder, at: number | undefined): Decimal | undefined {
    const exact = this.venue.shownAverage(order, at);
    const { averagePlaces } = this.options;
    return exact === undefined || averagePlaces === undefined ? exact : roundHalfEven(exact, averagePlaces);
  }

  /** The execution report of an event; none for what concerns only the venue. */
  push({ kind, order }: VenueEvent): OrderReport | undefined {
    return kind === 'triggered' ? undefined : this.report(order, order.updatedAt);
  }

  cancel(clientOrderId: string): CancelWord {
    try {
      // A venue whose queries lag knows the order all the same.
      const { state } = this.venue.cancel({ clientOrderId, isHidden: true });
      return state === 'filled' ? 'already_closed' : 'requested';
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.why === 'no_order' ? 'not_found' : error.why === 'closed_order' ? 'already_closed' : 'unknown';
    }
  }

  /** Places the legs that are named and not known yet. */
  protect(request: ProtectionRequest, names: readonly LegName[] = ['sl', 'tp']): ProtectionOutcome {
    const entry = this.venue.find({ clientOrderId: request.clientOrderId, isHidden: true });
    if (entry === undefined) return { stopLoss: UNKNOWN_ENTRY, takeProfit: UNKNOWN_ENTRY };
    const wanted = names.filter((name) => name === 'sl' || request.legs !== 'stopLoss');
    const known = ALL_LEGS.filter((name) => this.leg(request.clientOrderId, name) !== undefined);
    const fresh = wanted.filter((name) => !known.includes(name));
    const placed = this.#place(request, entry, fresh);
    const answer = (name: LegName): LegOutcome => {
      if (known.includes(name)) return { kind: 'duplicate' };
      if (name === 'tp' && request.legs === 'stopLoss') return PASSED;
      return fresh.includes(name) ? (placed.get(name) ?? LEG_REFUSED) : LEG_REFUSED;
    };
    return { stopLoss: answer('sl'), takeProfit: answer('tp') };
  }

  #place(request: ProtectionRequest, entry: VenueOrder, names: readonly LegName[]): Map<LegName, LegOutcome> {
    const { clientOrderId, symbol, side, quantity } = request;
    const legs = names.map(
      (name): ExitLeg => ({
        clientOrderId: `${clientOrderId}-${name}`,
        type: name === 'sl' ? 'stop' : 'limit',
        price: name === 'sl' ? request.stopLoss : request.takeProfit,
        id: `${entry.id}-${name}`,
      }),
    );
    try {
      if (legs.length === 0) return new Map();
      const orders = this.venue.placeExits({ symbol, side, quantity, legs, listClientId: clientOrderId });
      return new Map(orders.map((order, index) => [names[index] ?? 'sl', acceptedLeg(order)]));
    } catch (error) {
      const outcome = refusal(error);
      return new Map(names.map((name) => [name, outcome]));
    }
  }

  leg(clientOrderId: string, name: LegName, at?: number): VenueOrder | undefined {
    return this.venue.find({ clientOrderId: `${clientOrderId}-${name}` }, at);
  }

  /** Positions of the symbols, or of all that were ever held, with their working exits one by one. */
  positions(symbols: readonly string[], at?: number): readonly PositionReport[] {
    return (symbols.length === 0 ? this.venue.symbols : symbols).map((symbol) => ({
      symbol,
      size: this.venue.position(symbol, at),
      protections: this.workingExits(symbol, at),
    }));
  }

  workingExits(symbol: string, at?: number): NonNullable<PositionReport['protections']> {
    const orders = this.venue.ordersOf(symbol, at);
    return orders
      .filter(({ role }) => role === 'entry')
      .flatMap(({ clientOrderId }) => {
        const working = ALL_LEGS.map((name) =>
          orders.find((order) => order.clientOrderId === `${clientOrderId}-${name}` && isWorking(order)),
        );
        const [stopLoss, takeProfit] = working;
        const quantity = stopLoss ?? takeProfit;
        if (quantity === undefined) return [];
        return [
          {
            clientOrderId,
            quantity: leaves(quantity),
            ...(stopLoss?.price !== undefined && { stopLoss: stopLoss.price }),
            ...(takeProfit?.price !== undefined && { takeProfit: takeProfit.price }),
          },
        ];
      });
  }

  openOrders(): readonly OpenOrder[] {
    return this.venue.open().map((order) => ({ ...this.report(order), symbol: order.symbol }));
  }
}

const ALL_LEGS: readonly LegName[] = ['sl', 'tp'];

const WORDS: Readonly<Record<VenueOrderState, string>> = {
  pending_new: 'submitted',
  new: 'pending',
  partially_filled: 'partially_filled',
  filled: 'filled',
  cancelled: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
  done_for_day: 'done_for_day',
};

/** An exit that was taken and does not work yet is `pending`, one that works `working` (B5). */
function wordOf({ state, word, role }: VenueOrder): string {
  if (word !== undefined) return word;
  if (role === 'exit' && state === 'new') return 'working';
  return role === 'exit' && state === 'pending_new' ? 'pending' : WORDS[state];
}

const standing = (fills: VenueOrder['fills']): NonNullable<OrderReport['fills']> =>
  fills.filter(({ status }) => status !== 'busted').map(({ id, quantity, price }) => ({ id, quantity, price }));

/** What was taken back or changed last, as long as nothing has filled since. */
function correctionOf({ fills }: VenueOrder): Correction | undefined {
  const lastFillAt = Math.max(...fills.map(({ at }) => at));
  const changed = fills.filter(({ changedAt = -1 }) => changedAt >= lastFillAt);
  const last = changed.reduce<VenueOrder['fills'][number] | undefined>(
    (latest, fill) => ((latest?.changedAt ?? -1) > (fill.changedAt ?? -1) ? latest : fill),
    undefined,
  );
  return last && { kind: last.status === 'busted' ? 'bust' : 'correct', fillId: last.id };
}

const isWorking = (order: VenueOrder): boolean =>
  !isOver(order) && order.state !== 'pending_new' && !isZero(leaves(order));

const acceptedLeg = ({ id, state }: VenueOrder): LegOutcome => ({
  kind: 'accepted',
  brokerOrderId: id,
  ...(state === 'pending_new' && { state: 'pending' as const }),
});

const UNKNOWN_ENTRY: LegOutcome = { kind: 'rejected', code: 'UNKNOWN_ORDER', reason: 'no such entry order' };
const LEG_REFUSED: LegOutcome = { kind: 'rejected', code: 'LEG_REFUSED', reason: 'the market is there already' };
const PASSED: LegOutcome = {
  kind: 'rejected',
  code: TAKE_PROFIT_PASSED,
  reason: 'the market has passed the take-profit',
};

/** What proves that nothing was carried out and may be tried again. */
const TRANSIENT: readonly RefusalCode[] = ['rate', 'busy', 'lockout', 'time'];

function refusal(error: unknown): SubmitOutcome {
  if (!(error instanceof Refused)) throw error;
  const { why, message } = error;
  if (why === 'duplicate') return { kind: 'duplicate' };
  if (why === 'take_profit_passed') return PASSED;
  const transient = TRANSIENT.includes(why);
  return { kind: 'rejected', code: why.toUpperCase(), reason: message, ...(transient && { transient }) };
}
