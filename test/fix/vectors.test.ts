/**
 * The vectors, end to end: engine, FIX adapter, jspurefix, a socket, a venue that follows a script on a virtual clock.
 *
 * All 24 can be produced: what the venue holds, fills, answers and keeps quiet about is the script's to say. SL and
 * TP of a position are those that execution reports told as working: 12 is a venue that refuses the exits, 12b one that
 * cancels the stop by itself.
 *
 * Time moves in steps of 100 ms; before each, a test request is answered: FIX is in order, so all has arrived by then.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createEngine,
  type Engine,
  type ExecutionResult,
  type KillSwitchState,
  type KillSwitchType,
  type SnapshotInput,
} from 'fillchart';
import { VIRTUAL_EPOCH_MS, type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { setting } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

const ADVISORY: SnapshotInput = {
  advisoryId: 'ADV-A',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000),
};
const SHORT: SnapshotInput = { ...ADVISORY, side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' };

interface World {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly acceptor: ScriptedAcceptor;
}

interface Story {
  /** Fills at T in seconds. */
  readonly fills?: readonly (readonly [seconds: number, quantity: number, price: string])[];
  readonly onCancel?: 'confirm' | 'silence' | 'fill';
  readonly onSubmit?: 'accept' | 'silence' | 'never' | 'reject';
  /** What the venue holds, whatever was filled. */
  readonly holds?: number;
  readonly exits?: 'take' | 'refuse' | 'cancel the stop';
  readonly input?: SnapshotInput;
  readonly act?: readonly [seconds: number, type: KillSwitchType, state?: KillSwitchState, target?: string];
}

/** The venue's side of a story. */
function play(story: Story, acceptor: ScriptedAcceptor, clock: VirtualClock): void {
  const { fills = [], onCancel = 'confirm', onSubmit = 'accept', exits = 'take' } = story;
  let entry: Message | undefined;
  let state: 'open' | 'closed' = 'open';
  let filled = 0;
  const fill = (quantity: number, price: string, tells = true): void => {
    if (entry === undefined || state === 'closed') return;
    filled += quantity;
    if (filled >= Number(entry.tag(38))) state = 'closed';
    if (tells) acceptor.fill(entry, String(quantity), price, String(filled));
  };
  const status = (message: Message): void => {
    if (onSubmit === 'never') acceptor.report(message, { 37: 'NONE', 150: 'I', 39: 8, 103: 5, 17: 0 });
    else if (entry !== undefined) {
      const ordStatus = state === 'closed' ? (filled > 0 ? 2 : 4) : filled > 0 ? 1 : 0;
      acceptor.report(entry, { 150: 'I', 39: ordStatus, 17: 0, 14: filled, 6: filled > 0 ? (fills[0]?.[2] ?? 0) : 0 });
    }
  };
  const cancel = (message: Message): void => {
    if (onCancel === 'silence' || onSubmit === 'never' || entry === undefined) return;
    if (onCancel === 'fill') {
      fill(100, '151.00');
      return;
    }
    state = 'closed';
    acceptor.report(entry, {
      11: message.tag(11),
      41: entry.tag(11),
      150: 4,
      39: 4,
      14: filled,
      6: fills[0]?.[2] ?? 0,
    });
  };
  const position = (message: Message): void => {
    const sign = entry?.tag(54) === '2' ? -1 : 1;
    const size = story.holds !== undefined && entry !== undefined ? story.holds : sign * filled;
    const tags = { 710: message.tag(710), 721: 'r', 728: size === 0 ? 2 : 0, 727: size === 0 ? 0 : 1 };
    if (size === 0) acceptor.send('AO', { ...tags, 729: 0 });
    else
      acceptor.send('AP', { ...tags, 55: 'AAPL', 702: 1, 703: 'TQ', 704: Math.max(size, 0), 705: Math.max(-size, 0) });
  };
  const order = (message: Message): void => {
    if (/-(?:sl|tp)$/.test(message.tag(11))) {
      if (exits !== 'refuse') acceptor.accept(message);
      const isGone = exits === 'cancel the stop' && message.tag(11).endsWith('-sl');
      if (isGone) acceptor.report(message, { 150: 4, 39: 4, 58: 'by the venue' });
      if (exits === 'refuse') acceptor.report(message, { 150: 8, 39: 8, 103: 0, 58: 'no' });
      return;
    }
    entry = message;
    if (onSubmit === 'reject') acceptor.report(message, { 150: 8, 39: 8, 103: 0, 58: 'no margin' });
    if (onSubmit === 'accept') acceptor.accept(message);
    for (const [seconds, quantity, price] of fills) {
      clock.setTimeout(() => fill(quantity, price, onSubmit !== 'silence'), seconds * 1_000);
    }
  };
  acceptor.script = (message) => {
    if (message.type === 'D') order(message);
    if (message.type === 'H') status(message);
    if (message.type === 'F') cancel(message);
    if (message.type === 'AN') position(message);
  };
}

/** Lets everything arrive that is on its way, and everything follow from it. */
async function arrived(acceptor: ScriptedAcceptor): Promise<void> {
  for (let before = -1; before !== acceptor.traffic; ) {
    before = acceptor.traffic;
    await acceptor.echo();
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  }
}

async function run<T>({ clock, acceptor }: Pick<World, 'clock' | 'acceptor'>, until: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  until.then(done, done);
  for (await arrived(acceptor); !isDone; await arrived(acceptor)) await clock.advance(100);
  return until;
}

async function tell(story: Story): Promise<{ readonly result: ExecutionResult; readonly acceptor: ScriptedAcceptor }> {
  const clock = virtualClock();
  const { acceptor, broker } = await setting({ clock, positions: { account: 'ACC' } });
  play(story, acceptor, clock);
  await broker.connect?.(new AbortController().signal);
  const engine = await run({ clock, acceptor }, createEngine({ broker, clock, logger: false }));
  const [seconds, type, state = 'ACTIVE', target] = story.act ?? [];
  const act = async (): Promise<void> => {
    if (type === undefined) return;
    await engine.killSwitch.set({ type, state, reason: 'a drill', by: 'ops', ...(target !== undefined && { target }) });
  };
  if (seconds !== undefined && seconds < 0) await run({ clock, acceptor }, act());
  if (seconds !== undefined && seconds >= 0) clock.setTimeout(() => void act(), seconds * 1_000);
  const result = await run({ clock, acceptor }, engine.execute(story.input ?? ADVISORY));
  await run({ clock, acceptor }, engine.close());
  return { result, acceptor };
}

const NOTHING = {
  status: 'FAILED_TIMEOUT',
  reconciled: 'MATCHED',
  sl: undefined,
  tp: undefined,
  orders: 1,
  cancels: 1,
};
const FILL = { ...NOTHING, status: 'FILLED', sl: '147.98', tp: '155.53', orders: 3, cancels: 0 };
const REFUSED = { ...NOTHING, status: 'REJECTED', reconciled: undefined, orders: 0, cancels: 0 };
const LATE = { ...FILL, status: 'EXECUTED_FULL_LATE', cancels: 1 };

/** The numbers of the vectors that have been told. */
const toldOf: number[] = [];

function vector(number: string, text: string, story: Story, ends: object, more: object = {}): void {
  toldOf.push(Number.parseInt(number, 10));

  it(`${number} · ${text}`, async () => {
    const { result, acceptor } = await tell(story);
    expect({
      status: result.status,
      reconciled: result.reconciliationReport?.status,
      sl: result.finalSl,
      tp: result.finalTp,
      orders: acceptor.of('D').length,
      cancels: acceptor.of('F').length,
    }).toEqual(ends);
    expect(result).toMatchObject(more);
    const ids = acceptor.of('D').map((order) => order.tag(11));
    expect(new Set(ids).size).toBe(ids.length);
  });
}

const MANUAL = { requiresManualResolution: true };
const saying = (message: string) => ({ reconciliationReport: { ...MANUAL, mismatches: [{ message }] } });
const at151 = { fills: [[1, 100, '151.00']] } as const;

// biome-ignore format: one vector, one line
describe('the vectors over FIX', () => {
  vector('1 [T2 R2.1 B1]', 'fills 100 @ 151.00 at T = 1 s', at151, FILL, { slippagePct: '0.67', reconciliationReport: { requiresManualResolution: false } });
  vector('2 [R2.3]', 'fills 100 @ 152.00', { fills: [[1, 100, '152.00']] }, { ...FILL, sl: '148.96', tp: '156.56' }, { slippagePct: '1.33' });
  vector('3 [K2]', 'SYMBOL_LEVEL AAPL ACTIVE before', { act: [-1, 'SYMBOL_LEVEL', 'ACTIVE', 'AAPL'] }, REFUSED, { reason: 'KILL_SWITCH_ACTIVE' });
  vector('4 [K2]', 'GLOBAL ACTIVE before', { act: [-1, 'GLOBAL'] }, REFUSED, { reason: 'KILL_SWITCH_ACTIVE' });
  vector('5 [K1]', 'GLOBAL WARNING before, fills', { ...at151, act: [-1, 'GLOBAL', 'WARNING'] }, FILL, { killSwitchState: 'WARNING' });
  vector('6 [K1]', 'SYMBOL_LEVEL MSFT ACTIVE before, fills', { ...at151, act: [-1, 'SYMBOL_LEVEL', 'ACTIVE', 'MSFT'] }, FILL);
  vector('7 [T3]', 'never fills, cancel confirmed', {}, NOTHING, { reconciliationReport: { requiresManualResolution: false } });
  vector('8 [T2]', 'fills at T = 30.000 s, as the cancel goes out', { fills: [[30, 100, '151.00']], onCancel: 'silence' }, { ...FILL, cancels: expect.toBeOneOf([0, 1]) });
  vector('9 [T2]', 'fills at T = 30.5 s, the cancel unanswered', { fills: [[30.5, 100, '151.00']], onCancel: 'silence' }, LATE);
  vector('9b [T2]', 'fills at T = 31 s, the cancel unanswered', { fills: [[31, 100, '151.00']], onCancel: 'silence' }, LATE);
  vector('11 [R6.3]', 'fills; position at the broker is 50', { ...at151, holds: 50 }, { ...FILL, reconciled: 'MISMATCH' }, saying('Expected position 100, found 50 in broker'));
  vector('12 [B2]', 'fills; exits refused', { ...at151, exits: 'refuse' }, { ...FILL, reconciled: 'MISSING_SL_TP', sl: undefined, tp: undefined }, { reconciliationReport: MANUAL });
  vector('12b [B2]', 'fills; broker has no SL', { ...at151, exits: 'cancel the stop' }, { ...FILL, reconciled: 'MISSING_SL_TP', sl: undefined }, { reconciliationReport: MANUAL });
  vector('13 [R6.3]', 'fills; broker has no position', { ...at151, holds: 0 }, { ...FILL, reconciled: 'MISSING_POSITION' }, { reconciliationReport: MANUAL });
  vector('14 [R6.3]', 'times out; a position of 100 is there', { holds: 100 }, { ...NOTHING, reconciled: 'PHANTOM_POSITION' }, { reconciliationReport: MANUAL });
  vector('15 [B1]', '40 @ 150, then nothing; cancel confirmed', { fills: [[1, 40, '150']] }, { ...NOTHING, reconciled: 'MISMATCH', sl: '147', tp: '154.5', orders: 3 }, { finalPositionSize: '40', reconciliationReport: MANUAL });
  vector('16 [K3]', 'GLOBAL ACTIVE at T = 5 s, cancel confirmed', { act: [5, 'GLOBAL'] }, { ...NOTHING, status: 'CANCELLED' });
  vector('17 [K3]', 'GLOBAL ACTIVE at T = 5 s, fill wins', { act: [5, 'GLOBAL'], onCancel: 'fill' }, { ...FILL, cancels: 1 }, { killSwitchPostFill: true });
  vector('18 [K3]', 'RISK_LIMIT ACTIVE at T = 5 s, fills at 6 s', { act: [5, 'RISK_LIMIT'], fills: [[6, 100, '151.00']] }, FILL);
  vector('19 [S4]', 'no answer to the order; lookup finds it filled', { onSubmit: 'silence', fills: [[3, 100, '151.00']] }, FILL);
  vector('21 [S3]', 'the broker refuses: no margin', { onSubmit: 'reject' }, { ...REFUSED, status: 'FAILED', orders: 1 }, { attempts: [expect.anything()] });
  vector('23 [R2.1]', 'sell 100, fills @ 151', { ...at151, input: SHORT }, { ...FILL, sl: '154.02', tp: '146.47' });
  vector('24 [V1]', 'expired', { input: { ...ADVISORY, expirationTimestamp: '2025-12-31T23:59:59Z' } }, REFUSED, { reason: 'ADVISORY_EXPIRED' });

  it('every vector is told', () => {
    const single = [10, 20, 22];
    expect([...new Set([...toldOf, ...single])].sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
  });

  it('10 [T3] · the cancel is never answered: asked again inside the window, then the order is open still', async () => {
    const { result, acceptor } = await tell({ onCancel: 'silence' });
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', reconciliationReport: { status: 'MISMATCH' } });
    expect(acceptor.of('D')).toHaveLength(1);
    expect(acceptor.of('F').length).toBeGreaterThan(0);
  });

  it('22 [E1] · the same advisory twice at once: one order, the same result', async () => {
    const clock = virtualClock();
    const { acceptor, broker } = await setting({ clock });
    play(at151, acceptor, clock);
    await broker.connect?.(new AbortController().signal);
    const engine = await run({ clock, acceptor }, createEngine({ broker, clock, logger: false }));
    const both = Promise.all([engine.execute(ADVISORY), engine.execute(ADVISORY)]);
    const [one, other] = await run({ clock, acceptor }, both);
    await run({ clock, acceptor }, engine.close());
    expect(one).toEqual(other);
    expect(one).toMatchObject({ status: 'FILLED' });
    expect(acceptor.of('D').map((order) => order.tag(40))).toEqual(['1', '3', '2']);
  });

  it('S4 E3 · the line is cut while the order is pending: found filled by the resend, one NewOrderSingle', async () => {
    const clock = virtualClock();
    const { acceptor, broker, pushed } = await setting({ reconnectMs: 1_000, clock });
    play({}, acceptor, clock);
    await broker.connect?.(new AbortController().signal);
    const engine = await run({ clock, acceptor }, createEngine({ broker, clock, logger: false }));
    const result = engine.execute(ADVISORY);
    await run({ clock, acceptor }, acceptor.until(() => acceptor.of('D').length > 0));
    await run({ clock, acceptor }, pushed((push) => 'state' in push));
    acceptor.isMute = true;
    acceptor.fill(acceptor.of('D')[0] ?? expect.fail(), '100', '151.00');
    acceptor.isMute = false;
    acceptor.cut();
    // The end of a connection reaches the adapter in real time; its wait for the next one is virtual.
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(await run({ clock, acceptor }, result)).toMatchObject({ status: 'FILLED', finalFillPrice: '151' });
    await run({ clock, acceptor }, engine.close());
    expect(acceptor.of('D')).toHaveLength(3);
    expect(acceptor.logons).toBe(2);
  });

  it('20 [S4] · no answer, never found: one order, cancelled by its id', async () => {
    const { result, acceptor } = await tell({ onSubmit: 'never' });
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', reconciliationReport: { requiresManualResolution: true } });
    expect(acceptor.of('D')).toHaveLength(1);
    expect(acceptor.of('F')[0]?.tag(41)).toBe(acceptor.of('D')[0]?.tag(11));
  });
});
