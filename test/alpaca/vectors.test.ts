/**
 * The vectors, end to end: engine, Alpaca adapter, the official library, HTTP and WebSocket on loopback, simulator.
 *
 * What a line does not say is what `FILL` or `NO_FILL` says: every value is checked in every vector. `posts` are the
 * entry orders that the venue counted.
 */
import type { ExecutionResult, KillSwitchState, KillSwitchType, SnapshotInput } from 'fillchart';
import type { AlpacaScript } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, entryId, execute, type Setting, SHORT, type World, world } from './support.js';

const NOTHING = { sl: undefined, tp: undefined, at: undefined, slip: undefined, gate: 'OFF', postFill: false };
const FILL = {
  ...NOTHING,
  status: 'FILLED',
  reason: undefined as string | undefined,
  size: '100' as string | undefined,
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
const REFUSED = {
  ...NO_FILL,
  status: 'REJECTED',
  size: undefined,
  reconciled: undefined,
  manual: undefined,
  posts: 0,
  cancels: 0,
  seconds: 0,
};

const seen = ({ simulator }: World, result: ExecutionResult) => ({
  status: result.status,
  reason: result.reason,
  sl: result.finalSl,
  tp: result.finalTp,
  at: result.finalFillPrice,
  size: result.finalPositionSize,
  slip: result.slippagePct,
  gate: result.killSwitchState,
  postFill: result.killSwitchPostFill,
  reconciled: result.reconciliationReport?.status,
  manual: result.reconciliationReport?.requiresManualResolution,
  says: (result.reconciliationReport?.mismatches ?? []).map(({ message }) => message),
  posts: simulator.count('submit'),
  pairs: simulator.count('protect'),
  cancels: simulator.count('cancel'),
  seconds: result.totalDurationSeconds,
});

type Act = (now: World) => unknown;
type Ending = Partial<Record<keyof typeof FILL, unknown>>;
interface Story extends Setting {
  readonly script?: AlpacaScript;
  /** Done before, or at T in seconds. */
  readonly acts?: readonly (readonly [seconds: number, act: Act])[];
  readonly input?: SnapshotInput;
}

const fills = (seconds: number, quantity: number, price: string, rest: AlpacaScript = {}): AlpacaScript => ({
  ...rest,
  fills: [{ at: Math.round(seconds * 1_000), quantity: String(quantity), price }],
});

const set =
  (type: KillSwitchType, target?: string, state: KillSwitchState = 'ACTIVE'): Act =>
  ({ engine, clock }) =>
    clock.runUntil(engine.killSwitch.set({ type, state, reason: 'a drill', by: 'ops', ...(target && { target }) }));

const setNow =
  (type: KillSwitchType): Act =>
  ({ engine }) =>
    void engine.killSwitch.set({ type, state: 'ACTIVE', reason: 'a drill', by: 'ops' });

async function tell({ script, acts = [], input, ...setting }: Story) {
  const now = await world({ ...setting, ...(script !== undefined && { scripts: [script] }) });
  for (const [seconds, act] of acts) {
    if (seconds < 0) await act(now);
    else now.clock.setTimeout(() => void act(now), seconds * 1_000);
  }
  return { now, result: await execute(now, input) };
}

function vector(number: string, text: string, story: Story, ends: Ending): void {
  it(`${number} · ${text} → ${ends.status}`, async () => {
    const { now, result } = await tell(story);
    expect(seen(now, result)).toEqual(ends);
    expect(now.simulator.count('submit', result.clientOrderId ?? 'none')).toBe(ends.posts);
  });
}

const at151 = fills(1, 100, '151.00');
const expired = { ...ADVISORY, expirationTimestamp: '2025-12-31T23:59:59Z' };
const saying = (pattern: string): unknown => expect.stringMatching(new RegExp(`^${pattern}$`));

// biome-ignore format: one vector, one line
describe('the vectors on Alpaca', () => {
  vector('1 [T2 R2.1 B1]', 'fills 100 @ 151.00 at T = 1 s', { script: at151 }, { ...FILL, ...AT_151 });
  vector('2 [R2.3]', 'fills 100 @ 152.00 at T = 1 s', { script: fills(1, 100, '152.00') }, { ...FILL, at: '152', sl: '148.96', tp: '156.56', slip: '1.33' });
  vector('3 [K2]', 'SYMBOL_LEVEL AAPL ACTIVE before', { acts: [[-1, set('SYMBOL_LEVEL', 'AAPL')]] }, { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector('4 [K2]', 'GLOBAL ACTIVE before', { acts: [[-1, set('GLOBAL')]] }, { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector('5 [K1]', 'GLOBAL WARNING before, fills', { script: at151, acts: [[-1, set('GLOBAL', undefined, 'WARNING')]] }, { ...FILL, ...AT_151, gate: 'WARNING' });
  vector('6 [K1]', 'SYMBOL_LEVEL MSFT ACTIVE before, fills', { script: at151, acts: [[-1, set('SYMBOL_LEVEL', 'MSFT')]] }, { ...FILL, ...AT_151 });
  vector('7 [T3]', 'never fills, cancel confirmed', { script: { fills: [] } }, TIMED_OUT);
  vector('8 [T2]', 'fills at T = 30.000 s', { script: fills(30, 100, '151') }, { ...FILL, ...AT_151, seconds: 30 });
  vector('9 [T2]', 'fills at T = 30.5 s', { script: fills(30.5, 100, '151', { cancel: 'ignore' }) }, { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 30.5, cancels: 1 });
  vector('9 [T2]', 'fills at T = 31 s', { script: fills(31, 100, '151', { cancel: 'ignore' }) }, { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 31, cancels: 1 });
  vector('10 [T3 P7]', 'cancel unanswered, no fill by T = 32 s', { script: { fills: [], cancel: 'ignore' } }, { ...TIMED_OUT, seconds: 32, reconciled: 'MISMATCH', manual: true, says: [saying('Expected order .* closed, found open in broker')] });
  vector('11 [R6.2]', 'fills; position at the broker is 50', { script: at151, acts: [[0.5, ({ simulator }) => simulator.showPosition('AAPL', '50')]] }, { ...FILL, ...AT_151, reconciled: 'MISMATCH', manual: true, says: ['Expected position 100, found 50 in broker'] });
  vector('12 [R6.3]', 'fills; broker has no SL', { script: at151, acts: [[-1, ({ simulator }) => simulator.loseExit('stopLoss')]] }, { ...FILL, ...AT_151, reconciled: 'MISSING_SL_TP', manual: true, says: ['Expected stop-loss 147.98, found none in broker'] });
  vector('13 [R6.3]', 'fills; broker has no position', { script: at151, acts: [[0.5, ({ simulator }) => simulator.showPosition('AAPL', '0')]] }, { ...FILL, ...AT_151, reconciled: 'MISSING_POSITION', manual: true, says: [saying('Expected position 100, found 0 in broker'), saying('Expected stop-loss .*'), saying('Expected take-profit .*')] });
  vector('14 [R6.3]', 'times out; a position of 100 is there', { script: { fills: [] }, acts: [[0.5, ({ simulator }) => simulator.showPosition('AAPL', '100')]] }, { ...TIMED_OUT, reconciled: 'PHANTOM_POSITION', manual: true, says: ['Expected position 0, found 100 in broker'] });
  vector('15 [B1 P4]', '40 @ 150, then nothing; cancel confirmed', { script: fills(2, 40, '150') }, { ...TIMED_OUT, size: '40', at: '150', sl: '147', tp: '154.5', slip: '0', pairs: 1, reconciled: 'MISMATCH', manual: true, says: ['Approved size 100, filled only 40'] });
  vector('16 [K3]', 'GLOBAL ACTIVE at T = 5 s, cancel confirmed', { script: { fills: [] }, acts: [[5, setNow('GLOBAL')]] }, { ...NO_FILL, status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE', seconds: 5, gate: 'ACTIVE' });
  vector('17 [K3 K4 B3]', 'GLOBAL ACTIVE at T = 5 s, fill wins', { script: { fills: [], cancel: 'fill', cancelMs: 50 }, acts: [[5, setNow('GLOBAL')]] }, { ...FILL, ...AT_151, seconds: 5.05, cancels: 1, gate: 'ACTIVE', postFill: true });
  vector('18 [K3]', 'RISK_LIMIT ACTIVE at T = 5 s, fills at 6 s', { script: fills(6, 100, '151'), acts: [[5, setNow('RISK_LIMIT')]] }, { ...FILL, ...AT_151, seconds: 6, gate: 'ACTIVE', postFill: true });
  vector('19 [S4]', 'submit times out; lookup finds it filled', { script: fills(3, 100, '151'), acts: [[-1, ({ simulator }) => simulator.fault({ on: 'submit', answer: 'silence', live: true })]] }, { ...FILL, ...AT_151, seconds: 3 });
  vector('20 [S4 T3]', 'submit times out; never found', { acts: [[-1, ({ simulator }) => simulator.fault({ on: 'submit', answer: 'silence' })]] }, { ...TIMED_OUT, seconds: 32, cancels: 0, reconciled: 'MISMATCH', manual: true, says: [saying('Expected order .*, not found in broker')] });
  vector('21 [S3 S6]', 'Alpaca refuses: no margin', { acts: [[-1, ({ simulator }) => simulator.fault({ on: 'submit', answer: { status: 403, code: 40310000, message: 'insufficient buying power' } })]] }, { ...REFUSED, status: 'FAILED', reason: 'BROKER_REJECTED', posts: 1 });
  vector('23 [R2.1 R2.2]', 'sell 100, SL +0.02, TP −0.03, fills @ 151', { script: at151, input: SHORT }, { ...FILL, ...AT_151, sl: '154.02', tp: '146.47' });
  vector('24 [V1]', 'expired one second ago', { input: expired }, { ...REFUSED, reason: 'ADVISORY_EXPIRED' });

  it('22 [E1 S1] · the same advisory twice at once → FILLED twice', async () => {
    const now = await world({ scripts: [at151] });
    const [first, second] = await now.clock.runUntil(Promise.all([now.engine.execute(ADVISORY), now.engine.execute({ ...ADVISORY })]));
    expect(seen(now, first)).toEqual({ ...FILL, ...AT_151 });
    expect(second).toBe(first);
    expect(now.simulator.count('submit', entryId(now))).toBe(1);
  });
});
