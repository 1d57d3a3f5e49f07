/**
 * What an exchange demands of orders in a market, and whether one can be placed and protected right now.
 *
 * Read from the exchange itself each time, at most a few seconds old: a market may be halted at any moment.
 */

import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import type { Instrument, Quote } from '../../../domain/ports.js';
import { remembered } from '../remembered.js';
import { type Connection, marketOf } from './connection.js';
import type { Market, Rules } from './dialect.js';

export interface InstrumentReader {
  instrument(symbol: string, signal: AbortSignal): Promise<Instrument | 'unknown_symbol'>;
  /** @throws {Error} when the exchange does not say */
  rules(symbol: string, signal: AbortSignal): Promise<Rules>;
  /** Price of the last trade. @throws {Error} when there is none */
  lastPrice(symbol: string, signal: AbortSignal): Promise<string>;
  /** The average that the exchange holds prices against, else the last price. @throws {Error} when there is none */
  averagePrice(symbol: string, signal: AbortSignal): Promise<string>;
  /** @throws {Error} when the exchange does not say */
  quote(symbol: string, signal: AbortSignal): Promise<Quote>;
}

/** The exchange says that there is no such market. */
class UnknownMarket extends BrokerRefusal {}

const RULES_FRESH_MS = 5_000;
const PRICE_FRESH_MS = 1_000;

export function instrumentReader(connection: Connection): InstrumentReader {
  const { wire, dialect, settings } = connection;
  const known = remembered<Rules>(settings.clock, RULES_FRESH_MS);
  const prices = remembered<string>(settings.clock, PRICE_FRESH_MS);

  const rules = (symbol: string, signal: AbortSignal): Promise<Rules> =>
    known(symbol, async () => {
      const market = marketOf(connection, symbol);
      const said = await wire.read(signal, dialect.rulesOf(market), 'read', symbol);
      const found = said.isOk ? dialect.rules(said.data, market) : undefined;
      if (found === 'absent' || (!said.isOk && dialect.isUnknownMarket(said))) {
        throw new UnknownMarket(`${settings.exchange}: ${said.message ?? `there is no market ${symbol}`}`);
      }
      if (found === undefined) throw new Error(`${settings.exchange}: unreadable rules of ${symbol}`);
      return found;
    });

  const lastPrice = (symbol: string, signal: AbortSignal): Promise<string> =>
    prices(symbol, async () => {
      const said = await wire.read(signal, dialect.priceOf(marketOf(connection, symbol)), 'read', symbol);
      const price = dialect.lastPrice(said.data);
      if (price === undefined) throw new Error(`${settings.exchange}: no last price of ${symbol}`);
      return price;
    });

  return {
    rules,
    lastPrice,
    async averagePrice(symbol, signal) {
      const request = dialect.averageOf?.(marketOf(connection, symbol));
      if (request === undefined) return lastPrice(symbol, signal);
      const said = await wire.read(signal, request, 'read', symbol).catch(() => undefined);
      const average = said === undefined ? undefined : dialect.lastPrice(said.data);
      return average ?? lastPrice(symbol, signal);
    },
    async quote(symbol, signal) {
      const market = marketOf(connection, symbol);
      const said = await wire.read(signal, (dialect.quoteOf ?? dialect.priceOf)(market), 'read', symbol);
      const quote = dialect.quote(said.data);
      if (quote === undefined) throw new Error(`${settings.exchange}: unreadable quote of ${symbol}`);
      return quote;
    },
    async instrument(symbol, signal) {
      const market = connection.markets().find(symbol);
      if (market === undefined) return 'unknown_symbol';
      try {
        return instrumentOf(market, await rules(symbol, signal));
      } catch (error) {
        if (error instanceof UnknownMarket) return 'unknown_symbol';
        throw error;
      }
    },
  };
}

function instrumentOf(
  { symbol, baseId }: Market,
  { tickSize, lotSize, minQty, maxQty, halted, bare }: Rules,
): Instrument {
  const reason = halted ?? bare;
  return {
    symbol,
    baseAsset: symbol.split('/')[0] ?? baseId,
    tickSize,
    lotSize,
    ...(minQty !== undefined && { minQty }),
    ...(maxQty !== undefined && { maxQty }),
    ...(halted !== undefined && { tradable: false }),
    ...(bare !== undefined && { protectable: false }),
    ...(reason !== undefined && { reason }),
  };
}
