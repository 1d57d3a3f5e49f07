/**
 * The options `limits` and `preTrade`, read: what is broken, or not known at all, is refused by name (E8, G1).
 *
 * A limit that is passed over in silence is a control that the operator believes to be there.
 */
import { type Decimal, decimal, isPositive, parseDecimal } from '../domain/decimal.js';
import { symbolKey } from '../domain/kill-switch.js';
import { refuseUnknown } from '../domain/option-names.js';
import type { BrokerAdapter } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import { type Bounds, LIMIT_ORDER, type LimitName, type RiskLimits } from '../domain/risk-limits.js';
import { show } from '../domain/snapshot.js';
import type { PreTrade, RiskOptions } from './risk-gate.js';

export interface CheckedRisk {
  readonly limits: RiskLimits;
  readonly preTrade: PreTrade | undefined;
}

const COUNTS: readonly LimitName[] = ['maxLiveExecutions', 'maxSubmitsPerMinute'];

/** `undefined` when neither option is given. @throws {FillchartError} `INVALID_OPTION` */
export function checkedRisk({ limits, preTrade }: RiskOptions, broker: BrokerAdapter): CheckedRisk | undefined {
  if (limits === undefined && preTrade === undefined) return undefined;
  if (preTrade !== undefined && typeof preTrade !== 'function') throw invalid('preTrade', preTrade, 'a function');
  const all = boundsOf(limits, 'limits.', ['bySymbol']);
  const bySymbol = new Map<string, Bounds>();
  for (const [symbol, given] of Object.entries(symbolsOf(limits?.bySymbol))) {
    const where = `limits.bySymbol.${symbol}`;
    if (symbol.trim() === '') throw invalid('limits.bySymbol', symbol, 'a symbol as the name');
    if (bySymbol.has(symbolKey(symbol))) throw invalid(where, given, 'each symbol once, whatever its case');
    if (given === undefined) throw invalid(where, given, 'an object');
    bySymbol.set(symbolKey(symbol), boundsOf(given, `${where}.`));
  }
  const needsQuote = [all, ...bySymbol.values()].some((bounds) => bounds.maxReferenceDeviationPct !== undefined);
  if (needsQuote && typeof broker.quote !== 'function') {
    const message = `limits.maxReferenceDeviationPct needs the market price; the adapter ${broker.name} has no quote.`;
    throw new FillchartError('INVALID_OPTION', message);
  }
  return { limits: { all, bySymbol }, preTrade };
}

function symbolsOf(given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw invalid('limits.bySymbol', given, 'an object with limits by symbol');
}

function boundsOf(given: unknown, prefix: string, besides: readonly string[] = []): Bounds {
  refuseUnknown('createEngine', given, [...LIMIT_ORDER, ...besides], prefix);
  const bounds: Partial<Record<LimitName, Decimal>> = {};
  for (const name of LIMIT_ORDER) {
    const value = (given as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (value !== undefined) bounds[name] = boundOf(name, value, prefix);
  }
  return Object.freeze(bounds);
}

function boundOf(name: LimitName, value: unknown, prefix: string): Decimal {
  if (COUNTS.includes(name)) {
    if (Number.isSafeInteger(value) && Number(value) >= 1) return decimal(Number(value));
    throw invalid(prefix + name, value, 'a whole number of at least 1');
  }
  const parsed = parseDecimal(value);
  if (parsed !== undefined && isPositive(parsed)) return parsed;
  throw invalid(prefix + name, value, 'a decimal greater than zero');
}

const invalid = (option: string, value: unknown, accepted: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `${option} is ${show(value)}; accepted is ${accepted}.`);
