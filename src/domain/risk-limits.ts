/**
 * The operator's limits before an order (G1, G2): what each order would come to, held against its bounds.
 *
 * 1. Off unless configured. A value at its bound is accepted; one above it is refused.
 * 2. Looked at in the order of {@link LIMIT_ORDER}; the first that fails refuses, and names limit, value and bound.
 * 3. What cannot be valued is refused.
 * 4. A bound on one order, and on the executions of a symbol, is the symbol's own where it has one, else that for all symbols.
 *    A bound on what adds up (submit calls, open notional, loss) holds for the total, and the symbol's own for its part.
 */
import {
  absolute,
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  isPositive,
  lessThan,
  maximum,
  multiply,
  parseVenueDecimal,
  roundHalfEven,
  subtract,
} from './decimal.js';
import { symbolKey } from './kill-switch.js';
import type { Quote, Side } from './ports.js';
import { attempt } from './reading.js';
import type { FrozenSnapshot } from './snapshot.js';
import type { Refusal } from './validation.js';

/**
 * Bounds of orders. Decimals are strings greater than zero, counts whole numbers of at least 1; what is absent is not
 * limited.
 * @public @since 0.1.0
 */
export interface Limits {
  /** Greatest `positionSize` of one advisory. */
  readonly maxPositionSize?: string | undefined;
  /** Greatest value of one order: its size × the higher of reference price and market price. */
  readonly maxNotional?: string | undefined;
  /** Greatest distance of the market price from the reference price, in percent of the latter: `5` is 5 %. Needs the adapter's `quote`. */
  readonly maxReferenceDeviationPct?: string | undefined;
  /** Most executions of one symbol between their first submit call and their result. */
  readonly maxLiveExecutions?: number | undefined;
  /** Most submit calls within 60 s, repeats included. Reaching it sets `RISK_LIMIT` ACTIVE (G3). */
  readonly maxSubmitsPerMinute?: number | undefined;
  /** Greatest value of all that is held or may be filled yet, with the order in question. In the currency of the prices, never converted. */
  readonly maxOpenNotional?: string | undefined;
  /** Realised loss of the day (UTC), by the fills of exits and before fees, at which `RISK_LIMIT` goes ACTIVE (G3). */
  readonly maxDailyLoss?: string | undefined;
}

/** {@link Limits} for all symbols, and by symbol. @public @since 0.1.0 */
export interface LimitOptions extends Limits {
  readonly bySymbol?: Readonly<Record<string, Limits>> | undefined;
}

/** Limits as they are read. */
export interface Bounds {
  readonly maxPositionSize?: Decimal;
  readonly maxNotional?: Decimal;
  readonly maxReferenceDeviationPct?: Decimal;
  readonly maxLiveExecutions?: Decimal;
  readonly maxSubmitsPerMinute?: Decimal;
  readonly maxOpenNotional?: Decimal;
  readonly maxDailyLoss?: Decimal;
}

export type LimitName = keyof Bounds;

export interface RiskLimits {
  readonly all: Bounds;
  /** By {@link symbolKey}. */
  readonly bySymbol: ReadonlyMap<string, Bounds>;
}

/** Every limit there is, in the order in which they are looked at. `maxDailyLoss` refuses nothing by itself: it sets a switch. */
export const LIMIT_ORDER: readonly LimitName[] = Object.keys({
  maxPositionSize: true,
  maxNotional: true,
  maxReferenceDeviationPct: true,
  maxLiveExecutions: true,
  maxSubmitsPerMinute: true,
  maxOpenNotional: true,
  maxDailyLoss: true,
} satisfies Record<LimitName, true>) as LimitName[];

/** What adds up, asked for only where a bound needs it. `within`: the symbol's part; the total without it. */
export interface RiskFigures {
  /** Other executions of the symbol between their first submit call and their result. */
  liveExecutions(): number;
  /** Submit calls of the last 60 s. */
  submitsLastMinute(within?: 'symbol'): number;
  /** Value of what is held or may be filled yet, without this order; `undefined` when something in it has no price. */
  openNotional(within?: 'symbol'): Decimal | undefined;
}

type Priced = Pick<FrozenSnapshot, 'positionSize' | 'referencePrice'>;

/** The higher of reference price and market price. */
export const valuationPrice = (referencePrice: Decimal, marketPrice: Decimal | undefined): Decimal =>
  marketPrice === undefined ? referencePrice : maximum(referencePrice, marketPrice);

export const notionalOf = ({ positionSize, referencePrice }: Priced, marketPrice: Decimal | undefined): Decimal =>
  multiply(positionSize, valuationPrice(referencePrice, marketPrice));

/** What a market order would meet: the ask for a buy, the bid for a sell; else the last price, else the other side. */
export function marketPriceOf(raw: unknown, side: Side): Decimal | undefined {
  const price = (name: keyof Quote): Decimal | undefined => {
    const parsed = parseVenueDecimal(attempt(() => (raw as Quote)[name]));
    return parsed !== undefined && isPositive(parsed) ? parsed : undefined;
  };
  const [near, far] = side === 'buy' ? (['ask', 'bid'] as const) : (['bid', 'ask'] as const);
  return price(near) ?? price('last') ?? price(far);
}

/** The bounds of the symbol alone, by whichever of its notations they are given under. */
export function ownBounds({ bySymbol }: RiskLimits, names: ReadonlySet<string>): Bounds {
  for (const name of names) {
    const own = bySymbol.get(name);
    if (own !== undefined) return own;
  }
  return {};
}

/** The symbol's notations as they are compared: without regard to case and outer blanks. */
export const namesOf = (symbol: string, aliases: readonly string[] = []): ReadonlySet<string> =>
  new Set([symbol, ...aliases].map(symbolKey));

/** Whether a limit of the symbol hangs on its market price. */
export function needsQuote(limits: RiskLimits, names: ReadonlySet<string>): boolean {
  const { maxReferenceDeviationPct, maxNotional, maxOpenNotional } = { ...limits.all, ...ownBounds(limits, names) };
  return [maxReferenceDeviationPct, maxNotional, maxOpenNotional].some((bound) => bound !== undefined);
}

interface LimitedOrder {
  readonly snapshot: FrozenSnapshot;
  readonly marketPrice?: Decimal | undefined;
  readonly names: ReadonlySet<string>;
}

/** The first limit that the order would break (V11). */
export function limitRefusal(limits: RiskLimits, order: LimitedOrder, figures: RiskFigures): Refusal | undefined {
  const own = ownBounds(limits, order.names);
  const bounds = { ...limits.all, ...own };
  return (
    sizeRefusal(bounds, order) ??
    notionalRefusal(bounds, order) ??
    deviationRefusal(bounds, order) ??
    liveRefusal(bounds, order, figures) ??
    submitsRefusal(limits.all, figures.submitsLastMinute) ??
    submitsRefusal(own, () => figures.submitsLastMinute('symbol'), order.snapshot.symbol) ??
    openRefusal(limits.all, order, () => figures.openNotional()) ??
    openRefusal(own, order, () => figures.openNotional('symbol'), order.snapshot.symbol)
  );
}

function sizeRefusal({ maxPositionSize: bound }: Bounds, { snapshot }: LimitedOrder): Refusal | undefined {
  const { positionSize, symbol } = snapshot;
  if (bound === undefined || !lessThan(bound, positionSize)) return undefined;
  const value = { limit: 'maxPositionSize', value: positionSize, bound } as const;
  return exceeded(value, `positionSize of ${symbol} is ${positionSize}`, 'positionSize');
}

function notionalRefusal({ maxNotional: bound }: Bounds, order: LimitedOrder): Refusal | undefined {
  const { snapshot, marketPrice } = order;
  const value = notionalOf(snapshot, marketPrice);
  if (bound === undefined || !lessThan(bound, value)) return undefined;
  const price = valuationPrice(snapshot.referencePrice, marketPrice);
  const said = `the order's value is ${value}, ${snapshot.positionSize} ${snapshot.symbol} at ${price}`;
  return exceeded({ limit: 'maxNotional', value, bound }, said, 'positionSize');
}

const HUNDRED = decimal(100);
const PERCENT_PLACES = 6;

function deviationRefusal(
  { maxReferenceDeviationPct: bound }: Bounds,
  { snapshot, marketPrice }: LimitedOrder,
): Refusal | undefined {
  const limit = 'maxReferenceDeviationPct';
  const { referencePrice, symbol } = snapshot;
  if (bound === undefined) return undefined;
  if (marketPrice === undefined) return exceeded({ limit, value: 'unknown', bound }, `${symbol} has no market price`);
  const away = multiply(absolute(subtract(marketPrice, referencePrice)), HUNDRED);
  // Compared without a division, so that nothing is rounded.
  if (!lessThan(multiply(bound, referencePrice), away)) return undefined;
  const value = roundHalfEven(divide(away, referencePrice), PERCENT_PLACES);
  const said = `the market price ${marketPrice} of ${symbol} is ${value} % away from the reference price ${referencePrice}`;
  return exceeded({ limit, value, bound }, said, 'referencePrice');
}

function liveRefusal(
  { maxLiveExecutions: bound }: Bounds,
  { snapshot }: LimitedOrder,
  figures: RiskFigures,
): Refusal | undefined {
  if (bound === undefined) return undefined;
  const value = decimal(figures.liveExecutions() + 1);
  if (!lessThan(bound, value)) return undefined;
  return exceeded(
    { limit: 'maxLiveExecutions', value, bound },
    `${snapshot.symbol} would have ${value} live executions`,
  );
}

function submitsRefusal(
  { maxSubmitsPerMinute: bound }: Bounds,
  count: () => number,
  symbol?: string,
): Refusal | undefined {
  if (bound === undefined) return undefined;
  const value = decimal(count() + 1);
  if (!lessThan(bound, value)) return undefined;
  const said = `this would be submit call ${value} ${symbol === undefined ? '' : `of ${symbol} `}within 60 s`;
  return exceeded({ limit: 'maxSubmitsPerMinute', value, bound, ...ofSymbol(symbol) }, said);
}

function openRefusal(
  { maxOpenNotional: bound }: Bounds,
  { snapshot, marketPrice }: LimitedOrder,
  open: () => Decimal | undefined,
  symbol?: string,
): Refusal | undefined {
  if (bound === undefined) return undefined;
  const limit = { limit: 'maxOpenNotional', bound, ...ofSymbol(symbol) } as const;
  const held = open();
  if (held === undefined) return exceeded({ ...limit, value: 'unknown' }, 'something that is held has no price');
  const value = add(held, notionalOf(snapshot, marketPrice));
  if (!lessThan(bound, value)) return undefined;
  const where = symbol === undefined ? '' : ` in ${symbol}`;
  return exceeded({ ...limit, value }, `the open value${where} would be ${value}, ${held} of it open already`);
}

const ofSymbol = (symbol: string | undefined) => (symbol === undefined ? {} : { symbol });

interface Exceeded {
  readonly limit: LimitName;
  readonly value: string;
  readonly bound: Decimal;
  readonly symbol?: string;
}

function exceeded(found: Exceeded, said: string, field?: string): Refusal {
  const message = `Limit ${found.limit}: ${said}; accepted is at most ${found.bound}.`;
  const where = field === undefined ? {} : { field };
  return { rule: 'V11', code: 'LIMIT_EXCEEDED', message, ...where, refusedBy: { kind: 'limit', ...found } };
}

/** Whether a count or a loss has reached its bound (G3). */
export const hasReached = (value: Decimal, bound: Decimal | undefined): boolean =>
  bound !== undefined && compare(value, bound) >= 0;
