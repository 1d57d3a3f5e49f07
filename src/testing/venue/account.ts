/**
 * What the account has, what its orders reserve, and what is refused for want of it.
 *
 * 1. Spot: a sell reserves the base asset, a buy the quote at its price or the last. Margin: a position and an entry that
 *    opens reserve money, a short more than it is worth; an order that closes reserves of the position. Unlimited: nothing
 *    is reserved or refused.
 * 2. A linked pair reserves once; a conditional order nothing.
 */
import {
  absolute,
  add,
  type Decimal,
  decimal,
  isNegative,
  isPositive,
  lessThan,
  maximum,
  multiply,
  subtract,
  ZERO,
} from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';
import { assetsOf, type Ledger } from './ledger.js';
import type { OrderStore } from './order-store.js';
import { leaves, type VenueOrder } from './venue-order.js';
import { type OrderTerms, Refused, type VenueInstrument, type VenueProfile } from './venue-rules.js';

interface AccountParts {
  readonly store: OrderStore;
  readonly ledger: Ledger;
  readonly profile: VenueProfile;
  instrument(symbol: string): VenueInstrument;
  last(symbol: string): Decimal | undefined;
}

/** More than any order needs. */
const EVERYTHING = decimal('1e30');
const TWICE = decimal('2');

export class Account {
  constructor(private readonly parts: AccountParts) {}

  /** What working orders reserve of an asset. */
  held(asset: string): Decimal {
    const { store, profile } = this.parts;
    if (profile.account === 'unlimited') return ZERO;
    const holding = store.open().filter(({ holds }) => holds);
    if (profile.account === 'margin') {
      const opening = holding.filter(
        ({ symbol, side, role }) => role === 'entry' && this.#quoteOf(symbol) === asset && !this.closes(symbol, side),
      );
      return add(
        this.#reserved(opening, (order) => this.#openingValue(order, leaves(order))),
        this.#ofShorts(asset),
      );
    }
    return this.#reserved(
      holding.filter((order) => this.#assetOf(order) === asset),
      (order) => this.#cost(order),
    );
  }

  free(asset: string): Decimal {
    return subtract(this.parts.ledger.balance(asset), this.held(asset));
  }

  /** Whether an order on this side makes the position smaller. */
  closes(symbol: string, side: Side): boolean {
    const position = this.parts.ledger.position(symbol);
    return side === 'sell' ? isPositive(position) : isNegative(position);
  }

  /** What was sold short brought money in, and is owed. */
  #ofShorts(asset: string): Decimal {
    const { ledger } = this.parts;
    return ledger.symbols
      .filter((symbol) => this.#quoteOf(symbol) === asset && isNegative(ledger.position(symbol)))
      .map((symbol) => multiply(absolute(ledger.position(symbol)), multiply(this.#entryPrice(symbol), TWICE)))
      .reduce(add, ZERO);
  }

  #entryPrice(symbol: string): Decimal {
    return this.parts.ledger.entryPrice(symbol) ?? this.parts.last(symbol) ?? ZERO;
  }

  #quoteOf(symbol: string): string {
    return assetsOf(this.parts.instrument(symbol)).quote;
  }

  /** What an order that opens a position reserves of its money. */
  #openingValue({ symbol, side }: Pick<VenueOrder, 'symbol' | 'side'>, quantity: Decimal): Decimal {
    const { shortMargin = '1' } = this.parts.profile;
    const value = multiply(quantity, this.parts.last(symbol) ?? ZERO);
    return side === 'sell' ? multiply(value, decimal(shortMargin)) : value;
  }

  /** What an order that triggers can still deliver. */
  deliverable(order: VenueOrder): Decimal {
    return this.parts.profile.account === 'spot' ? this.free(this.#assetOf(order)) : this.#closable(order);
  }

  checkFunds(instrument: VenueInstrument, { side, quantity }: OrderTerms): void {
    const { profile } = this.parts;
    const { symbol } = instrument;
    if (profile.account === 'unlimited') return;
    if (profile.account === 'spot' || this.closes(symbol, side)) {
      const isPaid = side === 'buy' && profile.account === 'spot';
      this.checkHold(symbol, side, isPaid ? multiply(quantity, this.parts.last(symbol) ?? ZERO) : quantity);
      return;
    }
    if (side === 'sell' && instrument.isShortable === false) throw new Refused('not_shortable');
    const value = this.#openingValue({ symbol, side }, quantity);
    if (lessThan(this.free(assetsOf(instrument).quote), value)) throw new Refused('funds');
  }

  /** What an order would reserve is there, and held by no other. */
  checkHold(symbol: string, side: Side, needed: Decimal): void {
    const { account } = this.parts.profile;
    if (account === 'unlimited') return;
    const available =
      account === 'spot' ? this.free(this.#assetOf({ symbol, side })) : this.#closable({ symbol, side, id: '' });
    if (lessThan(available, needed)) throw new Refused('funds', `requested ${needed}, available ${available}`);
  }

  #assetOf({ symbol, side }: Pick<VenueOrder, 'symbol' | 'side'>): string {
    const { base, quote } = assetsOf(this.parts.instrument(symbol));
    return side === 'sell' ? base : quote;
  }

  #cost(order: VenueOrder): Decimal {
    const price = order.price ?? this.parts.last(order.symbol) ?? ZERO;
    return order.side === 'sell' ? leaves(order) : multiply(leaves(order), price);
  }

  /** Of a net position, what no other order closes yet. */
  #closable({ symbol, side, id }: Pick<VenueOrder, 'symbol' | 'side' | 'id'>): Decimal {
    const { store, ledger, profile } = this.parts;
    if (profile.account === 'unlimited') return EVERYTHING;
    const others = store
      .open()
      .filter((order) => order.symbol === symbol && order.side === side && order.holds && order.id !== id);
    return subtract(
      this.closes(symbol, side) ? absolute(ledger.position(symbol)) : ZERO,
      this.#reserved(others, leaves),
    );
  }

  #reserved(orders: readonly VenueOrder[], amountOf: (order: VenueOrder) => Decimal): Decimal {
    const isOnce = this.parts.profile.exits.holds === 'once';
    const amounts = new Map<string, Decimal>();
    for (const order of orders) {
      const key = isOnce && order.listId !== undefined ? order.listId : order.id;
      amounts.set(key, maximum(amounts.get(key) ?? ZERO, amountOf(order)));
    }
    return [...amounts.values()].reduce(add, ZERO);
  }
}
