/** The venue model: what an exchange holds to be true, whatever any client hears of it. */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { capacity } from '../../src/testing/venue/capacity.js';
import { venues } from '../../src/testing/venue/profiles.js';
import { Venue } from '../../src/testing/venue/venue.js';
import type { VenueOptions } from '../../src/testing/venue/venue-options.js';
import { feesOf } from '../../src/testing/venue/venue-order.js';
import type { OrderPlan } from '../../src/testing/venue/venue-plan.js';
import { Refused } from '../../src/testing/venue/venue-rules.js';

const SYMBOL = 'BTC/USDT';

function newVenue(options: Partial<VenueOptions> & { readonly plans?: Readonly<Record<string, OrderPlan>> } = {}) {
  const clock = virtualClock();
  const { plans = {}, ...rest } = options;
  const venue = new Venue({
    clock,
    prices: { [SYMBOL]: '100' },
    balances: { USDT: '100000' },
    plan: ({ clientOrderId }) => plans[clientOrderId] ?? {},
    ...rest,
  });
  return { clock, venue };
}

const buy = (clientOrderId: string, quantity = '10') => ({
  clientOrderId,
  symbol: SYMBOL,
  side: 'buy' as const,
  quantity,
});
const exits = (quantity = '10') => ({
  symbol: SYMBOL,
  side: 'sell' as const,
  quantity,
  listClientId: 'e-oco',
  legs: [
    { clientOrderId: 'e-sl', type: 'stop' as const, price: '98' },
    { clientOrderId: 'e-tp', type: 'limit' as const, price: '103' },
  ],
});

function refusalOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.why;
    throw error;
  }
}

const state = (venue: Venue, clientOrderId: string) => venue.find({ clientOrderId })?.state;

describe('orders', () => {
  it('what is planned is dated with its own time, however late somebody asks', async () => {
    const { clock, venue } = newVenue({
      plans: {
        e: {
          fills: [
            { atMs: 40, quantity: '4', price: '100' },
            { atMs: 90, quantity: '6', price: '102' },
          ],
        },
      },
    });
    const { id } = venue.enter(buy('e'));
    await clock.advance(1_000);
    expect(venue.find({ id })).toMatchObject({ state: 'filled', filled: '10', average: '101.2', filledAt: 90 });
    expect(venue.find({ id }, 60)).toMatchObject({ state: 'partially_filled', filled: '4', average: '100' });
    expect([venue.position(SYMBOL), venue.position(SYMBOL, 60), venue.position(SYMBOL, 30)]).toEqual(['10', '4', '0']);
  });

  it('a listener hears of each event at its time, without anybody asking', async () => {
    const { clock, venue } = newVenue({ plans: { e: { fills: [{ atMs: 40, quantity: '10', price: '100' }] } } });
    const heard: [number, string][] = [];
    venue.listen(({ kind }) => heard.push([clock.monotonic(), kind]));
    venue.enter(buy('e'));
    await clock.advance(100);
    expect(heard).toEqual([
      [0, 'new'],
      [40, 'trade'],
    ]);
  });

  it('fills are taken back and changed by their ids; size, price and position follow', async () => {
    const fills = [
      { atMs: 1, quantity: '5', price: '140', id: 'A' },
      { atMs: 2, quantity: '5', price: '150', id: 'B' },
    ];
    const { clock, venue } = newVenue({
      plans: {
        e: {
          fills,
          corrections: [
            { atMs: 10, kind: 'correct', fill: 'A', price: '150' },
            { atMs: 20, kind: 'bust', fill: 1 },
          ],
        },
      },
    });
    const { id } = venue.enter(buy('e'));
    await clock.advance(30);
    expect(venue.find({ id }, 10)).toMatchObject({ state: 'filled', filled: '10', average: '150' });
    expect(venue.find({ id })).toMatchObject({ state: 'partially_filled', filled: '5', average: '150' });
    expect(venue.position(SYMBOL)).toBe('5');
    expect(venue.balance('USDT')).toBe('99250');
    expect(venue.events.slice(-2).map(({ kind, fill }) => [kind, fill?.id])).toEqual([
      ['trade_correct', 'A'],
      ['trade_cancel', 'B'],
    ]);
  });

  it('a fee in what is bought lessens position and balance, and its fill taken back gives it back', async () => {
    const { clock, venue } = newVenue({
      profile: { ...venues.okx.profile, fee: { rate: '0.001', in: 'received' } },
      plans: { e: { fills: [{ atMs: 0, quantity: '10', price: '100', id: 'A' }] } },
    });
    const { id } = venue.enter(buy('e'));
    await clock.advance(1);
    const order = venue.find({ id });
    expect(order && feesOf(order)).toEqual([{ asset: 'BTC', amount: '0.01' }]);
    expect([venue.position(SYMBOL), venue.balance('BTC')]).toEqual(['9.99', '9.99']);
    venue.correct(id, { kind: 'bust', fill: 'A' });
    expect([venue.position(SYMBOL), venue.balance('BTC'), venue.balance('USDT')]).toEqual(['0', '0', '100000']);
  });

  it('restated to less, done for day, an odd word, refused 40 ms after it was taken', async () => {
    const { clock, venue } = newVenue({
      plans: {
        less: { fills: [{ atMs: 1, quantity: '6', price: '100' }], restated: [{ atMs: 5, quantity: '6' }] },
        day: { fills: [{ atMs: 1, quantity: '6', price: '100' }], ends: { atMs: 5, as: 'done_for_day' } },
        odd: { words: [{ atMs: 1, word: 'calculated' }] },
        late: { worksFromMs: 60, fills: [], ends: { atMs: 40, as: 'rejected', reason: 'no' } },
      },
    });
    for (const id of ['less', 'day', 'odd', 'late']) venue.enter(buy(id));
    expect(state(venue, 'late')).toBe('pending_new');
    await clock.advance(100);
    expect(venue.find({ clientOrderId: 'less' })).toMatchObject({ state: 'filled', quantity: '6', filled: '6' });
    expect(venue.find({ clientOrderId: 'day' })).toMatchObject({ state: 'done_for_day', filled: '6' });
    expect(venue.find({ clientOrderId: 'odd' })).toMatchObject({ state: 'filled', word: 'calculated' });
    expect(venue.find({ clientOrderId: 'late' })).toMatchObject({ state: 'rejected', reason: 'no', filled: '0' });
  });

  it('a cancel is confirmed, ignored, beaten by a fill, refused, or followed by a fill', async () => {
    const open: OrderPlan = { fills: [] };
    const { clock, venue } = newVenue({
      plans: {
        confirm: { ...open, cancelAfterMs: 50 },
        ignore: { ...open, cancel: 'ignore' },
        fill: { ...open, cancel: 'fill' },
        refuse: { ...open, cancel: 'refuse' },
        stray: { ...open, fillsAfterCancelMs: 70 },
      },
    });
    for (const id of ['confirm', 'ignore', 'fill', 'refuse', 'stray']) venue.enter(buy(id));
    for (const clientOrderId of ['confirm', 'ignore', 'fill', 'stray']) venue.cancel({ clientOrderId });
    expect(refusalOf(() => venue.cancel({ clientOrderId: 'refuse' }))).toBe('too_late_to_cancel');
    expect(['confirm', 'ignore', 'fill', 'stray'].map((id) => state(venue, id))).toEqual([
      'new',
      'new',
      'filled',
      'cancelled',
    ]);
    await clock.advance(100);
    expect(['confirm', 'ignore', 'stray'].map((id) => state(venue, id))).toEqual(['cancelled', 'new', 'filled']);
    expect(refusalOf(() => venue.cancel({ clientOrderId: 'confirm' }))).toBe('closed_order');
    expect(refusalOf(() => venue.cancel({ clientOrderId: 'nobody' }))).toBe('no_order');
  });
});

describe('exits', () => {
  it('a linked pair reserves once, and one leg that fills ends the other', async () => {
    const { clock, venue } = newVenue({ profile: venues.binance.profile });
    venue.enter(buy('e'));
    await clock.advance(1);
    venue.placeExits(exits());
    expect([venue.held('BTC'), venue.free('BTC')]).toEqual(['10', '0']);
    expect(
      refusalOf(() => venue.placeExits({ ...exits(), legs: [{ clientOrderId: 'x', type: 'stop', price: '90' }] })),
    ).toBe('funds');
    venue.trade(SYMBOL, '97');
    expect([state(venue, 'e-sl'), state(venue, 'e-tp')]).toEqual(['filled', 'cancelled']);
    expect(venue.position(SYMBOL)).toBe('0');
  });

  it('a partial exit shrinks its sibling, cancels it, or leaves it', async () => {
    for (const [profile, sibling, quantity] of [
      [{ ...venues.alpaca.profile, account: 'unlimited' as const }, 'new', '6'],
      [venues.binance.profile, 'cancelled', '10'],
      [venues.bybit.profile, 'new', '10'],
    ] as const) {
      const { clock, venue } = newVenue({ profile, plans: { 'e-tp': { depth: '4' } } });
      venue.enter(buy('e'));
      await clock.advance(1);
      venue.placeExits(exits());
      venue.trade(SYMBOL, '103');
      expect(venue.find({ clientOrderId: 'e-tp' })).toMatchObject({ filled: '4' });
      expect(venue.find({ clientOrderId: 'e-sl' })).toMatchObject({ state: sibling, quantity });
    }
  });

  it('separate exits can both fill, and turn the position round; conditional ones fail at the trigger without the coins', async () => {
    const reversed = newVenue({ profile: venues.fix.profile });
    reversed.venue.enter(buy('e'));
    await reversed.clock.advance(1);
    reversed.venue.placeExits(exits());
    for (const price of ['103', '98']) reversed.venue.trade(SYMBOL, price);
    expect(reversed.venue.position(SYMBOL)).toBe('-10');

    const short = newVenue({ profile: { ...venues.okx.profile, fee: { rate: '0.001', in: 'received' } } });
    short.venue.enter(buy('e'));
    await short.clock.advance(1);
    short.venue.placeExits(exits());
    short.venue.trade(SYMBOL, '98');
    expect(short.venue.find({ clientOrderId: 'e-sl' })).toMatchObject({ state: 'cancelled', filled: '0' });
    expect(short.venue.position(SYMBOL)).toBe('9.99');
  });

  it('an exit is lost, refused late, or leaves its sibling behind', async () => {
    const { clock, venue } = newVenue({
      plans: {
        'e-sl': { worksFromMs: 80, ends: { atMs: 40, as: 'rejected' }, leavesSibling: true },
        'e-tp': { hitAfterMs: 200, leavesSibling: true },
      },
    });
    venue.enter(buy('e'));
    await clock.advance(1);
    venue.placeExits(exits());
    expect(state(venue, 'e-sl')).toBe('pending_new');
    await clock.advance(50);
    expect([state(venue, 'e-sl'), state(venue, 'e-tp')]).toEqual(['rejected', 'new']);
    await clock.advance(200);
    expect(venue.find({ clientOrderId: 'e-tp' })).toMatchObject({ state: 'filled', average: '103' });
  });

  it('refuses what the rules of the venue refuse, and takes neither leg', async () => {
    const instrument = {
      symbol: SYMBOL,
      tick: '0.1',
      lot: '0.5',
      leastValue: '10',
      priceBand: { least: '0.5', most: '1.05' },
      mostStops: 1,
    };
    const { clock, venue } = newVenue({ profile: venues.binance.profile, instruments: [instrument] });
    expect(refusalOf(() => venue.enter(buy('lot', '0.7')))).toBe('lot');
    expect(refusalOf(() => venue.enter({ ...buy('x'), symbol: 'ETH/USDT' }))).toBe('unknown_symbol');
    expect(refusalOf(() => venue.enter(buy('money', '1500')))).toBe('funds');
    expect(refusalOf(() => venue.enter(buy('x'.repeat(37))))).toBe('client_id');
    venue.enter(buy('e', '20'));
    await clock.advance(1);
    const leg = (type: 'stop' | 'limit', price: string) => ({ clientOrderId: `e-${type}`, type, price });
    const place = (...legs: ReturnType<typeof leg>[]) => refusalOf(() => venue.placeExits({ ...exits(), legs }));
    expect(place(leg('stop', '98.05'), leg('limit', '103'))).toBe('tick');
    expect(place(leg('stop', '98'), leg('limit', '106'))).toBe('price_band');
    expect(place(leg('stop', '101'), leg('limit', '103'))).toBe('trigger');
    expect(place(leg('stop', '98'), leg('limit', '99'))).toBe('take_profit_passed');
    expect(venue.open()).toEqual([]);
    expect(place(leg('stop', '98'), leg('limit', '103'))).toBeUndefined();
    expect(
      refusalOf(() => venue.placeExits({ ...exits(), legs: [{ ...leg('stop', '97'), clientOrderId: 'second' }] })),
    ).toBe('too_many_stops');
  });

  it('client ids are taken for ever, or while the order is open; day trades and wash trades are refused', async () => {
    const plans = { e: { fills: [{ atMs: 1, quantity: '10' }] } };
    const open = newVenue({ profile: venues.binance.profile, plans });
    open.venue.enter(buy('e'));
    expect(refusalOf(() => open.venue.enter(buy('e')))).toBe('duplicate');
    await open.clock.advance(1);
    expect(refusalOf(() => open.venue.enter(buy('e')))).toBeUndefined();

    const dayTrades = { equity: '20000', least: '25000', made: 3, most: 3 };
    const account = { USDT: '20000' };
    const profile = { ...venues.alpaca.profile, dayTrades };
    const { clock, venue } = newVenue({ profile, balances: account });
    venue.enter(buy('e'));
    await clock.advance(1);
    expect(refusalOf(() => venue.enter(buy('e')))).toBe('duplicate');
    expect(refusalOf(() => venue.placeExits(exits()))).toBe('day_trade');
    const other = newVenue({ profile: venues.alpaca.profile, balances: account });
    other.venue.enter(buy('e'));
    await other.clock.advance(1);
    other.venue.placeExits(exits());
    expect(refusalOf(() => other.venue.enter(buy('second')))).toBe('wash_trade');
  });

  it('a margin account: positions and what opens one reserve, a short more than it is worth; a close gives it back', async () => {
    const { clock, venue } = newVenue({
      profile: venues.alpaca.profile,
      balances: { USDT: '2000' },
      plans: { s: { fills: [{ atMs: 1, quantity: '10' }] } },
    });
    venue.enter({ ...buy('s'), side: 'sell', quantity: '10' });
    expect(venue.free('USDT')).toBe('970');
    await clock.advance(1);
    expect([venue.position('BTC/USDT'), venue.free('USDT')]).toEqual(['-10', '1000']);
    expect(refusalOf(() => venue.enter({ ...buy('t'), side: 'sell', quantity: '10' }))).toBe('funds');
    venue.enter({ ...buy('c'), quantity: '10' });
    await clock.advance(1);
    expect([venue.position('BTC/USDT'), venue.free('USDT')]).toEqual(['0', '2000']);
  });

  it('a market order that closes what was opened today is a day trade too', async () => {
    const dayTrades = { equity: '20000', least: '25000', made: 3, most: 3 };
    const { clock, venue } = newVenue({
      profile: { ...venues.alpaca.profile, dayTrades },
      balances: { USDT: '20000' },
    });
    venue.enter(buy('e'));
    await clock.advance(1);
    expect(refusalOf(() => venue.enter({ ...buy('c'), side: 'sell' }))).toBe('day_trade');
  });

  it('a closed venue takes orders, which begin at its opening; one that was cancelled until then does not', async () => {
    const { clock, venue } = newVenue({ plans: { e: { fills: [{ atMs: 500, quantity: '10' }] } } });
    venue.setOpen(false);
    venue.enter(buy('e'));
    venue.enter(buy('gone'));
    venue.cancel({ clientOrderId: 'gone' });
    await clock.advance(60_000);
    expect(venue.find({ clientOrderId: 'e' })).toMatchObject({ state: 'pending_new', filled: '0' });
    venue.setOpen(true);
    await clock.advance(499);
    expect(venue.find({ clientOrderId: 'e' })).toMatchObject({ state: 'new', filled: '0' });
    await clock.advance(1);
    expect(venue.find({ clientOrderId: 'e' })).toMatchObject({ state: 'filled', filled: '10' });
    expect(venue.find({ clientOrderId: 'gone' })).toMatchObject({ state: 'cancelled', filled: '0' });
  });
});

describe('the venue’s own clock and capacity', () => {
  it('a step of the client’s wall clock does not move the venue’s; a time outside the window is refused', () => {
    const { clock, venue } = newVenue({ profile: venues.binance.profile, clockOffsetMs: 300 });
    const before = venue.time();
    clock.stepWall(10_000);
    expect(venue.time()).toBe(before);
    expect(refusalOf(() => venue.checkTime(clock.now()))).toBe('time');
    expect(refusalOf(() => venue.checkTime(venue.time() - 5_001))).toBe('time');
    expect(refusalOf(() => venue.checkTime(venue.time() - 4_000))).toBeUndefined();
  });

  it('a window empties at its edge, a counter drains, and who goes on is shut out', () => {
    const window = capacity({ buckets: [{ kind: 'window', name: 'w', size: 2, spanMs: 1_000 }] });
    expect([0, 10, 20].map((at) => window.admit('order', at).kind)).toEqual(['admitted', 'admitted', 'refused']);
    expect(window.admit('order', 400)).toMatchObject({ kind: 'refused', retryAfterMs: 600 });
    expect(window.admit('order', 1_000).kind).toBe('admitted');

    const kraken = capacity(venues.kraken.capacity);
    for (let call = 0; call < 15; call += 1) expect(kraken.admit('order', 0).kind).toBe('admitted');
    expect(kraken.admit('order', 0)).toMatchObject({ kind: 'refused', bucket: 'calls', retryAfterMs: 3_031 });
    expect(kraken.admit('order', 3_100).kind).toBe('admitted');
    for (let call = 0; call < 10; call += 1) kraken.admit('order', 3_200);
    expect(kraken.admit('order', 60_000).kind).toBe('locked_out');
    expect(kraken.admit('order', 3_200 + 15 * 60_000).kind).toBe('admitted');
  });
});
