/** The spot markets of an exchange, by the symbols of ccxt (`BTC/USDT`) and by the exchange's own names. */
import { isJson, type Market, textOf } from './dialect.js';

export interface Markets {
  find(symbol: string): Market | undefined;
  /** The symbol for an exchange's name; the name itself when it is not known. */
  symbolOf(marketId: string): string;
}

/** From the markets of ccxt, which are keyed by symbol. What is not spot is left out. */
export function spotMarkets(raw: Readonly<Record<string, unknown>> | undefined): Markets {
  const bySymbol = new Map<string, Market>();
  const byId = new Map<string, string>();
  for (const entry of Object.values(raw ?? {})) {
    const market = marketOf(entry);
    if (market === undefined) continue;
    bySymbol.set(market.symbol, market);
    for (const name of [market.id, market.alias]) if (name !== undefined) byId.set(name, market.symbol);
  }
  return {
    find: (symbol) => bySymbol.get(symbol),
    symbolOf: (marketId) => byId.get(marketId) ?? marketId,
  };
}

function marketOf(entry: unknown): Market | undefined {
  if (!isJson(entry) || entry['spot'] !== true) return undefined;
  const [id, symbol] = [textOf(entry['id']), textOf(entry['symbol'])];
  const info = isJson(entry['info']) ? entry['info'] : {};
  // kraken's own names of currencies stand in what it sent; for the others ccxt's are the same.
  const baseId = textOf(info['base']) ?? textOf(entry['baseId']);
  const quoteId = textOf(info['quote']) ?? textOf(entry['quoteId']);
  const alias = textOf(entry['altname']);
  if (id === undefined || symbol === undefined || baseId === undefined || quoteId === undefined) return undefined;
  return { id, symbol, baseId, quoteId, ...(alias && { alias }) };
}
