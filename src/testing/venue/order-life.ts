/**
 * What happens to orders at the venue: they work, fill, are hit by the market, end, are restated; fills are taken back.
 *
 * 1. Every change goes through here and is booked in the ledger in the same step.
 * 2. An order that is over is not ended again. It is filled further only where that is said on purpose (`isForced`): an
 *    overfill, or a fill that comes to light after the cancel.
 * 3. The legs of a linked pair share their fate: one that fills shrinks or cancels the other, one that ends ends it.
 */
import {
  type Decimal,
  decimal,
  isPositive,
  isZero,
  lessThan,
  minimum,
  multiply,
  subtract,
} from '../../domain/decimal.js';
import { assetsOf, type Ledger } from './ledger.js';
import type { OrderStore } from './order-store.js';
import { isOver, isWhole, leaves, type VenueFill, type VenueOrder, withFills } from './venue-order.js';
import { fillsOf, type PlannedCorrection, type PlannedEnd, type PlannedFill } from './venue-plan.js';
import { isReached, type VenueInstrument, type VenueProfile } from './venue-rules.js';

interface LifeParts {
  readonly store: OrderStore;
  readonly ledger: Ledger;
  readonly profile: VenueProfile;
  instrument(symbol: string): VenueInstrument;
  last(symbol: string): Decimal | undefined;
  /** Of the asset that the order would deliver, what no other order holds. */
  free(order: VenueOrder): Decimal;
}

export interface FillTerms {
  readonly quantity: string;
  readonly price?: string;
  readonly id?: string;
  readonly fee?: { readonly asset: string; readonly amount: string };
}

export class OrderLife {
  #fills = 0;

  constructor(private readonly parts: LifeParts) {}

  /** Everything that is planned for an order, from when it was taken, or from the opening. */
  begin({ id, plan, quantity, role, takenAt }: VenueOrder, from = takenAt): void {
    const { store } = this.parts;
    const at = (ms: number, act: () => void): void => store.plan(from + ms, act);
    const worksFrom = plan.worksFromMs ?? 0;
    if (worksFrom > 0) at(worksFrom, () => this.work(id));
    const fills = role === 'entry' ? fillsOf(plan, quantity) : (plan.fills ?? []);
    for (const fill of fills)
      at(Math.max(fill.atMs, plan.fills === undefined ? worksFrom : 0), () => this.#planned(id, fill));
    if (plan.ends !== undefined) {
      const { atMs, as, reason } = plan.ends;
      at(atMs, () => this.end(id, as, reason));
    }
    for (const { atMs, quantity: to, reason } of plan.restated ?? []) at(atMs, () => this.restate(id, to, reason));
    for (const { atMs, word } of plan.words ?? []) at(atMs, () => this.say(id, word));
    for (const correction of plan.corrections ?? []) at(correction.atMs, () => this.correct(id, correction));
    if (plan.hitAfterMs !== undefined) at(plan.hitAfterMs, () => this.hit(id));
  }

  /** The venue opens: an order that waited for it begins. */
  beginLate(id: string): void {
    const order = this.parts.store.get(id);
    if (order === undefined || isOver(order)) return;
    if ((order.plan.worksFromMs ?? 0) <= 0) this.work(id);
    this.begin(order, this.parts.store.at);
  }

  #planned(id: string, fill: PlannedFill): void {
    const order = this.parts.store.get(id);
    this.fill(id, fill, order?.plan.overfills === true && (order.state === 'filled' || !isOver(order)));
  }

  work(id: string): void {
    const order = this.parts.store.get(id);
    if (order?.state === 'pending_new') this.parts.store.put({ ...order, state: 'new' }, 'new');
  }

  fill(id: string, terms: FillTerms, isForced = false): void {
    const { store, ledger } = this.parts;
    const order = store.get(id);
    if (order === undefined || (isOver(order) && !isForced)) return;
    const wanted = decimal(terms.quantity);
    const quantity = isForced ? wanted : minimum(wanted, leaves(order));
    const price = terms.price === undefined ? this.parts.last(order.symbol) : decimal(terms.price);
    if (!isPositive(quantity) || price === undefined) return;
    this.#fills += 1;
    const charged = terms.fee === undefined ? this.#fee(order, quantity, price) : readFee(terms.fee);
    const fill: VenueFill = {
      id: terms.id ?? `E-${this.#fills}`,
      quantity,
      price,
      at: store.at,
      status: 'stands',
      ...(charged !== undefined && { fee: charged }),
    };
    ledger.book(this.parts.instrument(order.symbol), order.side, fill, store.at);
    const filled = withFills(order, [...order.fills, fill]);
    const state = isWhole(filled) ? 'filled' : isOver(order) ? order.state : 'partially_filled';
    const ends = state === 'filled' && { endedAt: store.at };
    store.put({ ...filled, state, filledAt: store.at, ...ends }, 'trade', fill);
    if (order.role === 'exit') this.#afterExitFill(id);
  }

  #fee({ side, symbol }: VenueOrder, quantity: Decimal, price: Decimal): VenueFill['fee'] {
    const { fee } = this.parts.profile;
    if (fee === undefined) return undefined;
    const { base, quote } = assetsOf(this.parts.instrument(symbol));
    const isInBase = fee.in === 'received' && side === 'buy';
    const rate = decimal(fee.rate);
    return isInBase
      ? { asset: base, amount: multiply(quantity, rate) }
      : { asset: quote, amount: multiply(multiply(quantity, price), rate) };
  }

  /** The other leg of a pair that shares its fate shrinks, or goes. */
  #afterExitFill(id: string): void {
    const order = this.parts.store.get(id);
    if (order === undefined || order.plan.leavesSibling === true) return;
    const { partial } = this.parts.profile.exits;
    for (const other of this.siblings(order)) {
      if (isOver(order) || partial === 'cancels') this.end(other.id, 'cancelled');
      else if (partial === 'shrinks' && lessThan(leaves(order), other.quantity)) {
        this.restate(other.id, leaves(order));
      }
    }
  }

  /** The other legs of its list that are not over. */
  siblings({ id, listId }: VenueOrder): readonly VenueOrder[] {
    if (listId === undefined) return [];
    return this.parts.store.open().filter((other) => other.listId === listId && other.id !== id);
  }

  end(id: string, as: PlannedEnd, reason?: string): void {
    const { store } = this.parts;
    const order = store.get(id);
    if (order === undefined || isOver(order)) return;
    const said = reason === undefined ? {} : { reason };
    store.put({ ...order, state: as, endedAt: store.at, ...said }, as);
    if (order.plan.leavesSibling === true) return;
    for (const other of this.siblings(order)) this.end(other.id, 'cancelled');
  }

  /** The venue changes the quantity by itself; what is filled already stays. */
  restate(id: string, quantity: string, reason?: string): void {
    const { store } = this.parts;
    const order = store.get(id);
    if (order === undefined || isOver(order)) return;
    const restated = { ...order, quantity: decimal(quantity), ...(reason !== undefined && { reason }) };
    const isDone = isWhole(restated) && !isZero(order.filled);
    store.put({ ...restated, ...(isDone && { state: 'filled' as const, endedAt: store.at }) }, 'restated');
  }

  /** The state is told in another word from now on. */
  say(id: string, word: string | undefined): void {
    const order = this.parts.store.get(id);
    if (order === undefined) return;
    const { word: _word, ...rest } = order;
    this.parts.store.put(word === undefined ? rest : { ...rest, word }, 'worded');
  }

  correct(
    id: string,
    { kind, fill: which, quantity, price, afterwards = 'reopens' }: Omit<PlannedCorrection, 'atMs'>,
  ): void {
    const { store, ledger } = this.parts;
    const order = store.get(id);
    const found = order?.fills.find((fill, index) => fill.id === which || index === which);
    if (order === undefined || found === undefined || found.status === 'busted') return;
    const changed: VenueFill =
      kind === 'bust'
        ? { ...found, status: 'busted', changedAt: store.at }
        : {
            ...found,
            status: 'corrected',
            changedAt: store.at,
            quantity: quantity === undefined ? found.quantity : decimal(quantity),
            price: price === undefined ? found.price : decimal(price),
          };
    const instrument = this.parts.instrument(order.symbol);
    ledger.book(instrument, order.side, found, store.at, -1);
    if (kind === 'correct') ledger.book(instrument, order.side, changed, store.at);
    const after = withFills(
      order,
      order.fills.map((fill) => (fill.id === found.id ? changed : fill)),
    );
    store.put(
      { ...after, state: stateAfterCorrection(after, afterwards) },
      kind === 'bust' ? 'trade_cancel' : 'trade_correct',
      changed,
    );
  }

  /** The market has come to an exit's price: it trades there. */
  hit(id: string): void {
    const order = this.parts.store.get(id);
    if (order !== undefined && !isOver(order)) this.trigger(id, order.price);
  }

  /** The market trades at `last`: exits of the symbol that wait for it go out, in the order in which they were taken. */
  market(symbol: string, last: Decimal): void {
    for (const { id } of this.parts.store.open()) {
      const order = this.parts.store.get(id);
      const waits = order !== undefined && !isOver(order) && order.state !== 'pending_new' && order.symbol === symbol;
      if (!waits || order.price === undefined || order.waitsFor === undefined) continue;
      if (isReached(order.waitsFor, order.price, last)) this.trigger(id, last);
    }
  }

  trigger(id: string, price: Decimal | undefined): void {
    const { store } = this.parts;
    const order = store.get(id);
    if (order === undefined || isOver(order)) return;
    const triggered = order.isTriggered ? order : store.put({ ...order, isTriggered: true }, 'triggered');
    if (!order.holds && lessThan(this.parts.free(order), leaves(order))) {
      this.end(id, 'cancelled', 'insufficient balance at the trigger');
      return;
    }
    const quantity = triggered.plan.depth ?? leaves(triggered);
    this.fill(id, { quantity, ...(price !== undefined && { price }) });
    // What a market order finds no taker for is gone; a limit order rests.
    if (order.type !== 'limit') this.end(id, 'cancelled', 'no liquidity');
  }

  /** A cancel that was taken, by the order's plan. */
  cancel(order: VenueOrder): void {
    const { store } = this.parts;
    const { cancel = 'confirm', cancelAfterMs = 0, fillsAfterCancelMs } = order.plan;
    if (!order.isCancelAsked) store.put({ ...order, isCancelAsked: true }, 'pending_cancel');
    const now = store.at;
    if (order.isCancelAsked || cancel === 'ignore') return;
    const rest = (isForced: boolean) => {
      const known = store.get(order.id);
      const quantity = known === undefined ? '0' : subtract(known.quantity, known.filled);
      const price = order.plan.restPrice ?? order.plan.fills?.[0]?.price;
      this.fill(order.id, { quantity, ...(price !== undefined && { price }) }, isForced);
    };
    const act = () => (cancel === 'fill' ? rest(false) : this.end(order.id, 'cancelled'));
    if (cancelAfterMs === 0) act();
    else store.plan(now + cancelAfterMs, act);
    if (cancel === 'confirm' && fillsAfterCancelMs !== undefined) {
      store.plan(now + cancelAfterMs + fillsAfterCancelMs, () => rest(true));
    }
  }
}

const readFee = ({ asset, amount }: { readonly asset: string; readonly amount: string }): VenueFill['fee'] => ({
  asset,
  amount: decimal(amount),
});

/** An order that was ended stays ended; one that was whole works again for what is missing, unless it is closed. */
function stateAfterCorrection(order: VenueOrder, afterwards: 'reopens' | 'closed'): VenueOrder['state'] {
  if (isWhole(order)) return 'filled';
  if (isOver(order) && order.state !== 'filled') return order.state;
  if (order.state === 'filled' && afterwards === 'closed') return 'cancelled';
  return isZero(order.filled) ? 'new' : 'partially_filled';
}
