/**
 * What an exchange keeps: balances, orders and what it was told to do with them. No exchange's words are in here.
 *
 * 1. One market. An order that sells holds the base currency, one that buys the quote; a pair of exits holds it once, a
 *    conditional order nothing until it triggers.
 * 2. An exit trades when the market comes to its price (`trade`). A conditional one waits for the side on which its price
 *    lay when it was taken, and is dropped when it triggers and the balance is not there.
 * 3. Entries are filled by script, at times from their acceptance, in full at once without one.
 */
import type { Clock } from 'fillchart';
import {
  add,
  type Decimal,
  decimal,
  divide,
  isMultipleOf,
  lessThan,
  multiply,
  roundHalfEven,
  subtract,
  ZERO,
} from '../../src/domain/decimal.js';

export interface Script {
  /** Time from acceptance in ms, quantity, price. */
  readonly fills?: readonly (readonly [at: number, quantity: string, price: string])[];
  /** What a cancel does. */
  readonly cancel?: 'confirm' | 'ignore' | 'fill';
  /** After so many ms from the cancel; at once by default. */
  readonly cancelMs?: number;
  /** The order is not found for so many ms. */
  readonly hiddenMs?: number;
  /** The average price is not known for so many ms. */
  readonly pricelessMs?: number;
  /** The exchange ends the order by itself. */
  readonly ends?: readonly [at: number, as: 'cancelled' | 'rejected' | 'expired'];
}

export type OrderState = 'open' | 'waiting' | 'filled' | 'cancelled' | 'rejected' | 'expired';

export interface BookOrder {
  readonly id: string;
  readonly name: string;
  readonly type: 'market' | 'stop' | 'profit';
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  /** Trigger or limit of an exit. */
  readonly price?: string;
  /** Name and id of the pair that it is a leg of. */
  readonly pair?: { readonly name: string; readonly id: string };
  /** A conditional order: the price of the market when it was taken. It holds nothing. */
  readonly basis?: string;
  readonly at: number;
  filled: Decimal;
  cost: Decimal;
  state: OrderState;
  hiddenUntil: number;
  pricelessUntil: number;
  readonly script: Script;
}

/** Why the exchange refuses. */
export type Refusal = 'funds' | 'lot' | 'duplicate' | 'trigger' | 'no_order' | 'closed_order' | 'rate' | 'key';

export class Refused extends Error {
  constructor(readonly why: Refusal) {
    super(why);
  }
}

export interface BookOptions {
  readonly clock: Clock;
  readonly base?: string;
  readonly quote?: string;
  readonly last?: string;
  readonly lot?: string;
  /** Part of what is bought that goes off as fee. */
  readonly feeInBase?: string;
}

export class VenueBook {
  readonly orders: BookOrder[] = [];
  readonly scripts: Script[] = [];
  base: Decimal;
  quote: Decimal;
  last: string;
  tradable = true;
  /** What is shown as balance of the base currency, whatever was traded. */
  shownBase: string | undefined;
  losesStops = false;
  /** What a cancel of an exit does. */
  exitScript: Script = {};
  /** As much as the market takes of an exit; all of it when absent. */
  depth: string | undefined;
  private next = 1;
  private readonly clock: Clock;
  private readonly lot: Decimal;
  private readonly fee: Decimal;

  constructor({ clock, base = '0', quote = '1000000', last = '151', lot = '0.001', feeInBase = '0' }: BookOptions) {
    this.clock = clock;
    this.base = decimal(base);
    this.quote = decimal(quote);
    this.last = last;
    this.lot = decimal(lot);
    this.fee = decimal(feeInBase);
  }

  now(): number {
    return this.clock.now();
  }

  private newId(): string {
    return String(7_000_000 + this.next++);
  }

  private working(): BookOrder[] {
    return this.orders.filter(({ state }) => state === 'open' || state === 'waiting');
  }

  /** Held by orders, of either currency. A pair holds it once. */
  held(currency: 'base' | 'quote'): Decimal {
    const side = currency === 'base' ? 'sell' : 'buy';
    const pairs = new Set<string>();
    return this.working()
      .filter((order) => order.side === side && order.type !== 'market' && order.basis === undefined)
      .filter(({ pair }) => pair === undefined || (!pairs.has(pair.id) && pairs.add(pair.id)))
      .map(({ quantity, price }) => (side === 'sell' ? quantity : multiply(quantity, decimal(price ?? '0'))))
      .reduce(add, ZERO);
  }

  free(currency: 'base' | 'quote'): Decimal {
    return subtract(this[currency], this.held(currency));
  }

  market(name: string, side: 'buy' | 'sell', text: string): BookOrder {
    const quantity = decimal(text);
    if (!isMultipleOf(quantity, this.lot)) throw new Refused('lot');
    if (this.working().some((order) => order.name === name)) throw new Refused('duplicate');
    const needed = side === 'buy' ? multiply(quantity, decimal(this.last)) : quantity;
    if (lessThan(this.free(side === 'buy' ? 'quote' : 'base'), needed)) throw new Refused('funds');
    const script = this.scripts.shift() ?? {};
    const order = this.enter({ name, type: 'market', side, quantity, script });
    for (const [at, size, price] of script.fills ?? [[0, text, this.last] as const]) {
      this.later(at, () => this.fill(order, size, price));
    }
    if (script.ends !== undefined) {
      const [at, as] = script.ends;
      this.later(at, () => this.end(order, as));
    }
    return order;
  }

  private later(ms: number, act: () => void): void {
    if (ms <= 0) act();
    else this.clock.setTimeout(act, ms);
  }

  private enter(
    order: Pick<BookOrder, 'name' | 'type' | 'side' | 'quantity' | 'script'> & Partial<BookOrder>,
  ): BookOrder {
    const { script } = order;
    const now = this.now();
    const entered: BookOrder = {
      id: this.newId(),
      at: now,
      filled: ZERO,
      cost: ZERO,
      state: order.type === 'market' ? 'open' : 'waiting',
      hiddenUntil: now + (script.hiddenMs ?? 0),
      pricelessUntil: now + (script.pricelessMs ?? 0),
      ...order,
    };
    this.orders.push(entered);
    return entered;
  }

  private fill(order: BookOrder, size: string, price: string): void {
    if (order.state !== 'open') return;
    const [quantity, cost] = [decimal(size), multiply(decimal(size), decimal(price))];
    order.filled = add(order.filled, quantity);
    order.cost = add(order.cost, cost);
    const net = subtract(quantity, multiply(quantity, this.fee));
    this.base = order.side === 'buy' ? add(this.base, net) : subtract(this.base, quantity);
    this.quote = order.side === 'buy' ? subtract(this.quote, cost) : add(this.quote, cost);
    if (!lessThan(order.filled, order.quantity)) order.state = 'filled';
  }

  private end(order: BookOrder, as: OrderState): void {
    if (order.state === 'open' || order.state === 'waiting') order.state = as;
  }

  /** A conditional order: nothing is held, and nothing is checked but its name. */
  conditional(type: 'stop' | 'profit', name: string, side: 'buy' | 'sell', text: string, price: string): BookOrder {
    if (this.working().some((order) => order.name === name)) throw new Refused('duplicate');
    const terms = { type, name, side, quantity: decimal(text), price, basis: this.last, script: this.exitScript };
    const order = this.enter(terms);
    if (this.losesStops && type === 'stop') order.state = 'cancelled';
    return order;
  }

  /** The market trades at a price: exits that wait for it go out, in the order in which they were placed. */
  trade(price: string): void {
    this.last = price;
    for (const order of this.orders.filter(({ state }) => state === 'waiting')) {
      if (order.state === 'waiting' && this.isReached(order)) this.trigger(order);
    }
  }

  private isReached({ side, type, price = '0', basis }: BookOrder): boolean {
    const rises =
      basis === undefined ? (side === 'sell') === (type === 'profit') : lessThan(decimal(basis), decimal(price));
    return rises ? !lessThan(decimal(this.last), decimal(price)) : !lessThan(decimal(price), decimal(this.last));
  }

  private trigger(order: BookOrder): void {
    const currency = order.side === 'sell' ? 'base' : 'quote';
    const needed = order.side === 'sell' ? order.quantity : multiply(order.quantity, decimal(this.last));
    if (order.basis !== undefined && lessThan(this.free(currency), needed)) {
      order.state = 'cancelled';
      return;
    }
    for (const other of this.orders) {
      if (other !== order && other.pair !== undefined && other.pair.id === order.pair?.id) this.end(other, 'cancelled');
    }
    order.state = 'open';
    this.fill(order, this.depth ?? order.quantity, this.last);
    this.end(order, 'cancelled');
  }

  /** One exit, or both legs of a pair: what is refused for one is refused for both. */
  exits(
    side: 'buy' | 'sell',
    text: string,
    legs: readonly { readonly type: 'stop' | 'profit'; readonly name: string; readonly price: string }[],
    pairName?: string,
  ): readonly BookOrder[] {
    const quantity = decimal(text);
    const stop = legs.find(({ type }) => type === 'stop');
    if (this.working().some(({ name }) => legs.some((leg) => leg.name === name))) throw new Refused('duplicate');
    const isThrough =
      stop !== undefined &&
      (side === 'sell'
        ? !lessThan(decimal(stop.price), decimal(this.last))
        : !lessThan(decimal(this.last), decimal(stop.price)));
    if (isThrough) throw new Refused('trigger');
    const dearest = legs
      .map(({ price }) => decimal(price))
      .reduce((most, price) => (lessThan(most, price) ? price : most));
    const needed = side === 'sell' ? quantity : multiply(quantity, dearest);
    if (lessThan(this.free(side === 'sell' ? 'base' : 'quote'), needed)) throw new Refused('funds');
    const pair = pairName === undefined ? undefined : { name: pairName, id: this.newId() };
    return legs.map((leg) => {
      const order = this.enter({ ...leg, side, quantity, script: this.exitScript, ...(pair && { pair }) });
      if (this.losesStops && leg.type === 'stop') order.state = 'cancelled';
      return order;
    });
  }

  /** By id or name, the newest first; hidden ones are not there. */
  find(which: { readonly id?: string | undefined; readonly name?: string | undefined }): BookOrder | undefined {
    return this.orders
      .filter(({ hiddenUntil }) => hiddenUntil <= this.now())
      .findLast(({ id, name }) => (which.id === undefined ? name === which.name : id === which.id));
  }

  cancel(which: { readonly id?: string | undefined; readonly name?: string | undefined }): BookOrder {
    const order = this.find(which);
    if (order === undefined) throw new Refused('no_order');
    if (order.state !== 'open' && order.state !== 'waiting') throw new Refused('closed_order');
    const { cancel = 'confirm', cancelMs = 0 } = order.script;
    if (cancel === 'confirm') this.later(cancelMs, () => this.end(order, 'cancelled'));
    if (cancel === 'fill' && order.type === 'market') {
      this.later(cancelMs, () => this.fill(order, subtract(order.quantity, order.filled), this.last));
    }
    return order;
  }

  /** Working orders, as a list shows them. */
  open(): readonly BookOrder[] {
    return this.working().filter(({ hiddenUntil }) => hiddenUntil <= this.now());
  }

  total(): string {
    return this.shownBase ?? this.base;
  }

  average(order: BookOrder): string | undefined {
    if (order.filled === ZERO || order.pricelessUntil > this.now()) return undefined;
    return roundHalfEven(divide(order.cost, order.filled), 12);
  }
}
