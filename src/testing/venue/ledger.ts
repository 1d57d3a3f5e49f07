/**
 * Balances and positions, with their past: what each fill moved.
 *
 * 1. A fill moves base and quote; its fee goes off the asset in which it was charged. A position is what was bought less
 *    what was sold, less the fees in the asset itself.
 * 2. Taking a fill back moves the same the other way.
 */
import { add, type Decimal, decimal, multiply, negate, ZERO } from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';
import type { VenueFill } from './venue-order.js';
import type { VenueInstrument } from './venue-rules.js';

interface Level {
  readonly at: number;
  readonly total: Decimal;
}

export class Ledger {
  /** Levels by asset, and by symbol: apart, since a symbol may be named like an asset. */
  readonly #assets = new Map<string, Level[]>();
  readonly #positions = new Map<string, Level[]>();
  /** What each symbol has cost or brought in, fees in the quote included. */
  readonly #entryPrices = new Map<string, Decimal>();

  constructor(balances: Readonly<Record<string, string>>, positions: Readonly<Record<string, string>>) {
    for (const [asset, total] of Object.entries(balances)) this.#assets.set(asset, [level(total)]);
    for (const [symbol, total] of Object.entries(positions)) this.#positions.set(symbol, [level(total)]);
  }

  /** Symbols that were ever held. */
  get symbols(): readonly string[] {
    return [...this.#positions.keys()];
  }

  get assets(): readonly string[] {
    return [...this.#assets.keys()];
  }

  balance(asset: string, at?: number): Decimal {
    return levelAt(this.#assets.get(asset), at);
  }

  position(symbol: string, at?: number): Decimal {
    return levelAt(this.#positions.get(symbol), at);
  }

  /** Price of the last trade in the symbol. */
  entryPrice(symbol: string): Decimal | undefined {
    return this.#entryPrices.get(symbol);
  }

  /** Books a fill, or with `sign` −1 takes it back. */
  book(instrument: VenueInstrument, side: Side, fill: VenueFill, at: number, sign: 1 | -1 = 1): void {
    const { symbol } = instrument;
    const { base, quote } = assetsOf(instrument);
    const signed = (amount: Decimal) => (sign === 1 ? amount : negate(amount));
    const gained = signed(side === 'buy' ? fill.quantity : negate(fill.quantity));
    const paid = signed(multiply(fill.quantity, fill.price));
    this.#move(this.#positions, symbol, gained, at);
    this.#move(this.#assets, base, gained, at);
    this.#move(this.#assets, quote, side === 'buy' ? negate(paid) : paid, at);
    this.#entryPrices.set(symbol, fill.price);
    if (fill.fee === undefined) return;
    const charged = negate(signed(fill.fee.amount));
    this.#move(this.#assets, fill.fee.asset, charged, at);
    if (fill.fee.asset === base) this.#move(this.#positions, symbol, charged, at);
  }

  /** Somebody else trades, pays in or takes out. */
  setPosition(instrument: VenueInstrument, total: string, at: number): void {
    const moved = add(decimal(total), negate(this.position(instrument.symbol)));
    this.#move(this.#positions, instrument.symbol, moved, at);
    this.#move(this.#assets, assetsOf(instrument).base, moved, at);
  }

  setBalance(asset: string, total: string, at: number): void {
    this.#move(this.#assets, asset, add(decimal(total), negate(this.balance(asset))), at);
  }

  #move(levels: Map<string, Level[]>, key: string, by: Decimal, at: number): void {
    const known = levels.get(key) ?? [];
    known.push({ at, total: add(known.at(-1)?.total ?? ZERO, by) });
    levels.set(key, known);
  }
}

const level = (total: string): Level => ({ at: Number.NEGATIVE_INFINITY, total: decimal(total) });

const levelAt = (levels: readonly Level[] | undefined, at: number | undefined): Decimal =>
  (at === undefined ? levels?.at(-1) : levels?.findLast((one) => one.at <= at))?.total ?? ZERO;

/** The two assets of a symbol: `BASE/QUOTE`, else the symbol itself against dollars. */
export function assetsOf({ symbol, base, quote }: VenueInstrument): { readonly base: string; readonly quote: string } {
  const [first = symbol, second = 'USD'] = symbol.split('/');
  return { base: base ?? first, quote: quote ?? second };
}
