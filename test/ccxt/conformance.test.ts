/** The adapter keeps the promises of the broker port at each of the four exchanges; skips carry their reason. */
import type { CcxtExchange } from 'fillchart/ccxt';
import { conformBroker, type Situation, type VenuePowers } from 'fillchart/testing';
import { describe, it } from 'vitest';
import { EXCHANGES, symbolOf, venue } from './support.js';
import type { Script } from './venue-store.js';

const SCRIPTS: Readonly<Record<Situation, Script>> = {
  any: {},
  fills: {},
  rests: { fills: [] },
  'fills-partly': { fills: [[0, '0.005', '151']] },
  rejects: {},
  'submit-hangs': {},
  'query-hangs': { fills: [] },
};

async function subject(exchange: CcxtExchange, situation: Situation) {
  const script = SCRIPTS[situation];
  // Connected once before, in real time: the library has to be loaded. The cases connect again.
  const now = await venue(exchange, { base: '0', scripts: Array.from({ length: 5 }, () => script) });
  if (situation === 'rejects') now.fake.fault({ on: 'submit', answer: 'funds', times: 9 });
  if (situation === 'submit-hangs') now.fake.fault({ on: 'submit', answer: 'silence', times: 9 });
  if (situation === 'query-hangs') now.fake.fault({ on: 'order', answer: 'silence', times: 9 });
  const moveTo = (price: string): void => now.fake.store.trade(price);
  const { store } = now.fake;
  const powers: VenuePowers = {
    // OKX has one name for both.
    endExit: () => store.venue.end(store.orders.findLast(({ type }) => type === 'stop')?.id ?? '', 'cancelled'),
    // The adapter asks Kraken to take its fees in the quote currency.
    ...(exchange !== 'kraken' && {
      feeInAsset: (rate: string) => void Object.assign(store.venue.profile, { fee: { rate, in: 'received' } }),
    }),
  };
  return { broker: now.broker, wait: (ms: number) => now.clock.advance(ms), moveTo, venue: powers };
}

const NO_SHORT = 'spot has no short positions: a sell sells what is held';
const ONE_HOLDS = 'each exit holds the balance, so the second is refused on a flat account; see adapter.test.ts';

const BOTH_EXITS = ['BC-26', 'BC-27', 'BC-28', 'BC-29', 'BC-42', 'BC-43', 'BC-48'];

describe.each(EXCHANGES)('%s', (exchange) => {
  conformBroker(`ccxt:${exchange}`, (situation) => subject(exchange, situation), {
    describe,
    it,
    symbol: symbolOf(exchange),
    unknownSymbol: 'NO-SUCH/SYMBOL',
    expectedPrice: '151',
    exits: { stopLoss: '135.9', takeProfit: '166.1' },
    skip: {
      'BC-24': NO_SHORT,
      ...(exchange === 'kraken' && Object.fromEntries(BOTH_EXITS.map((id) => [id, ONE_HOLDS]))),
    },
    onUnhandledRejection(listener) {
      process.on('unhandledRejection', listener);
      return () => process.off('unhandledRejection', listener);
    },
  });
});
