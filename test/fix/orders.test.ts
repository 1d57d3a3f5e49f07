/** Orders over a session: what is sent, what is made of the answers, and how many NewOrderSingles each fault costs: one. */

import type { FixBrokerOptions } from 'fillchart/fix';
import { fixBroker } from 'fillchart/fix';
import { describe, expect, it } from 'vitest';
import { brokerOn, order, ref, setting, soon } from './fix.support.js';
import type { Script } from './scripted-acceptor.js';

const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.985', takeProfit: '155.535' };

describe('FIX fault table: exactly one NewOrderSingle', () => {
  const faults: readonly (readonly [string, Script, string])[] = [
    ['silence', () => {}, 'unknown'],
    ['the connection is cut before the answer', (_, acceptor) => acceptor.cut(), 'unknown'],
    ['filled before it is accepted', (message, acceptor) => acceptor.fill(message, '100', '151'), 'accepted'],
    [
      'a report without OrderID',
      (message, acceptor) => acceptor.report(message, { 37: 'NONE', 150: 0, 39: 0 }),
      'unknown',
    ],
    [
      'refused',
      (message, acceptor) => acceptor.report(message, { 150: 8, 39: 8, 103: 0, 58: 'no margin' }),
      'rejected',
    ],
    ['refused as duplicate', (message, acceptor) => acceptor.report(message, { 150: 8, 39: 8, 103: 6 }), 'duplicate'],
    [
      'session reject',
      (message, acceptor) => acceptor.send('3', { 45: message.tag(34), 372: 'D', 373: 5 }),
      'rejected',
    ],
    [
      'business reject by sequence number',
      (message, acceptor) => acceptor.send('j', { 45: message.tag(34), 372: 'D', 380: 4 }),
      'rejected',
    ],
    [
      'business reject by id',
      (message, acceptor) => acceptor.send('j', { 372: 'D', 379: message.tag(11), 380: 4 }),
      'rejected',
    ],
    ['a reject of another message', (_, acceptor) => acceptor.send('3', { 45: 1, 372: 'A', 373: 5 }), 'unknown'],
    ['an unreadable report', (message, acceptor) => acceptor.report(message, { 150: 0, 39: 0, 14: 'many' }), 'unknown'],
  ];

  it.each(faults)('S3 %s', async (_, script, kind) => {
    const { acceptor, broker } = await setting();
    acceptor.script = script;
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), AbortSignal.timeout(150))).toMatchObject({ kind });
    await broker.submitOrder(order(), AbortSignal.timeout(50));
    expect(acceptor.of('D')).toHaveLength(1);
  });
});

describe('FIX orders', () => {
  it.each(['FIX.4.2', 'FIX.4.4'] as const)('%s: status, cancel and reports name the order', async (version) => {
    const { acceptor, broker, pushed } = await setting({ version, account: 'ACC' });
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type === 'H') acceptor.report(message, { 150: version === 'FIX.4.2' ? 0 : 'I', 39: 0, 17: 0, 20: 3 });
      if (message.type === 'F') acceptor.report(message, { 150: 4, 39: 4, 41: message.tag(41), 37: 'o-fc-1' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder({ ...order(), side: 'sell' }, soon());
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ clientOrderId: 'fc-1', state: 'submitted' });
    expect(await broker.cancelOrder(ref(), soon())).toBe('requested');
    await pushed((push) => 'state' in push && push.clientOrderId === 'fc-1' && push.state === 'cancelled');
    const [cancel] = acceptor.of('F');
    expect([41, 54, 38, 1].map((tag) => cancel?.tag(tag))).toEqual(['fc-1', '2', '100', 'ACC']);
    expect(cancel?.tag(11)).not.toBe('fc-1');
    expect(acceptor.of('H')[0]?.tag(54)).toBe('2');
  });

  it('every OrdStatus has a word: four end the order, the rest leave it open', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    const statuses = ['A', '0', '1', '3', '5', '6', '7', '9', 'B', 'D', 'E', 'Z'];
    acceptor.script = (message) => {
      for (const status of statuses) acceptor.report(message, { 150: status, 39: status });
      acceptor.report(message, { 150: 'C', 39: 'C' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'expired');
    const words = pushes.flatMap((push) => ('state' in push ? [push.state] : []));
    expect(words).toHaveLength(13);
    expect(words.filter((word) => ['filled', 'cancelled', 'rejected', 'expired'].includes(word))).toEqual(['expired']);
  });

  it('P2 what is told twice is pushed once; older news after newer is none', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      const part = { 150: 'F', 39: 1, 14: 40, 6: 150, 32: 40, 31: 150, 17: 'x1' };
      acceptor.report(message, part);
      acceptor.report(message, part);
      acceptor.fill(message, '60', '150', '100');
      acceptor.report(message, { ...part, 17: 'x0', 14: 20 });
      acceptor.send('8', {
        37: 'o-other',
        11: 'other',
        17: 'y',
        150: 0,
        39: 0,
        55: 'AAPL',
        54: 1,
        14: 0,
        6: 0,
        151: 1,
      });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.clientOrderId === 'other');
    expect(pushes.flatMap((push) => ('state' in push ? [push.filledSize] : []))).toEqual(['40', '100', '0']);
  });

  it('R2.4 without an average the single fills are told', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, { 150: 'F', 39: 1, 14: 40, 6: 0, 32: 40, 31: '150.10' });
      acceptor.report(message, { 150: 'F', 39: 2, 14: 100, 6: 0, 32: 60, 31: '150.20' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    const report = await broker.getOrderStatus(ref(), soon());
    expect(report).toMatchObject({
      fills: [
        { quantity: '40', price: '150.1' },
        { quantity: '60', price: '150.2' },
      ],
    });
    expect(report).not.toHaveProperty('fillPrice');
  });

  it('S4 "unknown order" answers the question; it is not the fate of the order', async () => {
    const { acceptor, broker, pushes } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'H') acceptor.report(message, { 37: 'NONE', 150: 'I', 39: 8, 103: 5, 17: 0 });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), AbortSignal.timeout(50));
    expect(await broker.getOrderStatus(ref(), soon())).toBe('not_found');
    expect(pushes).toEqual([{ type: 'gap' }]);
  });

  it('a status question without an answer is no news, also when the line is down', async () => {
    const { acceptor, broker } = await setting();
    await broker.connect?.(soon());
    await expect(broker.getOrderStatus(ref(), AbortSignal.timeout(50))).rejects.toThrow('no news');
    acceptor.script = () => acceptor.cut();
    await expect(broker.getOrderStatus(ref(), soon())).rejects.toThrow('no news');
  });

  it('T3 cancels: too late, unknown, never answered', async () => {
    const { acceptor, broker } = await setting();
    const reasons = ['0', '1'];
    acceptor.script = (message) => {
      const reason = reasons.shift();
      if (reason !== undefined)
        acceptor.send('9', { 37: 'o', 11: message.tag(11), 41: message.tag(41), 39: 0, 434: 1, 102: reason });
    };
    await broker.connect?.(soon());
    expect(await broker.cancelOrder(ref(), soon())).toBe('already_closed');
    expect(await broker.cancelOrder(ref(), soon())).toBe('not_found');
    expect(await broker.cancelOrder(ref(), AbortSignal.timeout(50))).toBe('unknown');
    expect(new Set(acceptor.of('F').map((cancel) => cancel.tag(11))).size).toBe(3);
  });

  it('a size off the lot, an unknown symbol or a separator in an id is refused before anything leaves', async () => {
    const { acceptor, broker } = await setting();
    await broker.connect?.(soon());
    for (const wrong of [order('fc-1', '1.5'), { ...order(), symbol: 'NOPE' }, order('fc\x0135=8')]) {
      expect(await broker.submitOrder(wrong, soon())).toMatchObject({ kind: 'rejected', code: 'NOT_SENDABLE' });
    }
    expect(acceptor.of('D')).toHaveLength(0);
  });

  it('decimals reach the wire as they are', async () => {
    const instruments = [{ symbol: 'AAPL', tickSize: '0.00000001', lotSize: '0.00000001' }];
    const { acceptor, broker } = await setting({ instruments, marketableLimit: () => '0.00000003' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order('fc-1', '12345678901.00000001'), soon());
    expect([38, 44].map((tag) => acceptor.of('D')[0]?.tag(tag))).toEqual(['12345678901.00000001', '0.00000003']);
  });
});

describe('FIX exits', () => {
  it('B1 the stop goes first; R2.2 prices are rounded toward the fill; a repeat sends nothing', async () => {
    const { acceptor, broker } = await setting({ exits: { closeOnly: true, oco: 'broker' } });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    const placed = {
      stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-1-sl', state: 'working' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-1-tp', state: 'working' },
    };
    expect(await broker.placeProtection(exits, soon())).toEqual(placed);
    expect(await broker.placeProtection(exits, soon())).toEqual(placed);
    const sent = acceptor.of('D').map((leg) => [11, 40, 54, 99, 44, 59, 77, 583].map((tag) => leg.tag(tag)));
    expect(sent).toEqual([
      ['fc-1-sl', '3', '2', '147.99', '', '1', 'C', 'fc-1'],
      ['fc-1-tp', '2', '2', '', '155.53', '1', 'C', 'fc-1'],
    ]);
  });

  it('B1 A33: a repeat at another price is told how the exit stands, and sends nothing', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    const asked = { ...exits, stopLoss: '148.20', takeProfit: '156' };
    expect(await broker.placeProtection(asked, soon())).toMatchObject({
      stopLoss: { kind: 'accepted', state: 'working', found: { price: '147.99', quantity: '100' } },
      takeProfit: { kind: 'accepted', state: 'working', found: { price: '155.53', quantity: '100' } },
    });
    expect(acceptor.of('D')).toHaveLength(2);
  });

  it('B6 A33: exits that only the venue knows are duplicates; how they stand is in the answer to a status request', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.report(message, { 37: 'NONE', 150: 8, 39: 8, 103: 6, 58: 'duplicate' });
      if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 38: 100, 99: '148.20' });
    };
    await broker.connect?.(soon());
    const { stopLoss } = await broker.placeProtection(exits, soon());
    expect(stopLoss).toEqual({ kind: 'duplicate' });
    const leg = { clientOrderId: 'fc-1-sl', symbol: 'AAPL' };
    expect(await broker.getOrderStatus(leg, soon())).toMatchObject({ state: 'working', price: '148.2' });
  });

  it('B2 one leg refused, the other placed: each is told', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.tag(11).endsWith('-sl'))
        acceptor.report(message, { 150: 8, 39: 8, 103: 0, 58: 'through the market' });
      else acceptor.accept(message);
    };
    await broker.connect?.(soon());
    expect(await broker.placeProtection(exits, soon())).toMatchObject({
      stopLoss: { kind: 'rejected', reason: 'through the market' },
      takeProfit: { kind: 'accepted' },
    });
  });

  it('one exit has filled: the other is cancelled, once', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'F') acceptor.report(message, { 37: 'o-fc-1-tp', 41: message.tag(41), 150: 4, 39: 4 });
      else acceptor.accept(message);
    };
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    acceptor.fill(acceptor.of('D')[0] ?? expect.fail(), '100', '147.99');
    await pushed((push) => 'state' in push && push.clientOrderId === 'fc-1-tp' && push.state === 'cancelled');
    expect(acceptor.of('F').map((cancel) => cancel.tag(41))).toEqual(['fc-1-tp']);
  });
});

describe('FIX positions', () => {
  const held = { positions: { account: 'ACC' } };

  it('without configuration the broker tells none', async () => {
    const { broker } = await setting();
    expect(broker.capabilities.positions).toBe('none');
    await expect(broker.getPositions([], soon())).rejects.toThrow('not configured');
  });

  it('R6.1 as many reports as announced, long less short, with the exits that work', async () => {
    const { acceptor, broker } = await setting(held);
    acceptor.script = (message) => {
      if (message.type === 'D') return acceptor.accept(message);
      const base = { 710: message.tag(710), 728: 0, 727: 2, 721: 'r', 715: '20261122', 453: 0, 1: 'ACC', 581: 1 };
      acceptor.send('AP', { ...base, 55: 'AAPL', 730: '151.25', 702: 1, 703: 'TQ', 704: 100, 705: 40 });
      acceptor.send('AP', { ...base, 55: 'MSFT', 730: 10, 702: 1, 703: 'TQ', 704: 0, 705: 7 });
    };
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    const protections = [{ clientOrderId: 'fc-1', quantity: '100', stopLoss: '147.99', takeProfit: '155.53' }];
    expect(await broker.getPositions(['AAPL'], soon())).toEqual([
      { symbol: 'AAPL', size: '60', entryPrice: '151.25', protections, sl: '147.99', tp: '155.53' },
    ]);
    expect(await broker.getPositions([], soon())).toHaveLength(2);
  });

  it('M4: a report whose size cannot be read is no news, and not flat', async () => {
    const { acceptor, broker } = await setting(held);
    acceptor.script = (message) => {
      const base = { 710: message.tag(710), 728: 0, 727: 1, 721: 'r', 715: '20261122', 453: 0, 1: 'ACC', 581: 1 };
      acceptor.send('AP', { ...base, 55: 'AAPL', 730: 10, 702: 1, 703: 'TQ', 704: 'many', 705: 0 });
    };
    await broker.connect?.(soon());
    await expect(broker.getPositions(['AAPL'], soon())).rejects.toThrow('a position whose size cannot be read');
  });

  it('B5 R6.2: an exit that is suspended protects nothing', async () => {
    const { acceptor, broker } = await setting(held);
    acceptor.script = (message) => {
      if (message.tag(11).endsWith('-sl')) return acceptor.report(message, { 150: 9, 39: 9, 151: 100 });
      if (message.type === 'D') return acceptor.accept(message);
      const base = { 710: message.tag(710), 728: 0, 727: 1, 721: 'r', 715: '20261122', 453: 0, 1: 'ACC', 581: 1 };
      acceptor.send('AP', { ...base, 55: 'AAPL', 730: 10, 702: 1, 703: 'TQ', 704: 100, 705: 0 });
    };
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    const [position] = await broker.getPositions(['AAPL'], soon());
    expect(position).toMatchObject({ size: '100', tp: '155.53' });
    expect(position?.sl).toBeUndefined();
  });

  it('"none found" is flat; a refusal and silence are no news', async () => {
    const { acceptor, broker } = await setting(held);
    const results = ['2', '99'];
    acceptor.script = (message) => {
      const result = results.shift();
      if (result !== undefined) acceptor.send('AO', { 721: 'r', 710: message.tag(710), 728: result, 729: 0 });
    };
    await broker.connect?.(soon());
    expect(await broker.getPositions([], soon())).toEqual([]);
    await expect(broker.getPositions([], soon())).rejects.toThrow('PosReqResult 99');
    await expect(broker.getPositions([], AbortSignal.timeout(50))).rejects.toThrow('no answer in time');
  });
});

describe('FIX options', () => {
  const good = { host: 'h', port: 1, senderCompId: 'US', targetCompId: 'V', instruments: [] };
  const wrong: readonly (readonly [string, Partial<FixBrokerOptions>])[] = [
    ['port', { port: 70_000 }],
    ['senderCompId', { senderCompId: 'a\x01b' }],
    ['heartbeatSeconds', { heartbeatSeconds: 0 }],
    ['tickSize', { instruments: [{ symbol: 'A', tickSize: '0', lotSize: '1' }] }],
    ['positions', { version: 'FIX.4.2', positions: { account: 'A' } }],
    ['exits.oco', { version: 'FIX.4.2', exits: { oco: 'broker' } }],
    ['password', { password: 'x\x01y' }],
  ];

  it.each(wrong)('%s is refused by name', (name, options) => {
    expect(() => fixBroker({ ...good, ...options })).toThrow(name);
  });

  it('FIX 4.2 carries the password in RawData', async () => {
    const { acceptor, broker } = await setting({ version: 'FIX.4.2', password: 'pass word' });
    await broker.connect?.(soon());
    expect([95, 96].map((tag) => acceptor.of('A')[0]?.tag(tag))).toEqual(['9', 'pass word']);
  });

  it('nobody listens: the cause is told, and nothing is sent', async () => {
    const { broker } = brokerOn(1);
    await expect(broker.connect?.(soon())).rejects.toThrow('ECONNREFUSED');
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'not_sent' });
  });
});
