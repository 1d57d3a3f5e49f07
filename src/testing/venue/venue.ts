/**
 * A venue: what an exchange or broker holds to be true, written once. No dialect's words are in here.
 *
 * How to write a front (HTTP, FIX, a port adapter):
 *   parse the request → `enter`, `placeExits`, `cancel`, `find`, `open`, `position`, `balance` … → format the answer.
 *   A refusal is thrown as {@link Refused}, whose code the front turns into its own words. Pushes: `listen`, one event per
 *   execution report. What goes wrong on the wire is `venue-line.ts`, request budgets are `capacity.ts`.
 *   What becomes of an order is an {@link OrderPlan}, given by `options.plan` when it is taken; a test may also act on it at
 *   any time (`fill`, `correct`, `end`, `restate`, `say`, `hit`, `trade`).
 *
 * 1. It holds no timer and no chance: what is planned is carried out, dated with its own time, by the time anybody asks.
 * 2. Asking changes nothing. Orders, positions and balances can be asked for as they stood at an earlier time.
 * 3. Its clock is its own: `time()` is wall time at the venue, off by `clockOffsetMs` and by what a test sets; a step of the
 *    client's wall clock does not move it.
 * 4. A fee in the bought asset lessens the position; exits are orders like any other, and can fill both.
 */

import { type Decimal, decimal, parseDecimal, ZERO } from '../../domain/decimal.js';
import { requireOptions } from '../../domain/option-names.js';
import { requireClock } from '../../domain/option-values.js';
import type { Clock } from '../../domain/ports.js';
import { Account } from './account.js';
import { Ledger } from './ledger.js';
import { type FillTerms, OrderLife } from './order-life.js';
import { OrderStore, type VenueListener } from './order-store.js';
import { VENUE_OPTIONS, type VenueOptions } from './venue-options.js';
import { isOver, type VenueEvent, type VenueOrder } from './venue-order.js';
import type { OrderPlan, PlannedCorrection, PlannedEnd } from './venue-plan.js';
import type { EntryRequest, ExitsRequest, PlannedOrder, VenueRef } from './venue-requests.js';
import {
  checkAgainstMarket,
  checkDayTrade,
  checkTerms,
  checkWashTrade,
  instrumentsOf,
  type OrderTerms,
  PLAIN_PROFILE,
  Refused,
  reservedBy,
  type VenueInstrument,
  type VenueProfile,
  waitingSide,
} from './venue-rules.js';

/** A model of a venue: orders, fills, exits, positions, fees and capacity, on a clock of yours. @beta @since 0.1.0 */
export class Venue {
  readonly profile: VenueProfile;
  readonly #clock: Clock;
  readonly #store: OrderStore;
  readonly #ledger: Ledger;
  readonly #life: OrderLife;
  readonly #account: Account;
  readonly instrument: (symbol: string) => VenueInstrument | undefined;
  readonly #prices = new Map<string, Decimal>();
  readonly #plan: (order: PlannedOrder) => OrderPlan;
  readonly #wallAtZero: number;
  #clockOffsetMs: number;
  #lists = 0;
  #isOpen = true;
  /** Orders that were taken while the venue was closed. */
  #waiting: string[] = [];

  constructor(options: VenueOptions) {
    requireOptions('Venue', options, VENUE_OPTIONS);
    requireClock('clock', options.clock);
    const { clock, profile = PLAIN_PROFILE, instruments, prices = {}, plan = () => ({}) } = options;
    this.profile = profile;
    this.#clock = clock;
    this.#store = new OrderStore(clock);
    this.#ledger = new Ledger(options.balances ?? {}, options.positions ?? {});
    this.instrument = instrumentsOf(instruments);
    for (const [symbol, price] of Object.entries(prices)) this.#prices.set(symbol, decimal(price));
    this.#plan = plan;
    this.#wallAtZero = clock.now() - clock.monotonic();
    this.#clockOffsetMs = options.clockOffsetMs ?? 0;
    this.#account = new Account({
      store: this.#store,
      ledger: this.#ledger,
      profile,
      instrument: (symbol) => this.instrument(symbol) ?? { symbol },
      last: (symbol) => this.#prices.get(symbol),
    });
    this.#life = new OrderLife({
      store: this.#store,
      ledger: this.#ledger,
      profile,
      instrument: (symbol) => this.instrument(symbol) ?? { symbol },
      last: (symbol) => this.#prices.get(symbol),
      free: (order) => this.#account.deliverable(order),
    });
  }

  // ── Time ──

  /** The venue's wall time, epoch ms. */
  time(): number {
    return this.#wallAtZero + this.#clock.monotonic() + this.#clockOffsetMs;
  }

  /** The venue's wall time at a monotonic time. */
  timeAt(monotonic: number): number {
    return this.#wallAtZero + monotonic + this.#clockOffsetMs;
  }

  setClockOffset(ms: number): void {
    this.#clockOffsetMs = ms;
  }

  /** Throws `time` for a request that was signed outside the venue's window. */
  checkTime(signedAt: number, behindMs = this.profile.timeWindow?.behindMs): void {
    const { timeWindow } = this.profile;
    if (timeWindow === undefined) return;
    const isFine = signedAt <= this.time() + timeWindow.aheadMs && signedAt >= this.time() - (behindMs ?? 0);
    if (!isFine) throw new Refused('time', `signed at ${signedAt}, the venue's time is ${this.time()}`);
  }

  // ── Orders ──

  /** A market order. Throws {@link Refused}. */
  enter(request: EntryRequest): VenueOrder {
    this.#store.settle();
    const { symbol, clientOrderId, side } = request;
    const instrument = this.#known(symbol);
    const quantity = parseDecimal(request.quantity);
    if (quantity === undefined) throw new Refused('least_quantity');
    const terms: OrderTerms = { clientOrderId, side, type: 'market', quantity };
    const view = this.#viewOf(symbol);
    checkTerms(terms, instrument, this.profile, view);
    checkWashTrade(terms, this.profile, view);
    if (this.#account.closes(symbol, side)) checkDayTrade(this.profile, this.#wasEntered(symbol));
    this.#account.checkFunds(instrument, terms);
    return this.#take(request, terms, { role: 'entry', holds: true });
  }

  /** Exits, one or a pair. Throws {@link Refused}, and then none is taken. */
  placeExits(request: ExitsRequest): readonly VenueOrder[] {
    this.#store.settle();
    const { symbol, side, listClientId } = request;
    const { exits } = this.profile;
    const instrument = this.#known(symbol);
    const quantity = parseDecimal(request.quantity);
    if (quantity === undefined) throw new Refused('least_quantity');
    const view = this.#viewOf(symbol);
    const legs = request.legs.map((leg) => ({ ...leg, side, quantity, price: decimal(leg.price) }));
    for (const leg of legs) checkTerms(leg, instrument, this.profile, view);
    checkAgainstMarket(legs, exits, view.last);
    checkDayTrade(this.profile, this.#wasEntered(symbol));
    const holds = exits.holds !== 'nothing';
    if (holds) this.#account.checkHold(symbol, side, reservedBy(this.profile.account, legs));
    const isList = exits.pair === 'linked' && (legs.length > 1 || listClientId !== undefined);
    const list = isList ? this.#listFor(listClientId) : {};
    const last = view.last;
    return legs.map((leg) =>
      this.#take({ ...leg, symbol, quantity: request.quantity }, leg, {
        role: 'exit',
        holds,
        waitsFor: waitingSide(leg, exits, last),
        ...list,
      }),
    );
  }

  /** A new list, or the working one of that name: a leg that is placed later joins the other. */
  #listFor(listClientId: string | undefined): { readonly listId: string; readonly listClientId?: string } {
    const known = this.#store.open().find((order) => listClientId !== undefined && order.listClientId === listClientId);
    if (known?.listId === undefined) this.#lists += 1;
    const listId = known?.listId ?? `L-${this.#lists}`;
    return { listId, ...(listClientId !== undefined && { listClientId }) };
  }

  #take(
    request: EntryRequest,
    { type, quantity, price }: OrderTerms,
    more: Pick<VenueOrder, 'role' | 'holds'> & Partial<VenueOrder>,
  ): VenueOrder {
    const { clientOrderId, symbol, side, tags = {} } = request;
    const plan = this.#plan({ clientOrderId, symbol, side, quantity, type, role: more.role });
    const sequence = this.#store.count + 1;
    const now = this.#store.at;
    const state = !this.#isOpen || (plan.worksFromMs ?? 0) > 0 ? 'pending_new' : 'new';
    const taken: VenueOrder = {
      id: request.id ?? this.profile.orderId?.(sequence) ?? `V-${sequence}`,
      ...{ clientOrderId, symbol, side, type, quantity, ordered: quantity, plan, state, tags },
      ...(price !== undefined && { price }),
      ...{ fills: [], filled: ZERO, value: ZERO, takenAt: now, updatedAt: now },
      ...{ isTriggered: false, isCancelAsked: false },
      ...more,
    };
    const order = this.#store.put(taken, state);
    if (this.#isOpen) this.#life.begin(order);
    else this.#waiting.push(order.id);
    return order;
  }

  /**
   * Takes the request to cancel; what it comes to is the order's plan. Throws `no_order`, `closed_order` or
   * `too_late_to_cancel`. Returns the order as it stands then.
   */
  cancel(ref: VenueRef): VenueOrder {
    const order = this.find(ref);
    if (order === undefined) throw new Refused('no_order');
    if (isOver(order)) throw new Refused('closed_order');
    if (order.plan.cancel === 'refuse') throw new Refused('too_late_to_cancel');
    this.#life.cancel(order);
    return this.#store.get(order.id) ?? order;
  }

  /** The newest order of that name; one that is hidden yet is not found. As it stands, or as it stood. */
  find({ id, clientOrderId, isHidden = false }: VenueRef, at?: number): VenueOrder | undefined {
    this.#store.settle();
    const when = at ?? this.#store.at;
    const found = id !== undefined ? [this.#store.get(id, at)] : this.#store.named(clientOrderId ?? '', at);
    return found.findLast((order) => order !== undefined && (isHidden || isVisible(order, when)));
  }

  /** Working orders that can be seen, the oldest first. */
  open(symbol?: string): readonly VenueOrder[] {
    this.#store.settle();
    return this.#store
      .open()
      .filter((order) => isVisible(order, this.#store.at) && (symbol === undefined || order.symbol === symbol));
  }

  /** All versions of an order, the oldest first. */
  versions(id: string): readonly VenueOrder[] {
    this.#store.settle();
    return this.#store.versions(id);
  }

  /** Every order of the symbol, hidden ones included, as they stand or stood. */
  ordersOf(symbol: string, at?: number): readonly VenueOrder[] {
    this.#store.settle();
    return this.#store.ofSymbol(symbol, at);
  }

  /** Every order there ever was, hidden ones included. */
  get orders(): readonly VenueOrder[] {
    this.#store.settle();
    return this.#store.all();
  }

  /** The id that is told: a placeholder while the order is pending, where the venue has one. */
  shownId({ id, state }: VenueOrder): string {
    return state === 'pending_new' ? (this.profile.placeholderId ?? id) : id;
  }

  /** The average price that is told: none before the plan's time. */
  shownAverage({ average, plan, takenAt }: VenueOrder, at = this.#store.at): Decimal | undefined {
    return at >= takenAt + (plan.pricedFromMs ?? 0) ? average : undefined;
  }

  // ── The account ──

  position(symbol: string, at?: number): Decimal {
    this.#store.settle();
    return this.#ledger.position(symbol, at);
  }

  /** Symbols that were ever held. */
  get symbols(): readonly string[] {
    this.#store.settle();
    return this.#ledger.symbols;
  }

  entryPrice(symbol: string): Decimal | undefined {
    return this.#ledger.entryPrice(symbol);
  }

  balance(asset: string): Decimal {
    this.#store.settle();
    return this.#ledger.balance(asset);
  }

  /** What working orders reserve of an asset; a linked pair once. */
  held(asset: string): Decimal {
    return this.#account.held(asset);
  }

  free(asset: string): Decimal {
    this.#store.settle();
    return this.#account.free(asset);
  }

  last(symbol: string): Decimal | undefined {
    return this.#prices.get(symbol);
  }

  // ── What the world does ──

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** While it is closed it takes orders, which wait; their plans count from the opening. */
  setOpen(isOpen: boolean): void {
    this.#store.settle();
    this.#isOpen = isOpen;
    if (isOpen) for (const id of this.#waiting.splice(0)) this.#life.beginLate(id);
  }

  /** The market trades at a price: exits that wait for it go out. */
  trade(symbol: string, price: string): void {
    this.#store.settle();
    this.#prices.set(symbol, decimal(price));
    this.#life.market(symbol, decimal(price));
  }

  /** A new last price that meets no exit. */
  quote(symbol: string, price: string): void {
    this.#prices.set(symbol, decimal(price));
  }

  /** Fills an order now; `isForced` also one that is over, and beyond its quantity. */
  fill(id: string, terms: FillTerms, isForced = false): void {
    this.#store.settle();
    this.#life.fill(id, terms, isForced);
  }

  /** Takes a fill back, or changes it. */
  correct(id: string, correction: Omit<PlannedCorrection, 'atMs'>): void {
    this.#store.settle();
    this.#life.correct(id, correction);
  }

  end(id: string, as: PlannedEnd, reason?: string): void {
    this.#store.settle();
    this.#life.end(id, as, reason);
  }

  restate(id: string, quantity: string, reason?: string): void {
    this.#store.settle();
    this.#life.restate(id, quantity, reason);
  }

  work(id: string): void {
    this.#store.settle();
    this.#life.work(id);
  }

  /** Tells the state in another word from now on. */
  say(id: string, word: string | undefined): void {
    this.#life.say(id, word);
  }

  /** The market comes to an exit's price. */
  hit(id: string): void {
    this.#store.settle();
    this.#life.hit(id);
  }

  /** Somebody else trades in the account. */
  setPosition(symbol: string, total: string): void {
    this.#store.settle();
    this.#ledger.setPosition(this.instrument(symbol) ?? { symbol }, total, this.#store.at);
  }

  setBalance(asset: string, total: string): void {
    this.#ledger.setBalance(asset, total, this.#store.at);
  }

  // ── What happened ──

  get events(): readonly VenueEvent[] {
    this.#store.settle();
    return this.#store.events;
  }

  /** Hears of each event from now on. Returns the end of it. */
  listen(listener: VenueListener): () => void {
    return this.#store.listen(listener);
  }

  // ── Checks ──

  #known(symbol: string): VenueInstrument {
    const instrument = this.instrument(symbol);
    if (instrument === undefined) throw new Refused('unknown_symbol');
    return instrument;
  }

  #wasEntered(symbol: string): boolean {
    return this.#store.ofSymbol(symbol).some(({ role }) => role === 'entry');
  }

  #viewOf(symbol: string) {
    const openOrders = this.#store.open().filter((order) => order.symbol === symbol);
    const { clientIds } = this.profile;
    const isTaken = (id: string): boolean =>
      clientIds !== 'free' && this.#store.named(id).some((order) => clientIds === 'forever' || !isOver(order));
    return { last: this.#prices.get(symbol), openOrders, isTaken };
  }
}

const isVisible = ({ takenAt, plan }: VenueOrder, at: number): boolean => at >= takenAt + (plan.visibleFromMs ?? 0);
