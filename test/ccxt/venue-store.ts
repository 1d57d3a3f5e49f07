/**
 * A spot exchange as its words need it: the one venue model with the profile of that exchange, and the names that its
 * orders bear. No exchange's words are in here, and none of its rules: those are the model's.
 *
 * 1. Entries are filled by script, at times from their acceptance, in full at once without one.
 * 2. An order is shown as the model has it; a test may show another state, quantity or absence of it (`StoredOrder`).
 */
import type { Clock } from 'fillchart';
import type { CcxtExchange } from 'fillchart/ccxt';
import { add, type Decimal, roundHalfEven, subtract } from '../../src/domain/decimal.js';
import { venues } from '../../src/testing/venue/profiles.js';
import { Venue } from '../../src/testing/venue/venue.js';
import type { VenueOrder } from '../../src/testing/venue/venue-order.js';
import type { OrderPlan } from '../../src/testing/venue/venue-plan.js';
import type { RefusalCode, VenueInstrument, VenueProfile } from '../../src/testing/venue/venue-rules.js';
import { Refused } from '../../src/testing/venue/venue-rules.js';

export { Refused };
export type Refusal = RefusalCode;

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

type OrderState = 'open' | 'waiting' | 'filled' | 'cancelled' | 'rejected' | 'expired';

export interface StoreOptions {
  readonly clock: Clock;
  /** Whose rules: what exits hold, how ids look, how far a time may be off. */
  readonly exchange?: CcxtExchange;
  /** Base currencies of the markets; the first one is meant where none is named. */
  readonly bases?: readonly string[];
  readonly base?: string;
  readonly quote?: string;
  readonly last?: string;
  readonly lot?: string;
  /** Part of what is bought that goes off as fee. */
  readonly feeInBase?: string;
  /** Whatever else the exchange demands of orders. */
  readonly rules?: Partial<VenueInstrument>;
  readonly profile?: Partial<VenueProfile>;
}

/** As an answer shows it. What a test sets stands in for what the model has. */
export class StoredOrder {
  #state: OrderState | undefined;
  #filled: Decimal | undefined;
  #amended: { readonly quantity?: Decimal; readonly price?: string } = {};
  hiddenUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: VenueStore,
    readonly id: string,
  ) {}

  get model(): VenueOrder {
    const order = this.store.venue.find({ id: this.id, isHidden: true });
    if (order === undefined) throw new Error(`no order ${this.id}`);
    return order;
  }

  get name(): string {
    return this.model.clientOrderId;
  }

  get symbol(): string {
    return this.model.symbol;
  }

  get side(): 'buy' | 'sell' {
    return this.model.side;
  }

  get type(): 'market' | 'stop' | 'profit' {
    const { type } = this.model;
    return type === 'market' || type === 'stop' ? type : 'profit';
  }

  get quantity(): Decimal {
    return this.#amended.quantity ?? this.model.quantity;
  }

  get price(): string | undefined {
    return this.#amended.price ?? this.model.price;
  }

  /** Somebody changes it on the exchange's page. */
  amend(to: { readonly quantity?: Decimal; readonly price?: string }): void {
    this.#amended = { ...this.#amended, ...to };
  }

  /** A conditional order: the price of the market when it was taken. */
  get basis(): string | undefined {
    return this.model.tags['basis'];
  }

  get pair(): { readonly name: string; readonly id: string } | undefined {
    const { listId, listClientId = '' } = this.model;
    return listId === undefined ? undefined : { name: listClientId, id: this.store.listNumber(listId) };
  }

  /** Epoch ms. */
  get at(): number {
    return Math.trunc(this.store.venue.timeAt(this.model.takenAt));
  }

  get filled(): Decimal {
    return this.#filled ?? this.model.filled;
  }

  set filled(quantity: Decimal) {
    this.#filled = quantity;
  }

  get cost(): Decimal {
    return this.model.value;
  }

  get state(): OrderState {
    if (this.#state !== undefined) return this.#state;
    const { state, role, isTriggered, filled } = this.model;
    if (state === 'done_for_day') return 'expired';
    if (state === 'filled' || state === 'cancelled' || state === 'rejected' || state === 'expired') return state;
    return role === 'exit' && !isTriggered && filled === '0' ? 'waiting' : 'open';
  }

  set state(state: OrderState) {
    this.#state = state;
  }

  get isOpen(): boolean {
    return this.state === 'open' || this.state === 'waiting';
  }

  get isVisible(): boolean {
    return this.hiddenUntil <= this.store.now() && this.store.venue.find({ id: this.id }) !== undefined;
  }

  /** Average and value are told from then on. */
  get hasPrice(): boolean {
    return this.store.venue.shownAverage(this.model) !== undefined || this.model.filled === '0';
  }
}

export class VenueStore {
  readonly venue: Venue;
  readonly scripts: Script[] = [];
  readonly bases: readonly string[];
  tradable = true;
  delisted = false;
  /** What is shown as balance of the base currency, whatever was traded. */
  shownBase: string | undefined;
  losesStops = false;
  /** What a cancel of an exit does. */
  exitScript: Script = {};
  /** As much as the market takes of an exit; all of it when absent. */
  depth: string | undefined;
  readonly rules: VenueInstrument;
  readonly exchange: CcxtExchange;
  readonly #orders = new Map<string, StoredOrder>();

  constructor(options: StoreOptions) {
    const { clock, exchange = 'binance', bases = ['BTC'], base = '0', quote = '1000000', last = '151' } = options;
    const { lot = '0.001', feeInBase, rules = {}, profile = {} } = options;
    this.bases = bases;
    this.exchange = exchange;
    const quoteAsset = quoteOf(exchange);
    this.rules = { symbol: '', tick: '0.01', lot, leastQuantity: lot, ...rules };
    const instrument = (name: string): VenueInstrument => ({
      ...this.rules,
      symbol: `${name}/${quoteAsset}`,
      base: name,
      quote: quoteAsset,
    });
    this.venue = new Venue({
      clock,
      profile: {
        ...venues[exchange].profile,
        ...(feeInBase !== undefined && { fee: { rate: feeInBase, in: 'received' } }),
        ...profile,
      },
      instruments: bases.map(instrument),
      prices: Object.fromEntries(bases.map((name) => [instrument(name).symbol, last])),
      balances: { ...Object.fromEntries(bases.map((name) => [name, base])), [quoteAsset]: quote },
      plan: ({ role, type }) =>
        role === 'entry' ? planOf(this.scripts.shift() ?? {}) : this.exitPlan(type === 'stop'),
    });
  }

  private exitPlan(isStop: boolean): OrderPlan {
    const store = this;
    const plan = planOf({ ...this.exitScript, fills: [] });
    if (isStop && this.losesStops) return { ...plan, ends: { atMs: 0, as: 'cancelled' }, leavesSibling: true };
    return {
      ...plan,
      get cancel() {
        return store.exitScript.cancel ?? 'confirm';
      },
      get depth() {
        return store.depth as string;
      },
    };
  }

  get symbol(): string {
    return `${this.bases[0]}/${quoteOf(this.exchange)}`;
  }

  now(): number {
    return Math.trunc(this.venue.time());
  }

  get orders(): readonly StoredOrder[] {
    return this.venue.orders.map(({ id }) => this.orderOf(id));
  }

  orderOf(id: string): StoredOrder {
    const known = this.#orders.get(id) ?? new StoredOrder(this, id);
    this.#orders.set(id, known);
    return known;
  }

  /** Lists have names in the model; an exchange gives them numbers. */
  listNumber(listId: string): string {
    return String(900_000 + Number(listId.replace(/\D/g, '')));
  }

  get base(): Decimal {
    return this.venue.balance(this.bases[0] ?? '');
  }

  set base(amount: string) {
    this.venue.setBalance(this.bases[0] ?? '', amount);
  }

  get quote(): Decimal {
    return this.venue.balance(quoteOf(this.exchange));
  }

  get last(): string {
    return this.lastOf(this.symbol);
  }

  set last(price: string) {
    this.venue.quote(this.symbol, price);
  }

  lastOf(symbol: string): string {
    return this.venue.last(symbol) ?? '0';
  }

  /** Held by orders, of either currency of the first market. A pair holds it as the exchange does. */
  held(currency: 'base' | 'quote'): Decimal {
    return this.heldOf(currency === 'base' ? (this.bases[0] ?? '') : quoteOf(this.exchange));
  }

  heldOf(asset: string): Decimal {
    return this.venue.held(asset);
  }

  free(currency: 'base' | 'quote'): Decimal {
    return subtract(this[currency], this.held(currency));
  }

  /** Every asset with what is there, what is held and what is free. */
  balances(): readonly {
    readonly asset: string;
    readonly total: string;
    readonly held: string;
    readonly free: string;
  }[] {
    return [...this.bases, quoteOf(this.exchange)].map((asset, index) => {
      if (index === 0 && this.shownBase !== undefined) {
        return { asset, total: this.shownBase, held: '0', free: this.shownBase };
      }
      return { asset, total: this.venue.balance(asset), held: this.venue.held(asset), free: this.venue.free(asset) };
    });
  }

  market(name: string, side: 'buy' | 'sell', quantity: string, symbol = this.symbol): StoredOrder {
    return this.orderOf(this.venue.enter({ clientOrderId: name, symbol, side, quantity }).id);
  }

  /** A conditional order: it waits for the side of the market on which its price lies. */
  conditional(
    type: 'stop' | 'profit',
    name: string,
    side: 'buy' | 'sell',
    quantity: string,
    price: string,
    symbol = this.symbol,
  ): StoredOrder {
    const tags = { basis: this.lastOf(symbol) };
    const leg = {
      clientOrderId: name,
      type: type === 'stop' ? ('stop' as const) : ('take_profit' as const),
      price,
      tags,
    };
    const [order] = this.venue.placeExits({ symbol, side, quantity, legs: [leg] });
    if (order === undefined) throw new Refused('no_order');
    return this.orderOf(order.id);
  }

  /** One exit, or both legs of a pair: what is refused for one is refused for both. */
  exits(
    side: 'buy' | 'sell',
    quantity: string,
    legs: readonly { readonly type: 'stop' | 'profit' | 'limit'; readonly name: string; readonly price: string }[],
    pairName?: string,
    symbol = this.symbol,
  ): readonly StoredOrder[] {
    const placed = this.venue.placeExits({
      symbol,
      side,
      quantity,
      ...(pairName !== undefined && { listClientId: pairName }),
      legs: legs.map(({ type, name, price }) => ({
        clientOrderId: name,
        type: type === 'profit' ? 'take_profit' : type,
        price,
      })),
    });
    return placed.map(({ id }) => this.orderOf(id));
  }

  /** The market trades at a price: exits that wait for it go out, in the order in which they were placed. */
  trade(price: string, symbol = this.symbol): void {
    this.venue.trade(symbol, price);
  }

  /** By id or name, the newest first; hidden ones are not there. */
  find(which: { readonly id?: string | undefined; readonly name?: string | undefined }): StoredOrder | undefined {
    return this.orders
      .filter(({ isVisible }) => isVisible)
      .findLast(({ id, name }) => (which.id === undefined ? name === which.name : id === which.id));
  }

  cancel(which: { readonly id?: string | undefined; readonly name?: string | undefined }): StoredOrder {
    const order = this.find(which);
    if (order === undefined) throw new Refused('no_order');
    if (!order.isOpen) throw new Refused('closed_order');
    this.venue.cancel({ id: order.id });
    return order;
  }

  /** Working orders, as a list shows them. */
  open(symbol?: string): readonly StoredOrder[] {
    return this.venue
      .open(symbol)
      .map(({ id }) => this.orderOf(id))
      .filter((order) => order.isOpen && order.isVisible);
  }

  total(): string {
    return this.shownBase ?? this.base;
  }

  average(order: StoredOrder): string | undefined {
    const average = this.venue.shownAverage(order.model);
    return average === undefined ? undefined : roundHalfEven(average, 12);
  }
}

export const quoteOf = (exchange: CcxtExchange): string => (exchange === 'kraken' ? 'USD' : 'USDT');

/** What was charged for an order so far, by asset. */
export function chargedFor({ model }: StoredOrder): Readonly<Record<string, Decimal>> {
  const sums: Record<string, Decimal> = {};
  for (const { fee, status } of model.fills) {
    if (fee !== undefined && status !== 'busted')
      sums[fee.asset] = add(sums[fee.asset] ?? ('0' as Decimal), fee.amount);
  }
  return sums;
}

const planOf = ({ fills, cancel, cancelMs, hiddenMs, pricelessMs, ends }: Script): OrderPlan => ({
  ...(fills !== undefined && { fills: fills.map(([atMs, quantity, price]) => ({ atMs, quantity, price })) }),
  ...(cancel !== undefined && { cancel }),
  ...(cancelMs !== undefined && { cancelAfterMs: cancelMs }),
  ...(hiddenMs !== undefined && { visibleFromMs: hiddenMs }),
  ...(pricelessMs !== undefined && { pricedFromMs: pricelessMs }),
  ...(ends !== undefined && { ends: { atMs: ends[0], as: ends[1] } }),
});
