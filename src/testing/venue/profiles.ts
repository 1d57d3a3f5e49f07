/**
 * Venues as data: what each demands, how its exits behave, and how much it lets a client ask.
 *
 * From the venues' public documents. What a document leaves open is said beside it, and is modelled the harder way.
 */
import type { CapacityRules } from './capacity.js';
import { PLAIN_EXITS, type VenueProfile } from './venue-rules.js';

interface KnownVenue {
  readonly profile: VenueProfile;
  readonly capacity: CapacityRules;
}

const MINUTE_MS = 60_000;
/** Ids beyond 2^53: a client that reads them as numbers names another order. */
const hugeId = (sequence: number): string => String(8_389_766_145_050_669_870n + BigInt(sequence));
const numberId = (sequence: number): string => String(7_000_000 + sequence);

/** Weights by route; `orders` counts orders, which have a limit of their own. */
const BINANCE_COSTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  submit: { weight: 1, orders: 1 },
  protect: { weight: 1, orders: 2 },
  cancel: { weight: 1 },
  order: { weight: 4 },
  orders: { weight: 6 },
  account: { weight: 20 },
  fills: { weight: 20 },
  rules: { weight: 20 },
  markets: { weight: 20 },
  price: { weight: 2 },
  time: { weight: 1 },
};

const binance: KnownVenue = {
  profile: {
    name: 'binance',
    account: 'spot',
    clientIds: 'while_open',
    longestClientId: 36,
    // One leg that begins to trade ends the other.
    exits: {
      pair: 'linked',
      holds: 'once',
      waitsBy: 'type',
      refusesPassedStop: true,
      refusesPassedTakeProfit: true,
      partial: 'cancels',
    },
    timeWindow: { behindMs: 5_000, aheadMs: 1_000 },
    orderId: hugeId,
  },
  capacity: {
    buckets: [
      { kind: 'window', name: 'weight', size: 6_000, spanMs: MINUTE_MS },
      { kind: 'window', name: 'orders', size: 100, spanMs: 10_000 },
    ],
    costs: (route) => BINANCE_COSTS[route] ?? { weight: 1 },
    lockout: { afterRefusals: 20, forMs: 2 * MINUTE_MS },
  },
};

const bybit: KnownVenue = {
  profile: {
    name: 'bybit',
    account: 'spot',
    clientIds: 'while_open',
    longestClientId: 36,
    // Conditional spot orders reserve nothing, and know nothing of each other.
    exits: {
      pair: 'separate',
      holds: 'nothing',
      waitsBy: 'market',
      refusesPassedStop: false,
      refusesPassedTakeProfit: false,
      partial: 'keeps',
    },
    timeWindow: { behindMs: 5_000, aheadMs: 1_000 },
    pageSize: 50,
    orderId: numberId,
  },
  // By account, endpoint and second.
  capacity: {
    buckets: ['submit', 'cancel', 'order', 'account'].map((name) => ({
      kind: 'window',
      name,
      size: name === 'order' || name === 'account' ? 50 : 20,
      spanMs: 1_000,
    })),
    costs: (route) =>
      ({
        submit: { submit: 1 },
        protect: { submit: 1 },
        cancel: { cancel: 1 },
        order: { order: 1 },
        orders: { order: 1 },
        account: { account: 1 },
      })[route] ?? {},
  },
};

const okx: KnownVenue = {
  profile: {
    name: 'okx',
    account: 'spot',
    clientIds: 'while_open',
    longestClientId: 32,
    // An algo order freezes nothing: its market order is sent at the trigger, and fails there.
    exits: {
      pair: 'linked',
      holds: 'nothing',
      waitsBy: 'type',
      refusesPassedStop: true,
      refusesPassedTakeProfit: true,
      partial: 'cancels',
    },
    timeWindow: { behindMs: 30_000, aheadMs: 30_000 },
    pageSize: 100,
    orderId: numberId,
  },
  capacity: {
    buckets: [
      { kind: 'window', name: 'trade', size: 60, spanMs: 2_000 },
      { kind: 'window', name: 'algo', size: 20, spanMs: 2_000 },
      { kind: 'window', name: 'account', size: 10, spanMs: 2_000 },
    ],
    costs: (route) =>
      ({
        submit: { trade: 1 },
        cancel: { trade: 1 },
        order: { trade: 1 },
        orders: { trade: 1 },
        protect: { algo: 1 },
        account: { account: 1 },
      })[route] ?? {},
  },
};

const kraken: KnownVenue = {
  profile: {
    name: 'kraken',
    account: 'spot',
    clientIds: 'while_open',
    longestClientId: 36,
    // No pair exists. Whether a stop reserves is not documented.
    exits: {
      pair: 'separate',
      holds: 'each',
      waitsBy: 'type',
      refusesPassedStop: true,
      refusesPassedTakeProfit: false,
      partial: 'keeps',
    },
    pageSize: 50,
    orderId: (sequence) => `O${String(sequence).padStart(5, '0')}-KRKN0-VENUE0`,
  },
  // The counter of a starter account; orders have a counter of their own, by pair.
  capacity: {
    buckets: [
      { kind: 'leaky', name: 'calls', size: 15, drainPerSecond: 0.33 },
      { kind: 'leaky', name: 'orders', size: 60, drainPerSecond: 1 },
    ],
    costs: (route) =>
      ({ submit: { orders: 1 }, protect: { orders: 1 }, cancel: { orders: 8 }, fills: { calls: 2 } })[route] ??
      (['rules', 'price', 'time', 'markets'].includes(route) ? {} : { calls: 1 }),
    lockout: { afterRefusals: 10, forMs: 15 * MINUTE_MS },
  },
};

const alpaca: KnownVenue = {
  profile: {
    name: 'alpaca',
    account: 'margin',
    clientIds: 'forever',
    longestClientId: 128,
    exits: {
      pair: 'linked',
      holds: 'once',
      waitsBy: 'type',
      refusesPassedStop: true,
      refusesPassedTakeProfit: true,
      partial: 'shrinks',
    },
    refusesWashTrades: true,
    // A short counts 3 % above the market.
    shortMargin: '1.03',
    pageSize: 500,
    // Looks like Alpaca's, and is the same in every run.
    orderId: (sequence) => `0f1c2a3b-0000-4000-8000-${sequence.toString(16).padStart(12, '0')}`,
  },
  capacity: { buckets: [{ kind: 'window', name: 'requests', size: 200, spanMs: MINUTE_MS }] },
};

/** A plain FIX counterparty: two orders that know nothing of each other, and no account rules of its own. */
const fix: KnownVenue = {
  profile: {
    name: 'fix',
    account: 'unlimited',
    clientIds: 'forever',
    exits: { ...PLAIN_EXITS, pair: 'separate' },
    placeholderId: 'NONE',
    orderId: (sequence) => `o-${sequence}`,
  },
  capacity: { buckets: [] },
};

export const venues = { binance, bybit, okx, kraken, alpaca, fix } as const satisfies Record<string, KnownVenue>;
