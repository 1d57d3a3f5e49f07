/**
 * A venue's day, unattended: a session of 23 hours in Chicago with a reset of the numbers at midnight, an hour's break, and the
 * next session. The clock is virtual, the sockets are real: time moves on once what was sent has been answered.
 */
import { createEngine, type ExecutionResult, freezeSnapshot } from 'fillchart';
import { expect, it, onTestFinished } from 'vitest';
import { virtualClock } from '../../src/testing/virtual-clock.js';
import { setting } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

const CHICAGO = {
  timeZone: 'America/Chicago',
  days: ['sun', 'mon', 'tue', 'wed', 'thu'],
  start: '17:00',
  end: '16:00',
  reset: '00:00',
} as const;
/** Monday 23 November 2026, 17:00 in Chicago. */
const OPEN = Date.UTC(2026, 10, 23, 23);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface VenueOrder {
  readonly order: Message;
  state: string;
  filled: number;
}

/** A venue that holds orders through the night; entries rest until `fill` when told to. */
function venue(acceptor: ScriptedAcceptor) {
  const orders = new Map<string, VenueOrder>();
  let rests = false;
  const tags = ({ order, state, filled }: VenueOrder) => ({
    39: state,
    14: filled,
    6: filled > 0 ? priceOf(order) : 0,
    151: state === '0' ? Number(order.tag(38)) : 0,
  });
  const priceOf = (order: Message): string => order.tag(99) || order.tag(44) || '151.00';
  const known = (id: string): VenueOrder => orders.get(id) ?? expect.fail(`${id} is not at the venue`);
  function fill(id: string): void {
    const at = known(id);
    at.state = '2';
    at.filled = Number(at.order.tag(38));
    acceptor.report(at.order, { ...tags(at), 150: 'F', 32: at.filled, 31: priceOf(at.order) });
  }
  acceptor.script = (message) => {
    const id = message.tag(message.type === 'F' ? 41 : 11);
    if (message.type === 'D') {
      orders.set(id, { order: message, state: '0', filled: 0 });
      acceptor.accept(message);
      if (message.tag(40) === '1' && !rests) fill(id);
    }
    if (message.type === 'H') acceptor.report(message, { ...tags(known(id)), 150: 'I', 17: 0 });
    if (message.type !== 'F') return;
    const at = known(id);
    if (at.state !== '0')
      acceptor.send('9', { 37: `o-${id}`, 11: message.tag(11), 41: id, 39: at.state, 434: 1, 102: 0 });
    else {
      at.state = '4';
      acceptor.report(at.order, { ...tags(at), 150: 4, 11: message.tag(11), 41: id, 37: `o-${id}` });
    }
  };
  return {
    orders,
    known,
    fill,
    hold: (does: boolean): void => {
      rests = does;
    },
  };
}

it('B17 B7 T4: a day of 23 hours, a reset in the middle, a break, and the next day, with nobody there', async () => {
  const clock = virtualClock(OPEN + 30_000);
  let sent = 0;
  const { acceptor, broker, warnings } = await setting({
    clock,
    schedule: CHICAGO,
    heartbeatSeconds: 60,
    messageLog: (line) => {
      sent += line.includes(' OUT ') ? 1 : 0;
    },
  });
  const { orders, known, fill, hold } = venue(acceptor);
  const engine = await createEngine({ broker, clock, logger: false });
  onTestFinished(() => engine.close({ drainMs: 0 }));

  /** What was sent has been answered, and what that led to as well. */
  async function answered(): Promise<void> {
    for (let before = -1; before !== sent; ) {
      await acceptor.echo();
      before = sent;
      await clock.settle();
    }
  }
  async function until(time: number): Promise<void> {
    const end = clock.monotonic() + time - clock.now();
    for (let before = sent; await clock.fireNext(end); before = sent) if (sent !== before) await answered();
    await clock.advance(time - clock.now());
  }
  /** The session is up for the n-th time. */
  async function loggedOn(n: number): Promise<void> {
    await acceptor.until(() => acceptor.logons === n);
    await answered();
  }
  const results: ExecutionResult[] = [];
  const run = (advisoryId: string): void =>
    void engine
      .execute(
        freezeSnapshot({
          advisoryId,
          symbol: 'AAPL',
          referencePrice: '150',
          slOffsetPct: '-0.02',
          tpOffsetPct: '0.03',
          positionSize: '100',
          expirationTimestamp: '2090-01-01T00:00:00Z',
        }),
      )
      .then((result) => results.push(result));
  const idOf = (advisoryId: string): string => engine.execution(advisoryId)?.clientOrderId ?? '';
  const closings = (): readonly string[] => engine.positions().map(({ state }) => state);

  // In the evening one is bought and protected.
  await loggedOn(1);
  run('EVENING');
  await until(OPEN + 5 * MINUTE);
  expect(results).toMatchObject([{ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' }]);

  // An order is live while the numbers begin anew at midnight, and fills in between.
  const midnight = OPEN + 7 * HOUR;
  hold(true);
  await until(midnight - 5_000);
  run('MIDNIGHT');
  await until(midnight);
  await until(midnight + 1_000);
  await loggedOn(2);
  expect(acceptor.of('A').at(-1)?.tag(141)).toBe('Y');
  fill(idOf('MIDNIGHT'));
  hold(false);
  await until(midnight + MINUTE);
  expect(results.at(-1)).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });

  // At night the first take-profit fills: its stop is cancelled.
  await until(midnight + 3 * HOUR);
  fill(`${idOf('EVENING')}-tp`);
  await until(midnight + 3 * HOUR + MINUTE);
  expect(known(`${idOf('EVENING')}-sl`).state).toBe('4');

  // The day ends. In the break the venue stops the second one out, and nobody can be told.
  const end = OPEN + 23 * HOUR;
  await until(end + MINUTE);
  expect(acceptor.of('5')).toHaveLength(2);
  acceptor.beginAnew();
  acceptor.isMute = true;
  fill(`${idOf('MIDNIGHT')}-sl`);
  acceptor.isMute = false;
  acceptor.beginAnew();
  run('BREAK');
  await until(end + 10 * MINUTE);
  expect(results.at(-1)).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
  expect(results.at(-1)?.errorMessage).toContain('opens at 2026-11-24T23:00:00');

  // The next session begins at 1, asks for the exits, and cancels the sibling.
  await until(end + HOUR + 1_000);
  await loggedOn(3);
  expect([34, 141].map((tag) => acceptor.of('A').at(-1)?.tag(tag))).toEqual(['1', 'N']);
  run('NEXT DAY');
  await until(end + HOUR + 5 * MINUTE);
  expect(known(`${idOf('MIDNIGHT')}-tp`).state).toBe('4');
  expect(results.at(-1)).toMatchObject({ status: 'FILLED' });

  expect(closings()).toEqual(['closedByTakeProfit', 'closedByStopLoss', 'working']);
  expect([...orders.values()].filter(({ order }) => order.tag(40) === '1')).toHaveLength(3);
  expect(new Set(acceptor.of('D').map((message) => message.tag(11))).size).toBe(acceptor.of('D').length);
  expect({ cases: engine.cases.all(), logons: acceptor.logons, warnings }).toEqual({
    cases: [],
    logons: 3,
    warnings: [],
  });
}, 300_000);
