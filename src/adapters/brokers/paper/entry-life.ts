/**
 * The life of an entry order after it was taken: its fills, and whatever else ends it.
 *
 * 1. What is due at once happens in the turn in which the order is taken.
 * 2. A closed order has no timer left but for fills that a script wants after its close.
 * 3. A fill for which there is no price waits for one.
 */
import { type Decimal, isPositive } from '../../../domain/decimal.js';
import type { FillStep } from './fill-plan.js';
import type { OrderStore } from './order-store.js';
import { isOpen, leavesOf, type PaperClosedState, type PaperOrder } from './paper-order.js';
import type { PaperScript } from './paper-script.js';
import type { Quote } from './quote.js';
import type { Timers } from './timers.js';

export interface EntryLife {
  begin(order: PaperOrder, steps: readonly FillStep[], script: PaperScript): void;
  /** Closes the order after `delayMs`, unless it is closed by then. */
  closeLater(order: PaperOrder, delayMs: number, as: PaperClosedState, reason: string): void;
  /** Fills what waited for a price of the symbol. */
  priceMoved(symbol: string): void;
}

interface EntryLifeContext {
  readonly store: OrderStore;
  readonly timers: Timers;
  /** A scripted price is a trade: it moves the market before it fills the order. */
  movePrice(symbol: string, quote: Quote): void;
}

const ownerOf = (clientOrderId: string): string => `order ${clientOrderId}`;
/** Owner of the timers that outlive the order. */
const afterlifeOf = (clientOrderId: string): string => `after ${clientOrderId}`;

export function createEntryLife({ store, timers, movePrice }: EntryLifeContext): EntryLife {
  const waiting = new Map<string, (() => void)[]>();

  const live = (clientOrderId: string): PaperOrder | undefined => {
    const order = store.order(clientOrderId);
    return order !== undefined && isOpen(order) ? order : undefined;
  };

  function whileOpen(clientOrderId: string, afterMs: number, then: () => void): void {
    if (live(clientOrderId) !== undefined) timers.after(ownerOf(clientOrderId), afterMs, then);
  }

  function fill(clientOrderId: string, step: FillStep): void {
    const fillable = (): PaperOrder | undefined => (step.afterClose ? store.order(clientOrderId) : live(clientOrderId));
    const symbol = fillable()?.symbol;
    if (symbol === undefined) return;
    if (step.price !== undefined) movePrice(symbol, { price: step.price });
    // The move may have filled it.
    const order = fillable();
    if (order === undefined) return;
    const price = step.price ?? store.taken(symbol, order.side, [clientOrderId, order.fills.length]);
    if (price === undefined) waiting.set(symbol, [...(waiting.get(symbol) ?? []), () => fill(clientOrderId, step)]);
    else execute(order, step.quantity ?? leavesOf(order), price);
  }

  function execute(order: PaperOrder, quantity: Decimal, price: Decimal): void {
    if (isPositive(quantity) && !isOpen(store.fill(order, quantity, price))) timers.clear(ownerOf(order.clientOrderId));
  }

  function closeLater({ clientOrderId }: PaperOrder, delayMs: number, as: PaperClosedState, reason: string): void {
    whileOpen(clientOrderId, delayMs, () => {
      const order = live(clientOrderId);
      if (order === undefined) return;
      timers.clear(ownerOf(clientOrderId));
      store.close(order, as, reason);
    });
  }

  return {
    begin(order, steps, { thenCancelledAfterMs, thenRejectedAfterMs, expireAfterMs }) {
      const { clientOrderId } = order;
      for (const step of steps) {
        if (step.afterClose) timers.after(afterlifeOf(clientOrderId), step.afterMs, () => fill(clientOrderId, step));
        else whileOpen(clientOrderId, step.afterMs, () => fill(clientOrderId, step));
      }
      if (thenCancelledAfterMs !== undefined)
        closeLater(order, thenCancelledAfterMs, 'cancelled', 'cancelled by the broker');
      if (thenRejectedAfterMs !== undefined)
        closeLater(order, thenRejectedAfterMs, 'rejected', 'rejected after acceptance');
      if (expireAfterMs !== undefined) closeLater(order, expireAfterMs, 'expired', 'expired at the broker');
    },
    closeLater,
    priceMoved(symbol) {
      const due = waiting.get(symbol) ?? [];
      waiting.delete(symbol);
      for (const fillNow of due) fillNow();
    },
  };
}
