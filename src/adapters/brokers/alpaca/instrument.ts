/**
 * What Alpaca demands of orders in a symbol, and whether one can be placed and protected right now.
 *
 * 1. Prices have two decimals from $1 on and four below. The tick is chosen by the last trade; near the dollar it is the
 *    cent, which is accepted on both sides of it.
 * 2. A size must be whole: exit pairs take whole shares only, so a fraction could be bought and not protected.
 * 3. A quote is of now: bid and ask, or a trade, that are older than `quoteMaxAgeMs` by their own time are none (G1).
 * 4. While the market is closed a symbol is not tradable: Alpaca would queue the order until the opening.
 */
import { decimal, isPositive, lessThan, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Instrument, Quote } from '../../../domain/ports.js';
import { remembered } from '../remembered.js';
import type { AlpacaSettings } from './options.js';
import type { Wire } from './wire.js';
import { isJson, type Json, textOf } from './wire-order.js';

export interface InstrumentReader {
  instrument(symbol: string, signal: AbortSignal): Promise<Instrument | 'unknown_symbol'>;
  /** The asset as Alpaca describes it, at most a minute old. */
  asset(symbol: string, signal: AbortSignal): Promise<Json | undefined>;
  /** Best bid and ask, and the last trade, each only while it is fresh. @throws {Error} when nothing is */
  quote(symbol: string, signal: AbortSignal): Promise<Quote>;
  /** Price of the last trade. @throws {Error} when there is none */
  lastPrice(symbol: string, signal: AbortSignal): Promise<string>;
}

interface Trade {
  readonly price: string;
  /** RFC 3339, as Alpaca told it. */
  readonly at: string | undefined;
}

const ASSET_FRESH_MS = 60_000;
/** Long enough for a burst of advisories, short enough for the closing bell. */
const CLOCK_FRESH_MS = 1_000;
const PRICE_FRESH_MS = 1_000;

const ONE_DOLLAR = decimal('1');
/** Below it four decimals are used; a take-profit of +25 % still stays under the dollar, where four are accepted. */
const CENT_FROM = decimal('0.8');

export function instrumentReader(wire: Wire, settings: AlpacaSettings): InstrumentReader {
  const { clock } = settings;
  const assets = remembered<Json | undefined>(clock, ASSET_FRESH_MS);
  const clocks = remembered<Json>(clock, CLOCK_FRESH_MS);
  const trades = remembered<Trade>(clock, PRICE_FRESH_MS);

  const asset = (symbol: string, signal: AbortSignal): Promise<Json | undefined> =>
    assets(symbol, async () => {
      const body = await wire.get(signal, (apis, init) =>
        apis.assets.getV2AssetsSymbolOrAssetIdRaw({ symbolOrAssetId: symbol }, init),
      );
      return body === undefined ? undefined : jsonOf(body, 'asset');
    });

  const marketClock = (signal: AbortSignal): Promise<Json> =>
    clocks('', async () => jsonOf(await wire.get(signal, (apis, init) => apis.clock.legacyClockRaw(init)), 'clock'));

  const lastTrade = (symbol: string, signal: AbortSignal): Promise<Trade> =>
    trades(symbol, async () => {
      const body = await wire.get(signal, (apis, init) =>
        apis.stocks.stockLatestTradeSingleRaw({ symbol, feed: settings.dataFeed }, init),
      );
      const trade = jsonOf(body, 'last trade')['trade'];
      const price = isJson(trade) ? textOf(trade['p']) : undefined;
      if (!isJson(trade) || price === undefined) throw new Error(`Alpaca: no last trade of ${symbol}`);
      return { price, at: textOf(trade['t']) };
    });

  const lastPrice = async (symbol: string, signal: AbortSignal): Promise<string> =>
    (await lastTrade(symbol, signal)).price;

  /** The venue's own time of a price, held against our clock; one without a time may be of any age. */
  const isFresh = (at: string | undefined): boolean =>
    at !== undefined && clock.now() - Date.parse(at) <= settings.quoteMaxAgeMs;

  async function quote(symbol: string, signal: AbortSignal): Promise<Quote> {
    const [body, trade] = await Promise.all([
      wire.get(signal, (apis, init) =>
        apis.stocks.stockLatestQuoteSingleRaw({ symbol, feed: settings.dataFeed }, init),
      ),
      lastTrade(symbol, signal),
    ]);
    const told = jsonOf(body, 'quote')['quote'];
    const at = isJson(told) ? textOf(told['t']) : undefined;
    // A side without anybody on it is quoted as 0.
    const price = (name: string) => positiveText(isJson(told) && isFresh(at) ? told[name] : undefined);
    const [bid, ask] = [price('bp'), price('ap')];
    const last = isFresh(trade.at) ? positiveText(trade.price) : undefined;
    if (bid === undefined && ask === undefined && last === undefined) {
      const limit = `${settings.quoteMaxAgeMs / 1_000} s`;
      throw new Error(
        `Alpaca: no price of ${symbol} that is fresh: the quote is of ${at ?? 'no time'}, the last trade of ${trade.at ?? 'no time'}, and ${limit} are allowed (quoteMaxAgeMs)`,
      );
    }
    return {
      ...(last !== undefined && { last }),
      ...(bid !== undefined && { bid }),
      ...(ask !== undefined && { ask }),
    };
  }

  return {
    asset,
    quote,
    lastPrice,
    async instrument(symbol, signal) {
      const [found, hours] = await Promise.all([asset(symbol, signal), marketClock(signal)]);
      if (found === undefined) return 'unknown_symbol';
      const isEquity = found['class'] === 'us_equity';
      const price = isEquity ? await lastPrice(symbol, signal) : '1';
      return rules(symbol, found, hours, price, settings.belowOneDollar);
    },
  };
}

/** The rules of a symbol, from what Alpaca says of it, of the market, and of its last price. */
export function rules(symbol: string, asset: Json, hours: Json, price: string, belowOneDollar: boolean): Instrument {
  const last = parseVenueDecimal(price) ?? ONE_DOLLAR;
  const closed = whyNotTradable(asset, hours);
  const bare =
    closed === undefined ? whyNotProtectable(asset, lessThan(last, ONE_DOLLAR) && !belowOneDollar) : undefined;
  const reason = closed ?? bare;
  return {
    symbol,
    tickSize: lessThan(last, CENT_FROM) ? '0.0001' : '0.01',
    lotSize: asset['fractionable'] === true ? '0.000000001' : '1',
    protectionLotSize: '1',
    minQty: '1',
    ...(closed !== undefined && { tradable: false }),
    ...(bare !== undefined && { protectable: false }),
    ...(reason !== undefined && { reason }),
  };
}

function whyNotTradable(asset: Json, hours: Json): string | undefined {
  if (asset['tradable'] !== true) return `Alpaca does not trade it (status ${textOf(asset['status']) ?? 'unknown'})`;
  if (hours['is_open'] === true) return undefined;
  return `the market is closed; it opens at ${textOf(hours['next_open']) ?? 'a time that Alpaca does not name'}`;
}

function whyNotProtectable(asset: Json, isBelowOneDollar: boolean): string | undefined {
  if (asset['class'] !== 'us_equity') return 'Alpaca takes exit pairs for equities only';
  if (isBelowOneDollar) return 'below $1 a stop closer than $0.01 to the market is refused (see belowOneDollar)';
  return undefined;
}

function positiveText(value: unknown): string | undefined {
  const read = parseVenueDecimal(typeof value === 'string' ? value : textOf(value));
  return read !== undefined && isPositive(read) ? read : undefined;
}

function jsonOf(body: unknown, what: string): Json {
  if (isJson(body)) return body;
  throw new Error(`Alpaca: unreadable ${what}`);
}
