/**
 * Pushes of orders, by ccxt's own `watchOrders`: hints, and no more.
 *
 * 1. A push says that an order of ours has changed. What it is, the exchange is asked at once, with one exact look: ids of
 *    a push may be beyond what ccxt reads whole, and fees are not in every push.
 * 2. An order has one look under way; a hint that comes meanwhile asks for one more.
 * 3. A stream that begins or breaks is a gap. It is begun again, at growing intervals; meanwhile the polls are as fast as
 *    without it.
 */
import { type Observable, Subject } from 'rxjs';
import type { Clock, OrderReport } from '../../../domain/ports.js';
import { isJson, numberOf, textOf } from './dialect.js';

/** A part of ccxt's order. */
type Pushed = Readonly<Record<string, unknown>>;

export interface OrderStream {
  readonly reports$: Observable<OrderReport | { readonly type: 'gap' }>;
  /** Tells what was learned elsewhere. */
  tell(report: OrderReport): void;
  /** Pushes come in, as far as is known. */
  isUp(): boolean;
  start(watch: () => Promise<unknown>): void;
  stop(): void;
}

interface OrderStreamParts {
  readonly clock: Clock;
  /** Our ids of the orders that a push speaks of. */
  readonly namesOf: (pushed: Pushed) => readonly string[];
  /** Asks the exchange for an order of ours; `undefined` when it has no news. */
  readonly look: (clientOrderId: string, symbol: string, signal: AbortSignal) => Promise<OrderReport | undefined>;
  /** Told once for each time that the stream fails or breaks, however often it is tried again. */
  readonly onDown: (error: unknown) => void;
}

/** A watch that has not failed for so long has begun. */
const BEGUN_MS = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LOOK_MS = 2_000;

export function orderStream({ clock, namesOf, look, onDown }: OrderStreamParts): OrderStream {
  const reports$ = new Subject<OrderReport | { readonly type: 'gap' }>();
  const looks = new Map<string, { isAskedAgain: boolean }>();
  let life: { isOver: boolean } | undefined;
  let isUp = false;

  function begin(own: { readonly isOver: boolean }): void {
    if (own.isOver || isUp) return;
    isUp = true;
    reports$.next({ type: 'gap' });
  }

  async function run(own: { readonly isOver: boolean }, watch: () => Promise<unknown>): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; !own.isOver; ) {
      const timer = clock.setTimeout(() => begin(own), BEGUN_MS);
      try {
        const pushed = await watch();
        begin(own);
        waitMs = FIRST_WAIT_MS;
        if (!own.isOver) hear(pushed);
      } catch (error) {
        if (own.isOver) return;
        if (isUp || waitMs === FIRST_WAIT_MS) onDown(error);
        if (isUp) reports$.next({ type: 'gap' });
        isUp = false;
        await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), waitMs));
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
      } finally {
        clock.clearTimeout(timer);
      }
    }
  }

  function hear(pushed: unknown): void {
    for (const order of Array.isArray(pushed) ? pushed : []) {
      const symbol = isJson(order) ? textOf(order['symbol']) : undefined;
      if (!isJson(order) || symbol === undefined || !isNews(order)) continue;
      for (const id of namesOf(order)) void ask(id, symbol);
    }
  }

  async function ask(id: string, symbol: string): Promise<void> {
    const underWay = looks.get(id);
    if (underWay !== undefined) {
      underWay.isAskedAgain = true;
      return;
    }
    const own = { isAskedAgain: true };
    looks.set(id, own);
    try {
      while (own.isAskedAgain) {
        own.isAskedAgain = false;
        const report = await lookOnce(id, symbol);
        if (report !== undefined) reports$.next(report);
      }
    } finally {
      looks.delete(id);
    }
  }

  async function lookOnce(id: string, symbol: string): Promise<OrderReport | undefined> {
    const giveUp = new AbortController();
    const timer = clock.setTimeout(() => giveUp.abort(), LOOK_MS);
    try {
      return await look(id, symbol, giveUp.signal);
    } catch {
      // No news: the polls go on.
      return undefined;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  return {
    reports$,
    tell: (report) => reports$.next(report),
    isUp: () => isUp,
    start(watch) {
      if (life !== undefined) return;
      const own = { isOver: false };
      life = own;
      void run(own, watch);
    },
    stop() {
      if (life !== undefined) life.isOver = true;
      life = undefined;
      isUp = false;
    },
  };
}

/** An order that is open, and of which nothing is filled, is what everybody knows. */
function isNews({ status, filled }: Pushed): boolean {
  return status !== 'open' || (filled !== undefined && numberOf(filled) > 0);
}
