/**
 * What an exchange demands of orders in a market, and whether one can be placed and protected right now.
 *
 * Read from the exchange itself each time, at most a few seconds old: a market may be halted at any moment.
 */
import type { Instrument } from '../../../domain/ports.js';
import { remembered } from '../remembered.js';
import { type Desk, marketOf } from './desk.js';
import type { Rules } from './dialect.js';

export interface InstrumentReader {
  instrument(symbol: string, signal: AbortSignal): Promise<Instrument | 'unknown_symbol'>;
  /** @throws {Error} when the exchange does not say */
  rules(symbol: string, signal: AbortSignal): Promise<Rules>;
  /** Price of the last trade. @throws {Error} when there is none */
  lastPrice(symbol: string, signal: AbortSignal): Promise<string>;
}

const RULES_FRESH_MS = 5_000;
const PRICE_FRESH_MS = 1_000;

export function instrumentReader(desk: Desk): InstrumentReader {
  const { wire, dialect, settings } = desk;
  const known = remembered<Rules>(settings.clock, RULES_FRESH_MS);
  const prices = remembered<string>(settings.clock, PRICE_FRESH_MS);

  const rules = (symbol: string, signal: AbortSignal): Promise<Rules> =>
    known(symbol, async () => {
      const market = marketOf(desk, symbol);
      const said = await wire.read(signal, dialect.rulesOf(market));
      const found = dialect.rules(said.data, market);
      if (found === undefined) throw new Error(`${settings.exchange}: unreadable rules of ${symbol}`);
      return found;
    });

  return {
    rules,
    lastPrice: (symbol, signal) =>
      prices(symbol, async () => {
        const said = await wire.read(signal, dialect.priceOf(marketOf(desk, symbol)));
        const price = dialect.lastPrice(said.data);
        if (price === undefined) throw new Error(`${settings.exchange}: no last price of ${symbol}`);
        return price;
      }),
    async instrument(symbol, signal) {
      if (desk.markets().find(symbol) === undefined) return 'unknown_symbol';
      return instrumentOf(symbol, await rules(symbol, signal));
    },
  };
}

function instrumentOf(symbol: string, { tickSize, lotSize, minQty, maxQty, halted, bare }: Rules): Instrument {
  const reason = halted ?? bare;
  return {
    symbol,
    tickSize,
    lotSize,
    ...(minQty !== undefined && { minQty }),
    ...(maxQty !== undefined && { maxQty }),
    ...(halted !== undefined && { tradable: false }),
    ...(bare !== undefined && { protectable: false }),
    ...(reason !== undefined && { reason }),
  };
}
