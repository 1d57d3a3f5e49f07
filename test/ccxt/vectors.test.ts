/**
 * The vectors, end to end at four exchanges: engine, adapter, ccxt's signatures, HTTP on loopback, fake exchange.
 *
 * What a line does not say is what `FILL` or `NO_FILL` says: every value is checked in every vector. `posts` are the
 * entry orders that the exchange counted. Where the exits are two orders, `pairs` are two requests.
 */
import type { ExecutionResult, KillSwitchState, KillSwitchType, SnapshotInput } from 'fillchart';
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import { venueName } from '../../src/adapters/brokers/ccxt/client-ids.js';
import { advisory, EXCHANGES, execute, type Setting, type World, world } from './support.js';
import type { Script } from './venue-store.js';

const FILL = {
  status: 'FILLED',
  reason: undefined as string | undefined,
  at: undefined as string | undefined,
  sl: undefined as string | undefined,
  tp: undefined as string | undefined,
  slip: undefined as string | undefined,
  size: '100' as string | undefined,
  gate: 'OFF',
  postFill: false,
  reconciled: 'MATCHED' as string | undefined,
  manual: false as boolean | undefined,
  says: [] as unknown[],
  posts: 1,
  pairs: 1,
  cancels: 0,
  seconds: 1,
};
const AT_151 = { at: '151', sl: '147.98', tp: '155.53', slip: '0.67' };
const NO_FILL = { ...FILL, size: '0', pairs: 0, cancels: 1 };
const TIMED_OUT = { ...NO_FILL, status: 'FAILED_TIMEOUT', reason: 'FILL_TIMEOUT', seconds: 30 };
const NOTHING = { size: undefined, reconciled: undefined, manual: undefined, cancels: 0, seconds: 0 };
const REFUSED = { ...NO_FILL, ...NOTHING, status: 'REJECTED', posts: 0 };

const hasPairs = (exchange: CcxtExchange): boolean => exchange === 'binance' || exchange === 'okx';

const seen = ({ fake, exchange }: World, result: ExecutionResult) => ({
  status: result.status,
  reason: result.reason,
  at: result.finalFillPrice,
  sl: result.finalSl,
  tp: result.finalTp,
  slip: result.slippagePct,
  size: result.finalPositionSize,
  gate: result.killSwitchState,
  postFill: result.killSwitchPostFill,
  reconciled: result.reconciliationReport?.status,
  manual: result.reconciliationReport?.requiresManualResolution,
  says: (result.reconciliationReport?.mismatches ?? []).map(({ message }) => message),
  posts: fake.count('submit'),
  pairs: fake.count('protect') / (hasPairs(exchange) ? 1 : 2),
  cancels: fake.count('cancel'),
  seconds: result.totalDurationSeconds,
});

type Act = (now: World) => unknown;
interface Story extends Setting {
  readonly script?: Script;
  /** Done before (-1), or at T in seconds. */
  readonly acts?: readonly (readonly [seconds: number, act: Act])[];
  readonly input?: Partial<SnapshotInput>;
}

const fills = (seconds: number, quantity: string, price: string, rest: Script = {}): Script => ({
  ...rest,
  fills: [[Math.round(seconds * 1_000), quantity, price]],
});

const change = (type: KillSwitchType, target?: string, state: KillSwitchState = 'ACTIVE') => ({
  ...{ type, state, reason: 'a drill', by: 'ops' },
  ...(target && { target }),
});
const set =
  (...switched: Parameters<typeof change>): Act =>
  ({ engine, clock }) =>
    clock.runUntil(engine.killSwitch.set(change(...switched)));
const setNow =
  (...switched: Parameters<typeof change>): Act =>
  ({ engine }) =>
    void engine.killSwitch.set(change(...switched));
const quote =
  (last: string): Act =>
  ({ store }) => {
    store.last = last;
  };
const holds =
  (more: number): Act =>
  ({ store }) => {
    store.shownBase = String(Number(store.base) + more);
  };

async function tell(exchange: CcxtExchange, { script, acts = [], input = {}, ...setting }: Story) {
  const now = await world(exchange, { ...setting, ...(script !== undefined && { scripts: [script] }) });
  for (const [seconds, act] of acts) {
    if (seconds < 0) await act(now);
    else now.clock.setTimeout(() => void act(now), seconds * 1_000);
  }
  return { now, result: await execute(now, { ...advisory(exchange), ...input }) };
}

const at151 = fills(1, '100', '151.00');
const saying = (pattern: string): unknown => expect.stringMatching(new RegExp(`^${pattern}$`));
const SELL = { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' } as const;
const NO_FUNDS = { on: 'submit', answer: 'funds' } as const;

// biome-ignore format: one vector, one line
describe.each(EXCHANGES)('the vectors at %s', (exchange) => {
  const symbol = advisory(exchange).symbol as string;

  /** Where each exit holds the balance, 1000 were there before. */
  const position = (wanted: number, found: number): string => {
    const before = exchange !== 'kraken' ? '' : ` (it shows ${found + 1_000}; 1000 was there before)`;
    return `Expected position ${wanted}, found ${found} in broker${before}`;
  };

  function vector(number: string, text: string, story: Story, ends: Partial<Record<keyof typeof FILL, unknown>>): void {
    it(`${number} · ${text} → ${ends.status}`, async () => {
      const { now, result } = await tell(exchange, story);
      expect(seen(now, result)).toEqual(ends);
      const { clientOrderId } = result;
      if (clientOrderId === undefined) return;
      expect(now.fake.count('submit', venueName(exchange, clientOrderId)), 'all under one name').toBe(ends.posts);
    });
  }

  vector('1 [T2 R2.1 B1]', 'fills 100 @ 151.00 at T = 1 s', { script: at151 }, { ...FILL, ...AT_151 });
  vector('2 [R2.3]', 'fills 100 @ 152.00 at T = 1 s', { script: fills(1, '100', '152.00') }, { ...FILL, at: '152', sl: '148.96', tp: '156.56', slip: '1.33' });
  vector('3 [K2]', 'SYMBOL_LEVEL ACTIVE before', { acts: [[-1, set('SYMBOL_LEVEL', symbol)]] }, { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector('4 [K2]', 'GLOBAL ACTIVE before', { acts: [[-1, set('GLOBAL')]] }, { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector('5 [K1]', 'GLOBAL WARNING before, fills', { script: at151, acts: [[-1, set('GLOBAL', undefined, 'WARNING')]] }, { ...FILL, ...AT_151, gate: 'WARNING' });
  vector('6 [K1]', 'SYMBOL_LEVEL of another symbol ACTIVE before, fills', { script: at151, acts: [[-1, set('SYMBOL_LEVEL', 'ETH/USDT')]] }, { ...FILL, ...AT_151 });
  vector('7 [T3]', 'never fills, cancel confirmed', { script: { fills: [] } }, { ...TIMED_OUT, seconds: 30 });
  vector('8 [T2]', 'fills at T = 30.000 s, as the cancel goes out', { script: fills(30, '100', '151') }, { ...FILL, ...AT_151, seconds: 30, cancels: expect.toBeOneOf([0, 1]) });
  vector('9 [T2]', 'fills at T = 30.5 s', { script: fills(30.5, '100', '151', { cancel: 'ignore' }) }, { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 30.5, cancels: expect.toBeOneOf([1, 2]) });
  vector('9 [T2]', 'fills at T = 31 s', { script: fills(31, '100', '151', { cancel: 'ignore' }) }, { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 31, cancels: expect.toBeOneOf([1, 2]) });
  vector('10 [T3 P7]', 'cancel unanswered, no fill by T = 32 s', { script: { fills: [], cancel: 'ignore' } }, { ...TIMED_OUT, seconds: 32, reconciled: 'MISMATCH', manual: true, says: [saying('Expected order .* closed, found open in broker')], });
  vector('11 [R6.2]', 'fills; position at the broker is 50', { script: at151, acts: [[0.5, holds(50)]] }, { ...FILL, ...AT_151, reconciled: 'MISMATCH', manual: true, says: [position(100, 50)] });
  vector('12 [R6.3]', 'fills; broker has no SL', { script: at151, acts: [[-1, ({ store }) => { store.losesStops = true; }]] }, { ...FILL, ...AT_151, reconciled: 'MISSING_SL_TP', manual: true, says: ['Expected stop-loss 147.98, found none in broker'], });
  vector('13 [R6.3]', 'fills; broker has no position', { script: at151, acts: [[0.5, holds(0)]] }, { ...FILL, ...AT_151, reconciled: 'MISSING_POSITION', manual: true, says: [position(100, 0)], });
  vector('14 [R6.3]', 'times out; a position of 100 is there', { script: { fills: [] }, acts: [[0.5, holds(100)]] }, { ...TIMED_OUT, reconciled: 'PHANTOM_POSITION', manual: true, says: [position(0, 100)] });
  vector('15 [B1 P4]', '40 @ 150, then nothing; cancel confirmed', { script: fills(2, '40', '150') }, { ...TIMED_OUT, size: '40', at: '150', sl: '147', tp: '154.5', slip: '0', pairs: 1, reconciled: 'MISMATCH', manual: true, says: ['Approved size 100, filled only 40'], });
  vector('16 [K3]', 'GLOBAL ACTIVE at T = 5 s, cancel confirmed', { script: { fills: [] }, acts: [[5, setNow('GLOBAL')]] }, { ...NO_FILL, status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE', seconds: expect.closeTo(5, 0), gate: 'ACTIVE' });
  vector('17 [K3 K4 B3]', 'GLOBAL ACTIVE at T = 5 s, fill wins', { script: { fills: [], cancel: 'fill', cancelMs: 50 }, acts: [[5, setNow('GLOBAL')]] }, { ...FILL, ...AT_151, seconds: expect.closeTo(5.5, 0), cancels: expect.toBeOneOf([1, 2]), gate: 'ACTIVE', postFill: true, });
  vector('18 [K3]', 'RISK_LIMIT ACTIVE at T = 5 s, fills at 6 s', { script: fills(6, '100', '151'), acts: [[5, setNow('RISK_LIMIT')]] }, { ...FILL, ...AT_151, seconds: 6, gate: 'ACTIVE', postFill: true });
  vector('19 [S4]', 'submit times out; lookup finds it filled', { script: fills(3, '100', '151'), acts: [[-1, ({ fake }) => fake.fault({ on: 'submit', answer: 'silence', live: true })]], }, { ...FILL, ...AT_151, seconds: expect.toBeOneOf([3, 5, 5.5]) });
  vector('20 [S4 T3]', 'submit times out; never found', { acts: [[-1, ({ fake }) => fake.fault({ on: 'submit', answer: 'silence' })]] }, { ...TIMED_OUT, seconds: 32, cancels: expect.any(Number), reconciled: 'MISMATCH', manual: true, says: [saying('Expected order .*, not found in broker')], });
  vector('21 [S3 S6]', 'the exchange refuses: no funds', { acts: [[-1, ({ fake }) => fake.fault(NO_FUNDS)]] }, { ...REFUSED, status: 'FAILED', reason: 'BROKER_REJECTED', posts: 1 });
  vector('23 [R2.1 R2.2]', 'sell 100 of what is held, SL +0.02, TP −0.03, fills @ 151', { script: at151, base: '1000', adapter: { sells: true }, input: SELL }, { ...FILL, ...AT_151, sl: '154.02', tp: '146.47' });
  vector('24 [V1]', 'expired one second ago', { input: { expirationTimestamp: '2025-12-31T23:59:59Z' } }, { ...REFUSED, reason: 'ADVISORY_EXPIRED' });

  it('22 [E1 S1] · the same advisory twice at once → FILLED twice, one order', async () => {
    const now = await world(exchange, { scripts: [at151] });
    const both = Promise.all([now.engine.execute(advisory(exchange)), now.engine.execute(advisory(exchange))]);
    const [first, second] = await now.clock.runUntil(both);
    expect(seen(now, first)).toEqual({ ...FILL, ...AT_151 });
    expect(second).toBe(first);
  });

  it('R2.2 · the market has left the stop behind: refused, alarmed, nothing is closed', async () => {
    const { now, result } = await tell(exchange, { script: at151, acts: [[0.9, quote('140')]] });
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FILLED', 'MISSING_SL_TP']);
    expect(now.lines.join()).toContain('UNPROTECTED_POSITION');
    expect(now.store.orders.filter(({ side, type }) => side === 'sell' && type === 'market')).toEqual([]);
  });
});
