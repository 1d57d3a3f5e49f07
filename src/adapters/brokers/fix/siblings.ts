/**
 * Two exits of one position, of which the one that has not filled must go, or shrink to what is left: what it has beyond that
 * would open a position of its own.
 *
 * 1. An exit is cancelled once for its sibling's fill, however often that is told. A cancel of which nothing was heard is
 *    tried again after the next logon, and one that missed a replacement under way once that is answered.
 * 2. A fill in part replaces the sibling (35=G) by one for the rest, one replacement at a time. One that is refused is told
 *    of, and not tried again for the same rest; one of which nothing was heard is, with the next news.
 * 3. What happened while no process ran is asked for: after a logon, each exit of which this process has heard nothing, and
 *    that is not known to be over, one after the other. After a logon that cannot be followed by what was missed, each exit
 *    that is not known to be over.
 */
import {
  type Decimal,
  isPositive,
  lessThan,
  maximum,
  parseVenueDecimal,
  subtract,
  ZERO,
} from '../../../domain/decimal.js';
import type { CancelOutcome, OrderRef, OrderReport } from '../../../domain/ports.js';
import type { KnownOrder } from './known-order.js';
import type { OrderStore } from './order-store.js';
import type { Replaced } from './replace.js';

interface Siblings {
  heard(report: OrderReport): void;
  /** The session is ready. `isAnew`: what was missed is not sent again. */
  up(isAnew: boolean): void;
}

interface SiblingParts {
  readonly store: OrderStore;
  cancel(ref: OrderRef): Promise<CancelOutcome>;
  /** Replaces an order by one for this quantity. */
  replace(known: KnownOrder, quantity: string): Promise<Replaced>;
  /** Asks for an order; its report is heard by the usual way. `useless`: asking for others is, too. */
  ask(ref: OrderRef): Promise<'answered' | 'silence' | 'useless'>;
  warn(message: string): void;
}

const FILLED = 'filled';

export function siblings(parts: SiblingParts): Siblings {
  const { store, ask } = parts;
  const asked = new Set<string>();
  let isAsking = false;
  const shrink = shrinker(parts);
  const cancelSibling = canceller(parts, shrink.underWay);

  const isUnheard = ({ order, report }: KnownOrder): boolean => report === undefined && !asked.has(order.clientOrderId);

  async function askForExits(wanted: (known: KnownOrder) => boolean): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (const { order } of [...store.orders()].filter((known) => mayWork(known) && wanted(known))) {
      const outcome = await ask(order);
      if (outcome === 'useless') break;
      if (outcome === 'answered') asked.add(order.clientOrderId);
    }
    isAsking = false;
  }

  return {
    heard({ clientOrderId, state }) {
      const sibling = siblingOf(clientOrderId);
      if (sibling === undefined) return;
      if (state === FILLED || isNothingLeft(store, sibling)) void cancelSibling(sibling);
      else void shrink.toRest(sibling);
      // A replacement that was not answered is tried again with the next news, also of the order itself.
      void shrink.toRest(clientOrderId);
    },
    up(isAnew) {
      for (const { order, ended } of store.orders()) {
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

/** What an exit may be for, at most: what its sibling has not closed. `undefined` while that is not known. */
function mostOf(store: OrderStore, clientOrderId: string): Decimal | undefined {
  const sibling = store.get(siblingOf(clientOrderId) ?? '');
  const [whole, filled] = [parseVenueDecimal(sibling?.order.quantity), parseVenueDecimal(sibling?.report?.filledSize)];
  return whole === undefined || filled === undefined ? undefined : maximum(subtract(whole, filled), ZERO);
}

/** Nothing is left for an exit to close, beyond what it has closed itself. */
function isNothingLeft(store: OrderStore, clientOrderId: string): boolean {
  const most = mostOf(store, clientOrderId);
  const closed = parseVenueDecimal(store.get(clientOrderId)?.report?.filledSize) ?? ZERO;
  return (
    most !== undefined &&
    !isPositive(subtract(most, closed)) &&
    isPositive(subtract(wholeOf(store, clientOrderId), most))
  );
}

const wholeOf = (store: OrderStore, clientOrderId: string): Decimal =>
  parseVenueDecimal(store.get(clientOrderId)?.order.quantity) ?? ZERO;

function canceller(
  { store, cancel, warn }: SiblingParts,
  underWay: (clientOrderId: string) => Promise<void> | undefined,
): (clientOrderId: string) => Promise<void> {
  const cancelled = new Set<string>();
  return async (clientOrderId) => {
    const known = store.get(clientOrderId);
    if (known === undefined || known.ended !== undefined || cancelled.has(clientOrderId)) return;
    cancelled.add(clientOrderId);
    const ref = { clientOrderId, symbol: known.order.symbol };
    const replacement = underWay(clientOrderId);
    let outcome = await cancel(ref);
    if (isSettled(outcome)) return;
    if (replacement !== undefined) {
      await replacement;
      outcome = await cancel(ref);
      if (isSettled(outcome)) return;
    }
    if (outcome === 'unknown') cancelled.delete(clientOrderId);
    warn(`An exit has filled, and its sibling ${clientOrderId} may still be working (${String(outcome)}).`);
  };
}

const isSettled = (outcome: CancelOutcome): boolean => outcome === 'requested' || outcome === 'already_closed';

function shrinker({ store, replace, warn }: SiblingParts) {
  const underWay = new Map<string, Promise<void>>();
  /** The rest that was asked for last, whatever came of it. */
  const tried = new Map<string, Decimal>();

  function excessOf(clientOrderId: string): { readonly known: KnownOrder; readonly most: Decimal } | undefined {
    const [known, most] = [store.get(clientOrderId), mostOf(store, clientOrderId)];
    if (known === undefined || known.ended !== undefined || most === undefined || !isPositive(most)) return undefined;
    const isTooLarge = lessThan(most, parseVenueDecimal(known.quantity) ?? ZERO);
    return isTooLarge && tried.get(clientOrderId) !== most ? { known, most } : undefined;
  }

  async function shrink(clientOrderId: string): Promise<void> {
    for (let excess = excessOf(clientOrderId); excess !== undefined; excess = excessOf(clientOrderId)) {
      tried.set(clientOrderId, excess.most);
      const outcome = await replace(excess.known, excess.most);
      if (outcome.kind === 'replaced' || outcome.kind === 'over') continue;
      if (outcome.kind === 'unknown') tried.delete(clientOrderId);
      warn(
        `An exit has filled in part, and its sibling ${clientOrderId} may still be for more than the ${excess.most} left (${outcome.why}).`,
      );
      return;
    }
  }

  return {
    underWay: (clientOrderId: string) => underWay.get(clientOrderId),
    async toRest(clientOrderId: string): Promise<void> {
      if (underWay.has(clientOrderId) || excessOf(clientOrderId) === undefined) return;
      const shrinking = shrink(clientOrderId);
      underWay.set(clientOrderId, shrinking);
      await shrinking;
      underWay.delete(clientOrderId);
    },
  };
}
