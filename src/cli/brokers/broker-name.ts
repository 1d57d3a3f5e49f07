/**
 * Where orders can go, by the names that `--broker` takes.
 */
import { UsageError } from '../exit-codes.js';

/** The exchanges that have been looked at one by one; others are not guessed. */
const CCXT_EXCHANGES = ['binance', 'bybit', 'okx', 'kraken'] as const;
export type CcxtExchange = (typeof CCXT_EXCHANGES)[number];

export type BrokerName = 'paper' | 'alpaca' | 'fix' | `ccxt:${CcxtExchange}`;

const BROKER_NAMES: readonly BrokerName[] = [
  'paper',
  'alpaca',
  'fix',
  ...CCXT_EXCHANGES.map((exchange) => `ccxt:${exchange}` as const),
];

/** For `--help`. */
export const BROKERS_HELP = `paper, alpaca, fix, or ccxt:<exchange> (${CCXT_EXCHANGES.join(', ')})`;

/** Nothing is at stake there, and no network in between: only these may run on a scaled clock. */
export const isSimulated = (name: BrokerName): boolean => name === 'paper';

/** @throws {UsageError} naming what is accepted */
export function brokerName(given: string): BrokerName {
  const known = BROKER_NAMES.find((name) => name === given);
  if (known !== undefined) return known;
  throw new UsageError(`there is no broker ${JSON.stringify(given)}; accepted is ${BROKERS_HELP}.`);
}
