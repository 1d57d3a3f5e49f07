/** Inputs that a counterparty sends of orders, fills and exits, and what must come of each. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reportsOf, sent } from './cases.orders.support.js';
import { brokerOn, order, type Push, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };

describe('FIX exits', () => {
  /** Exits are told as PendingNew first; `then` follows after a while. */
  const pendingFirst =
    (acceptor: ScriptedAcceptor, afterMs: number, stop: Tags) =>
    (message: Message): void => {
      if (message.type !== 'D') return;
      acceptor.report(message, { 150: 'A', 39: 'A', 151: 100 });
      const isStop = message.tag(11).endsWith('-sl');
      setTimeout(() => (isStop ? acceptor.report(message, stop) : acceptor.accept(message)), afterMs);
    };

  it.each([40, 300])('B3 B5: a stop that is PendingNew and rejected %i ms later is a failed placement', async (ms) => {
    const { acceptor, broker } = await setting();
    acceptor.script = pendingFirst(acceptor, ms, { 150: 8, 39: 8, 103: 99, 58: 'price band' });
    await broker.connect?.(soon());
    expect(await broker.placeProtection(exits, soon())).toEqual({
      stopLoss: { kind: 'rejected', code: 'ORD_REJ_REASON_99', reason: 'price band' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-1-tp', state: 'working' },
    });
  });

  it('B3 B5: a stop that stays PendingNew is accepted as pending before the call ends; its later reject is pushed', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.tag(11).endsWith('-sl')) acceptor.report(message, { 150: 'A', 39: 'A', 151: 100 });
      else acceptor.accept(message);
    };
    await broker.connect?.(soon());
    expect(await broker.placeProtection(exits, AbortSignal.timeout(2_000))).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-1-sl', state: 'pending' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-1-tp', state: 'working' },
    });
    acceptor.report(sent(acceptor, 'fc-1-sl'), { 150: 8, 39: 8, 103: 99, 58: 'too late' });
    await pushed((push) => 'state' in push && push.clientOrderId === 'fc-1-sl' && push.state === 'rejected');
    expect(await broker.placeProtection(exits, soon())).toMatchObject({
      stopLoss: { kind: 'rejected', reason: 'too late' },
    });
  });

  it.each([
    [{ 150: 4, 39: 4, 58: 'no stop orders now' }, 'CANCELLED', 'no stop orders now'],
    [{ 150: 'C', 39: 'C' }, 'EXPIRED', 'expired by the counterparty'],
    [{ 150: 8, 39: 8, 103: 99, 58: 'price band' }, 'REJECTED', 'price band'],
  ] as const)('B5: a stop that is ended right behind its New is a failed placement: %j', async (end, code, reason) => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      acceptor.accept(message);
      if (message.tag(11).endsWith('-sl')) acceptor.report(message, end);
    };
    await broker.connect?.(soon());
    expect(await broker.placeProtection(exits, soon())).toMatchObject({
      stopLoss: { kind: 'rejected', code, reason },
      takeProfit: { kind: 'accepted', state: 'working' },
    });
  });

  it('B5: so is one that is ended while the other exit is not answered yet', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D' && message.tag(11).endsWith('-sl')) acceptor.accept(message);
    };
    await broker.connect?.(soon());
    const placed = broker.placeProtection(exits, soon());
    const isStop = (push: Push, state: string) =>
      'state' in push && push.clientOrderId === 'fc-1-sl' && push.state === state;
    await pushed((push) => isStop(push, 'working'));
    acceptor.report(sent(acceptor, 'fc-1-sl'), { 150: 4, 39: 4 });
    await pushed((push) => isStop(push, 'cancelled'));
    acceptor.accept(sent(acceptor, 'fc-1-tp'));
    expect(await placed).toMatchObject({ stopLoss: { kind: 'rejected', code: 'CANCELLED' } });
  });

  it('B5: a stop that is suspended (39=9) is not placed until it works', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.tag(11).endsWith('-sl')) acceptor.report(message, { 150: 9, 39: 9, 151: 100 });
      else acceptor.accept(message);
    };
    await broker.connect?.(soon());
    const pending = { stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-1-sl', state: 'pending' } };
    expect(await broker.placeProtection(exits, soon())).toMatchObject(pending);
    expect(await broker.placeProtection(exits, soon())).toMatchObject(pending);
    acceptor.report(sent(acceptor, 'fc-1-sl'), { 150: 0, 39: 0, 151: 100 });
    await pushed((push) => 'state' in push && push.clientOrderId === 'fc-1-sl' && push.state === 'working');
    expect(await broker.placeProtection(exits, soon())).toMatchObject({ stopLoss: { state: 'working' } });
  });

  it.each([
    [{ 150: 4, 39: 4 }, 'cancelled', '0'],
    [{ 150: 'C', 39: 'C' }, 'expired', '0'],
    [{ 150: 'F', 39: 1, 14: 30, 6: '147.98', 32: 30, 31: '147.98', 17: 's1' }, 'partially_filled', '30'],
    [{ 150: 'F', 39: 2, 14: 100, 6: '147.98', 32: 100, 31: '147.98', 17: 's1' }, 'filled', '100'],
  ] as const)('B4 B7: what becomes of an exit is pushed and told under its own id: %j', async (tags, state, size) => {
    const { acceptor, broker, pushes, pushed } = await setting({ exits: { oco: 'none' } });
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type === 'H') acceptor.report(sent(acceptor, message.tag(11)), { ...tags, 150: 'I', 17: 0 });
    };
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    expect(reportsOf(pushes, 'fc-1-sl').map((report) => report.state)).toEqual(['working']);
    acceptor.report(sent(acceptor, 'fc-1-sl'), tags);
    await pushed((push) => 'state' in push && push.clientOrderId === 'fc-1-sl' && push.state === state);
    const leg = { ...ref('fc-1-sl') };
    expect(await broker.getOrderStatus(leg, soon())).toMatchObject({
      clientOrderId: leg.clientOrderId,
      state,
      filledSize: size,
    });
  });

  it('B4 B7: a working exit is told as working, also to a later process', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(storeFolder, { recursive: true, force: true }));
    const { acceptor, broker } = await setting({ storeFolder });
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type === 'H') acceptor.report(sent(acceptor, message.tag(11)), { 150: 'I', 39: 0, 17: 0, 151: 100 });
    };
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    expect(await broker.getOrderStatus(ref('fc-1-tp'), soon())).toMatchObject({ state: 'working' });
    await broker.close?.();
    const second = brokerOn(acceptor.port, { storeFolder });
    await second.broker.connect?.(soon());
    expect(await second.broker.getOrderStatus(ref('fc-1-tp'), soon())).toMatchObject({ state: 'working' });
  });

  it('B4 B7: both exits fill: both are told', async () => {
    const { acceptor, broker, pushes, pushed } = await setting({ exits: { oco: 'none' } });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    for (const [leg, price] of [
      ['sl', '147.98'],
      ['tp', '155.53'],
    ] as const) {
      acceptor.fill(sent(acceptor, `fc-1-${leg}`), '100', price);
      await pushed((push) => 'state' in push && push.clientOrderId === `fc-1-${leg}` && push.state === 'filled');
    }
    expect(reportsOf(pushes, 'fc-1-tp').at(-1)).toMatchObject({ filledSize: '100', fillPrice: '155.53' });
  });
});

describe('FIX answers to questions', () => {
  const notFound: readonly (readonly [string, Tags])[] = [
    ['150=I, ExecID 0, no reason, text', { 37: 'NONE', 150: 'I', 39: 8, 17: 0, 58: 'Order not found' }],
    ['150=I with the OrderID of nothing', { 37: 0, 150: 'I', 39: 8, 17: 'q1', 58: 'no such order' }],
    ['rejected as if it were an order', { 37: '[N/A]', 150: 8, 39: 8, 17: 0, 58: 'Unknown order' }],
    ['unknown order by reason', { 37: 'NONE', 150: 'I', 39: 8, 103: 5, 17: 0 }],
    ['no words at all', { 37: 'NONE', 150: 'I', 39: 8, 17: 0 }],
    [
      'ExecID of its own and a text',
      { 37: 'NONE', 150: 8, 39: 8, 17: 'x77', 58: 'Unable to locate order: order not found' },
    ],
  ];
  it.each(notFound)('B5 P12: %s: not found, and no event of the order', async (_, tags) => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'H') acceptor.report(message, tags);
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), AbortSignal.timeout(50))).toMatchObject({ kind: 'unknown' });
    expect(await broker.getOrderStatus(ref(), soon())).toBe('not_found');
    expect(reportsOf(pushes)).toEqual([]);
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00');
    await pushed((push) => 'state' in push && push.state === 'filled');
  });

  it('B5 P12 FIX 4.2: a status answer (20=3) that knows no order ends nothing', async () => {
    const { acceptor, broker, pushes } = await setting({ version: 'FIX.4.2' });
    acceptor.script = (message) => {
      if (message.type === 'H')
        acceptor.report(message, { 37: 'NONE', 20: 3, 150: 8, 39: 8, 17: 0, 58: 'Order not found' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), AbortSignal.timeout(50));
    expect(await broker.getOrderStatus(ref(), soon())).toBe('not_found');
    expect(reportsOf(pushes)).toEqual([]);
  });

  it('B5 P12: a status answer that knows the order as rejected is believed', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'H')
        acceptor.report(message, { 37: 'o-9', 150: 'I', 39: 8, 17: 0, 103: 3, 58: 'no margin' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), AbortSignal.timeout(50));
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ state: 'rejected', reason: 'no margin' });
  });

  it.each([
    [
      'a reason of its own, whatever the text',
      { 103: 11, 58: 'Order MARKET is not known at this venue' },
      'ORD_REJ_REASON_11',
    ],
    ['a text about the kind of order', { 103: 99, 58: 'Order type is not known' }, 'ORD_REJ_REASON_99'],
    ['a limit, in words like those of a duplicate', { 103: 3, 58: 'duplicate exposure' }, 'ORD_REJ_REASON_3'],
  ] as const)('S3 P12: a reject of the order with %s is its end', async (_, tags, code) => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) =>
      message.type === 'D' && acceptor.report(message, { 150: 8, 39: 8, 37: 'NONE', 17: 'x1', ...tags });
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'rejected', code });
    await pushed((push) => 'state' in push && push.state === 'rejected');
  });

  it('B5 S3: exits that are refused as duplicates, and that the counterparty does not know, are not placed', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      const isStop = message.tag(11).endsWith('-sl');
      if (message.type === 'D') acceptor.report(message, { 150: 8, 39: 8, 37: 'NONE', 103: 99, 58: 'Duplicate close' });
      if (message.type === 'H' && isStop) acceptor.report(message, { 37: 'NONE', 150: 'I', 39: 8, 103: 5, 17: 0 });
      if (message.type === 'H' && !isStop) acceptor.report(message, { 37: 'o-tp', 150: 'I', 39: 0, 17: 0, 151: 100 });
    };
    await broker.connect?.(soon());
    expect(await broker.placeProtection(exits, soon())).toMatchObject({
      stopLoss: { kind: 'rejected', code: 'DUPLICATE' },
      takeProfit: { kind: 'duplicate' },
    });
  });

  const duplicates: readonly (readonly [string, Tags])[] = [
    ['OrdRejReason 6', { 37: 'NONE', 150: 8, 39: 8, 103: 6 }],
    ['a text', { 37: 'NONE', 150: 8, 39: 8, 103: 99, 58: 'Duplicate ClOrdID' }],
  ];
  it.each(duplicates)('B6 S3: refused as duplicate by %s: the order exists, and is looked up', async (_, tags) => {
    const { acceptor, broker, pushes } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.report(message, tags);
      if (message.type === 'H') acceptor.report(message, { 37: 'o-1', 150: 'I', 39: 0, 17: 0, 151: 100 });
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'duplicate' });
    await acceptor.echo();
    expect(reportsOf(pushes)).toEqual([]);
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ state: 'submitted', brokerOrderId: 'o-1' });
  });

  it.each(['NONE', '0', '[N/A]', 'none', 'N/A', 'UNKNOWN', '-'])(
    'B7: OrderID %s is no id: a reject of another order does not end ours',
    async (word) => {
      const { acceptor, broker, pushes, pushed } = await setting();
      acceptor.script = (message) => {
        acceptor.report(message, { 37: word, 150: 'A', 39: 'A', 151: 100 });
        acceptor.report(message, { 37: word, 11: 'other', 150: 8, 39: 8, 103: 0, 58: 'not ours' });
        acceptor.report(message, { 37: 'o-1', 150: 0, 39: 0, 151: 100 });
      };
      await broker.connect?.(soon());
      expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'accepted', brokerOrderId: 'o-1' });
      await pushed((push) => 'state' in push && push.state === 'submitted');
      expect(reportsOf(pushes).map(({ state, brokerOrderId }) => [state, brokerOrderId])).toEqual([
        ['pending', ''],
        ['submitted', 'o-1'],
      ]);
    },
  );
});

describe('FIX rejects of our messages', () => {
  const rejects: readonly (readonly [string, '3' | 'j', (order: Message) => Tags, RegExp])[] = [
    [
      '35=3',
      '3',
      (d) => ({ 45: d.tag(34), 371: 44, 372: 'D', 373: 5, 58: 'bad price' }),
      /bad price.*371=44.*372=D.*373=5/,
    ],
    ['35=3 without a text', '3', (d) => ({ 45: d.tag(34), 371: 54, 372: 'D', 373: 5 }), /371=54.*372=D.*373=5/],
    ['35=j by number', 'j', (d) => ({ 45: d.tag(34), 372: 'D', 380: 4, 58: 'closed' }), /closed.*372=D.*380=4/],
    ['35=j by id', 'j', (d) => ({ 379: d.tag(11), 372: 'D', 380: 4, 58: 'closed' }), /closed.*372=D.*380=4/],
  ];
  it.each(rejects)('B16: %s ends the order, in the store too, and shows the fields', async (_, type, tags, says) => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(storeFolder, { recursive: true, force: true }));
    const { acceptor, broker } = await setting({ storeFolder });
    acceptor.script = (message) => message.type === 'D' && acceptor.send(type, tags(message));
    await broker.connect?.(soon());
    const outcome = await broker.placeProtection(exits, soon());
    for (const leg of [outcome.stopLoss, outcome.takeProfit]) {
      expect(leg).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(says) as unknown });
    }
    const kept = readFileSync(join(storeFolder, 'FIX.4.4-US-VENUE.orders'), 'utf8');
    expect(kept.match(/"ended":"fc-1-(sl|tp)","state":"rejected"/g)).toHaveLength(2);
    acceptor.cut();
    await acceptor.until(() => acceptor.logons === 2);
    await acceptor.echo();
    expect([acceptor.of('H'), acceptor.of('F')]).toEqual([[], []]);
  });

  it.each(['3', 'j'] as const)(
    'B16: 35=%s that comes when nobody waits any more is pushed as a rejection',
    async (type) => {
      const { acceptor, broker, pushes, pushed } = await setting();
      await broker.connect?.(soon());
      await broker.submitOrder(order(), AbortSignal.timeout(30));
      const number = sent(acceptor, 'fc-1').tag(34);
      acceptor.send(type, { 45: number, 372: 'D', ...(type === '3' ? { 371: 38, 373: 5 } : { 380: 0 }), 58: 'late' });
      await pushed((push) => 'state' in push && push.state === 'rejected');
      expect(reportsOf(pushes)).toMatchObject([
        { state: 'rejected', filledSize: '0', reason: expect.stringContaining('late') as unknown },
      ]);
    },
  );
});
