/**
 * Very many orders whose time is up at the same moment: one request looks at all of them, and each look still comes before the
 * deadline that follows it.
 */
import type { BrokerAdapter, OrderRef, OrderReport } from 'fillchart';
import { faultBroker, type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { jointLooks } from '../../src/actors/joint-looks.js';
import { orderWatch } from '../../src/actors/order-watch.js';
import { turns } from '../../src/actors/turns.js';

const MANY = 40;
const REFS: readonly OrderRef[] = Array.from({ length: MANY }, (_, index) => ({
  clientOrderId: `order-${index}`,
  symbol: `S${index}`,
}));

const reportOn = ({ clientOrderId }: OrderRef): OrderReport => ({
  clientOrderId,
  brokerOrderId: `B-${clientOrderId}`,
  state: 'pending',
  filledSize: '0',
});

interface Asked {
  readonly broker: BrokerAdapter;
  /** Sizes of the joint requests. */
  readonly batches: number[];
  /** Orders that were asked for by themselves. */
  readonly singles: string[];
}

/** @param answersFor orders that a joint request answers; it fails where there is none */
function asked(clock: VirtualClock, answersFor: (ref: OrderRef) => boolean, batchStatus = true): Asked {
  const [batches, singles]: [number[], string[]] = [[], []];
  const scripted = faultBroker({ clock });
  const broker: BrokerAdapter = {
    ...scripted,
    capabilities: { ...scripted.capabilities, batchStatus },
    async getOrderStatus(ref) {
      singles.push(ref.clientOrderId);
      return reportOn(ref);
    },
    async getOrderStatuses(refs) {
      batches.push(refs.length);
      const answered = refs.filter(answersFor);
      if (answered.length === 0) throw new Error('503');
      return answered.map(reportOn);
    },
  };
  return { broker, batches, singles };
}

interface Setting {
  readonly clock?: VirtualClock;
  readonly answersFor?: (ref: OrderRef) => boolean;
  readonly batchStatus?: boolean;
}

function looksAt({ answersFor = () => true, batchStatus, clock = virtualClock() }: Setting = {}) {
  const to = asked(clock, answersFor, batchStatus);
  const { broker } = to;
  const { capabilities } = broker;
  const watch = orderWatch({ broker, capabilities, clock, pollIntervalMs: 100, statusDeadlineMs: 2_000 });
  const line = turns(clock, { underWay: undefined });
  const reported: string[] = [];
  watch.reports$.subscribe(({ clientOrderId }) => reported.push(clientOrderId));
  return { ...to, clock, line, watch, reported, looks: jointLooks(watch, line) };
}

/** Looks at all of them while the event loop is busy with others, then lets it go on. */
async function busyLooks(setting?: Setting) {
  const now = looksAt(setting);
  const { clock, line, looks, reported } = now;
  const held = line.hold();
  const done = REFS.map((ref) => looks.lookAt(ref));
  const reportedByThen: number[] = [];
  line.later('act', () => reportedByThen.push(now.batches.length + now.singles.length));
  await clock.advance(0);
  expect([...now.batches, ...now.singles]).toEqual([]);
  void held.release();
  await clock.advance(100);
  await Promise.all(done);
  return { ...now, askedBeforeNext: reportedByThen[0], reported: reported.toSorted() };
}

const ALL = REFS.map(({ clientOrderId }) => clientOrderId).toSorted();

describe('orders whose time is up together', () => {
  it('T2: one request looks at all that had to wait, and what was put off after them comes after it', async () => {
    const { batches, singles, askedBeforeNext, reported } = await busyLooks();
    expect(batches).toEqual([MANY]);
    expect(singles).toEqual([]);
    expect(askedBeforeNext).toBe(1);
    expect(reported).toEqual(ALL);
  });

  it('T2: orders that the joint answer leaves out are looked at by themselves', async () => {
    const leftOut = ['order-3', 'order-39'];
    const { batches, singles, reported } = await busyLooks({
      answersFor: ({ clientOrderId }) => !leftOut.includes(clientOrderId),
    });
    expect(batches).toEqual([MANY]);
    expect(singles).toEqual(leftOut);
    expect(reported).toEqual(ALL);
  });

  it('T2 P2: a joint request that fails costs no order its look', async () => {
    const { batches, singles, reported } = await busyLooks({ answersFor: () => false });
    expect(batches).toEqual([MANY]);
    expect(singles.toSorted()).toEqual(ALL);
    expect(reported).toEqual(ALL);
  });

  it('T2: where the adapter takes no batches each order is looked at by itself', async () => {
    const { batches, singles, reported } = await busyLooks({ batchStatus: false });
    expect(batches).toEqual([]);
    expect(singles.toSorted()).toEqual(ALL);
    expect(reported).toEqual(ALL);
  });

  it('R6.1 P1: an order that two wait to have looked at is asked for once, and both hear of it', async () => {
    const { clock, line, looks, batches, singles } = looksAt();
    const held = line.hold();
    const done = [...REFS, ...REFS].map((ref) => looks.lookAt(ref));
    void held.release();
    await clock.advance(100);
    await Promise.all(done);
    expect(batches).toEqual([MANY]);
    expect(singles).toEqual([]);
  });

  it('R6.1: a look that nobody waits for, and that was put off, is not made at an order that is watched no more by then', async () => {
    const { clock, line, looks, watch, batches, singles } = looksAt();
    const held = line.hold();
    const [over, ...live] = REFS;
    for (const ref of live) watch.watch(ref.clientOrderId, () => ref);
    singles.splice(0);
    for (const ref of REFS) looks.glanceAt(ref);
    void held.release();
    await clock.advance(1);
    expect(batches).toContain(MANY - 1);
    expect(singles).not.toContain(over?.clientOrderId);
    watch.close();
  });

  it('E4: looks one by one end early in the turn where one request could do for many, and only there', async () => {
    const singlesFirst = (batchStatus: boolean) => {
      let now = 0;
      const clock = { ...virtualClock(), monotonic: () => now };
      const { looks, singles } = looksAt({ clock, batchStatus });
      for (const ref of REFS) {
        looks.glanceAt(ref);
        now += 0.5;
      }
      return singles.length;
    };
    expect(singlesFirst(true)).toBe(3);
    expect(singlesFirst(false)).toBeGreaterThan(10);
  });

  it('control: an event loop that is not busy puts off none of them', async () => {
    const { looks, batches, singles } = looksAt();
    await Promise.all(REFS.map((ref) => looks.lookAt(ref)));
    expect(batches).toEqual([]);
    expect(singles.toSorted()).toEqual(ALL);
  });
});
