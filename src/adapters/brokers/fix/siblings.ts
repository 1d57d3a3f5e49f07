/**
 * Two exits of one position, of which the one that has not filled must go: it would open a position of its own.
 *
 * 1. An exit is cancelled once for its sibling's fill, however often that is told. A cancel of which nothing was heard is
 *    tried again after the next logon.
 * 2. What happened while no process ran is asked for: after a logon, each exit of which this process has heard nothing, and
 *    that is not known to be over, one after the other. After a logon that cannot be followed by what was missed, each exit
 *    that is not known to be over.
 */
import type { CancelOutcome, OrderRef, OrderReport } from '../../../domain/ports.js';
import type { KnownOrder, OrderBook } from './order-book.js';

export interface Siblings {
  heard(report: OrderReport): void;
  /** The session is ready. `isAnew`: what was missed is not sent again. */
  up(isAnew: boolean): void;
}

export interface SiblingParts {
  readonly book: OrderBook;
  cancel(ref: OrderRef): Promise<CancelOutcome>;
  /** Asks for an order; its report is heard by the usual way. `useless`: asking for others is, too. */
  ask(ref: OrderRef): Promise<'answered' | 'silence' | 'useless'>;
  warn(message: string): void;
}

const FILLED = 'filled';

export function siblings({ book, cancel, ask, warn }: SiblingParts): Siblings {
  const cancelled = new Set<string>();
  const asked = new Set<string>();
  let isAsking = false;

  async function cancelSibling(clientOrderId: string): Promise<void> {
    const known = book.get(clientOrderId);
    if (known === undefined || known.ended !== undefined || cancelled.has(clientOrderId)) return;
    cancelled.add(clientOrderId);
    const outcome = await cancel({ clientOrderId, symbol: known.order.symbol });
    if (outcome === 'requested' || outcome === 'already_closed') return;
    if (outcome === 'unknown') cancelled.delete(clientOrderId);
    warn(`An exit has filled, and its sibling ${clientOrderId} may still be working (${outcome}).`);
  }

  const isUnheard = ({ order, report }: KnownOrder): boolean => report === undefined && !asked.has(order.clientOrderId);

  async function askForExits(wanted: (known: KnownOrder) => boolean): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (const { order } of [...book.orders()].filter((known) => mayWork(known) && wanted(known))) {
      const outcome = await ask(order);
      if (outcome === 'useless') break;
      if (outcome === 'answered') asked.add(order.clientOrderId);
    }
    isAsking = false;
  }

  return {
    heard({ clientOrderId, state }) {
      const sibling = siblingOf(clientOrderId);
      if (sibling !== undefined && state === FILLED) void cancelSibling(sibling);
    },
    up(isAnew) {
      for (const { order, ended } of book.orders()) {
        const sibling = ended === FILLED ? siblingOf(order.clientOrderId) : undefined;
        if (sibling !== undefined) void cancelSibling(sibling);
      }
      void askForExits(isAnew ? () => true : isUnheard);
    },
  };
}

const mayWork = ({ order, ended }: KnownOrder): boolean => order.exitOf !== undefined && ended === undefined;

/** The id of the other exit; `undefined` when the order is none. */
function siblingOf(clientOrderId: string): string | undefined {
  const [, entry, leg] = /^(.+)-(sl|tp)$/.exec(clientOrderId) ?? [];
  return entry === undefined ? undefined : `${entry}-${leg === 'sl' ? 'tp' : 'sl'}`;
}
