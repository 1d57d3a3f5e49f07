/**
 * What the account has, what its orders reserve, and what is refused for want of it.
 *
 * 1. Spot: a sell reserves the base asset, a buy the quote at its price or the last. Margin: an entry that opens reserves
 *    money, an order that closes reserves of the position. Unlimited: nothing is reserved or refused.
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

export interface AccountParts {
  readonly store: OrderStore;
  readonly ledger: Ledger;
  readonly profile: VenueProfile;
  instrument(symbol: string): VenueInstrument;
  last(symbol: string): Decimal | undefined;
}

/** More than any order needs. */
const EVERYTHING = decimal('1e30');

export class Account {
  constructor(private readonly parts: AccountParts) {}

  /** What working orders reserve of an asset. */
  held(asset: string): Decimal {
    const { store, profile } = this.parts;
    if (profile.account === 'unlimited') return ZERO;
    const isSpot = profile.account === 'spot';
    const holding = store
      .open()
      .filter((order) => order.holds && this.#assetOf(order) === asset && (isSpot || order.role === 'entry'));
    return this.#reserved(holding, (order) => this.#cost(order));
  }

  free(asset: string): Decimal {
    return subtract(this.parts.ledger.balance(asset), this.held(asset));
  }

  /** What an order that triggers can still deliver. */
  deliverable(order: VenueOrder): Decimal {
    return this.parts.profile.account === 'spot' ? this.free(this.#assetOf(order)) : this.#closable(order);
  }

  checkFunds(instrument: VenueInstrument, { side, quantity }: OrderTerms): void {
    const { profile, ledger } = this.parts;
    const { symbol } = instrument;
    if (profile.account === 'unlimited') return;
    const value = multiply(quantity, this.parts.last(symbol) ?? ZERO);
    const position = ledger.position(symbol);
    const closes = side === 'sell' ? isPositive(position) : isNegative(position);
    if (profile.account === 'spot' || closes) {
      this.checkHold(symbol, side, side === 'buy' && profile.account === 'spot' ? value : quantity);
      return;
    }
    if (side === 'sell' && instrument.isShortable === false) throw new Refused('not_shortable');
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
    const position = ledger.position(symbol);
    const isOpposite = side === 'sell' ? isPositive(position) : isNegative(position);
    const others = store
      .open()
      .filter((order) => order.symbol === symbol && order.side === side && order.holds && order.id !== id);
    return subtract(isOpposite ? absolute(position) : ZERO, this.#reserved(others, leaves));
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
