/** The markets of an exchange, by the symbols of ccxt (`BTC/USDT`) and by the exchange's own names. */
import { isJson, type Json, type Market, textOf } from './dialect.js';

export interface Markets {
  find(symbol: string): Market | undefined;
  /** The symbol for an exchange's name; the name itself when it is not known. */
  symbolOf(marketId: string): string;
  /** Every notation of the market that any of its names leads to; none for a name that leads nowhere (K9). */
  aliases(name: string): readonly string[];
}

type MarketKind = 'spot' | 'linear';

/** From the markets of ccxt, which are keyed by symbol. What is of another kind is left out. */
export function marketsOf(raw: Readonly<Record<string, unknown>> | undefined, kind: MarketKind): Markets {
  const bySymbol = new Map<string, Market>();
  const byId = new Map<string, string>();
  const byName = new Map<string, Market>();
  for (const entry of Object.values(raw ?? {})) {
    const market = marketOf(entry, kind);
    if (market === undefined) continue;
    bySymbol.set(market.symbol, market);
    for (const name of [market.id, ...market.aliases]) byId.set(name, market.symbol);
  }
  for (const market of bySymbol.values())
    for (const name of notations(market)) if (!byName.has(name)) byName.set(name, market);
  return {
    find: (symbol) => bySymbol.get(symbol),
    symbolOf: (marketId) => byId.get(marketId) ?? marketId,
    aliases(name) {
      const market = bySymbol.get(name) ?? byName.get(name) ?? byName.get(name.toUpperCase());
      return market === undefined ? [] : [...new Set([name, ...notations(market)])];
    },
  };
}

/** `BTC/USDT` is also written `BTCUSDT`, `BTC-USDT`, `BTC_USDT`; the exchange's own codes likewise. */
function notations({ id, symbol, baseId, quoteId, aliases }: Market): readonly string[] {
  const [pair = symbol] = symbol.split(':');
  const [base = '', quote = ''] = pair.split('/');
  const joined = [
    [base, quote],
    [baseId, quoteId],
  ].flatMap(([one, other]) => ['/', '', '-', '_'].map((between) => `${one}${between}${other}`));
  return [...new Set([symbol, id, ...aliases, ...joined])];
}

function marketOf(entry: unknown, kind: MarketKind): Market | undefined {
  if (!isJson(entry) || !isOfKind(entry, kind)) return undefined;
  const [id, symbol] = [textOf(entry['id']), textOf(entry['symbol'])];
  const info = isJson(entry['info']) ? entry['info'] : {};
  // kraken's own names of currencies stand in what it sent; for the others ccxt's are the same.
  const baseId = textOf(info['base']) ?? textOf(entry['baseId']);
  const quoteId = textOf(info['quote']) ?? textOf(entry['quoteId']);
  const settle = textOf(entry['settleId']);
  const aliases = [entry['altname'], info['altname'], info['wsname']].flatMap((name) => textOf(name) ?? []);
  if (id === undefined || symbol === undefined || baseId === undefined || quoteId === undefined) return undefined;
  return { id, symbol, baseId, quoteId, aliases: [...new Set(aliases)], ...(kind !== 'spot' && settle && { settle }) };
}

const isOfKind = (entry: Json, kind: MarketKind): boolean =>
  kind === 'spot' ? entry['spot'] === true : entry['swap'] === true && entry['linear'] === true;
