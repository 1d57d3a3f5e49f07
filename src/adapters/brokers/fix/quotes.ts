/**
 * The market of a symbol: MarketDataRequest (35=V) for a snapshot, answered by one (35=W) or refused (35=Y).
 *
 * 1. The snapshot is of the best bid and offer at the time of the question; one whose entries and prices do not go together
 *    is no quote, and neither is one without a price.
 * 2. A quote is asked for and never kept.
 */
import { type Decimal, isPositive, maximum, minimum, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Quote } from '../../../domain/ports.js';
import type { Collector } from './collector.js';
import type { Received } from './execution-report.js';
import { TAG } from './tags.js';

const BID = '0';
const OFFER = '1';
const TRADE = '2';

/** Takes a snapshot or a refusal in. */
export function takeQuote(requests: Collector<Quote>, message: Received): void {
  const collected = requests.at(message.field(TAG.mdReqId));
  if (collected === undefined) return;
  if (message.type === 'Y') {
    const reason = message.field(TAG.mdReqRejReason);
    collected.refuse(message.field(TAG.text) ?? `refused with MDReqRejReason ${reason ?? 'none'}`);
    return;
  }
  const quote = quoteOf(message);
  if (quote === undefined) {
    collected.refuse('the snapshot has no price');
    return;
  }
  collected.add(quote);
  collected.complete();
}

function quoteOf(message: Received): Quote | undefined {
  const [types, prices] = [message.fields(TAG.mdEntryType), message.fields(TAG.mdEntryPx)];
  if (types.length !== prices.length) return undefined;
  const of = (type: string): readonly Decimal[] =>
    prices
      .filter((_, index) => types[index] === type)
      .map((price) => parseVenueDecimal(price))
      .filter((price) => price !== undefined)
      .filter(isPositive);
  const [bids, asks, [last]] = [of(BID), of(OFFER), of(TRADE)];
  if (bids.length + asks.length === 0 && last === undefined) return undefined;
  return {
    ...(bids.length > 0 && { bid: bids.reduce(maximum) }),
    ...(asks.length > 0 && { ask: asks.reduce(minimum) }),
    ...(last !== undefined && { last }),
  };
}
