/** What a counterparty makes of an exit, a price that is told late, and a first address that gives no session. */
import { createEngine } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerOn, order, ref, setting, soon } from './fix.support.js';
import { ScriptedAcceptor } from './scripted-acceptor.js';

const EXITS = {
  clientOrderId: 'fc-1',
  symbol: 'AAPL',
  side: 'sell',
  quantity: '100',
  stopLoss: '147.98',
  takeProfit: '155.53',
} as const;

describe('exits as the counterparty has taken them', () => {
  it.each([
    [{ 99: '147.90' }, { price: '147.9', quantity: '100' }],
    [{ 38: 50 }, { price: '147.98', quantity: '50' }],
    [{ 99: '147.980', 38: '100.0' }, undefined],
  ])('B5 B6: a stop that is taken as %j is told as it stands', async (tags, found) => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) =>
      message.tag(11).endsWith('-sl')
        ? acceptor.report(message, { 150: 0, 39: 0, 37: 'o-sl', 151: 100, ...tags })
        : acceptor.accept(message);
    await broker.connect?.(soon());
    const { stopLoss } = await broker.placeProtection(EXITS, soon());
    const placed = { kind: 'accepted', brokerOrderId: 'o-sl', state: 'working' };
    expect(stopLoss).toEqual(found === undefined ? placed : { ...placed, found });
  });

  it('R6.2: a stop that stands at another price is a mismatch with both prices', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      if (message.tag(11).endsWith('-sl')) acceptor.report(message, { 150: 0, 39: 0, 37: 'o-sl', 151: 100, 99: '140' });
      else if (message.tag(11).endsWith('-tp')) acceptor.accept(message);
      else
        acceptor.report(message, { 150: 'F', 39: 2, 37: 'o-1', 17: 'x1', 14: 100, 151: 0, 6: 151, 31: 151, 32: 100 });
    };
    const engine = await createEngine({ broker, logger: false });
    onTestFinished(() => engine.close());
    const result = await engine.execute(ADVISORY);
    expect(result.status).toBe('FILLED');
    const told = result.reconciliationReport?.mismatches.map(({ message }) => message).join('\n') ?? '';
    expect(told).toContain('147.98');
    expect(told).toContain('140');
    expect(engine.cases.open()).toHaveLength(1);
  });
});

describe('exits of an entry that another process sent', () => {
  const OF_ANOTHER = { ...EXITS, brokerOrderId: 'o-1' } as const;

  it.each([
    ['has them', true, 0],
    ['has them not', false, 1],
  ] as const)('B1 A6: are looked for first: the counterparty %s', async (_, has, sent) => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type !== 'H') return;
      if (has) acceptor.report(message, { 150: 'I', 39: 0, 37: `o-${message.tag(11)}`, 17: '0', 151: 100 });
      else acceptor.report(message, { 150: 'I', 39: 8, 37: 'NONE', 17: '0', 103: 5, 58: 'Unknown order' });
    };
    await broker.connect?.(soon());
    const { stopLoss, takeProfit } = await broker.placeProtection(OF_ANOTHER, soon());
    const stops = acceptor.of('D').filter((message) => message.tag(11) === 'fc-1-sl');
    expect([stopLoss.kind, takeProfit.kind]).toEqual(has ? ['duplicate', 'duplicate'] : ['accepted', 'accepted']);
    expect(stops).toHaveLength(sent);
    expect(acceptor.of('H').map((message) => [message.tag(11), message.tag(54)])).toEqual([
      ['fc-1-sl', '2'],
      ['fc-1-tp', '2'],
    ]);
    const stop = { clientOrderId: 'fc-1-sl', symbol: 'AAPL' };
    if (has) expect(await broker.getOrderStatus(stop, soon())).toMatchObject({ state: 'working' });
  });

  it('B1: while nobody says whether they are there, none is sent', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
    };
    await broker.connect?.(soon());
    const { stopLoss } = await broker.placeProtection(OF_ANOTHER, AbortSignal.timeout(300));
    expect([stopLoss.kind, acceptor.of('D')]).toEqual(['unknown', []]);
  });

  it('B1: a counterparty that does not know the question gets them', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      else acceptor.send('j', { 45: message.tag(34), 372: 'H', 380: 3, 58: 'unsupported' });
    };
    await broker.connect?.(soon());
    const { stopLoss, takeProfit } = await broker.placeProtection(OF_ANOTHER, soon());
    expect([stopLoss.kind, takeProfit.kind]).toEqual(['accepted', 'accepted']);
  });
});

describe('a fill without a price', () => {
  it('P3: what is filled at a price that nobody has told is asked for again, until it is told', async () => {
    const { acceptor, broker, pushed } = await setting();
    let tells = false;
    acceptor.script = (message) => {
      if (message.type === 'D') {
        acceptor.report(message, { 150: 'F', 39: 2, 37: 'o-1', 17: 'x1', 14: 100, 151: 0, 6: 0, 31: 0, 32: 100 });
      }
      if (message.type === 'H') {
        acceptor.report(message, { 150: 'I', 39: 2, 37: 'o-1', 17: '0', 14: 100, 151: 0, 6: tells ? 151 : 0 });
      }
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(await broker.getOrderStatus(ref(), soon())).not.toHaveProperty('fillPrice');
    tells = true;
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ state: 'filled', fillPrice: '151' });
    // Now everything is known, and nothing is asked.
    const asked = acceptor.of('H').length;
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ fillPrice: '151' });
    expect([asked, acceptor.of('H').length]).toEqual([2, 2]);
  });
});

describe('further addresses', () => {
  it('connect waits until each address has had its turn, and trades at the one that answers', async () => {
    const gone = await ScriptedAcceptor.listen();
    const refused = gone.port;
    await gone.close();
    const acceptor = await ScriptedAcceptor.listen();
    onTestFinished(() => acceptor.close());
    acceptor.script = (message) => acceptor.accept(message);
    const { broker } = brokerOn(refused, { alternates: [{ host: '127.0.0.1', port: acceptor.port }] });
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('connect fails once none of them gives a session, and says why', async () => {
    const gone = await ScriptedAcceptor.listen();
    const refused = gone.port;
    await gone.close();
    const { broker } = brokerOn(refused, { alternates: [{ host: '127.0.0.1', port: refused }] });
    await expect(broker.connect?.(soon())).rejects.toThrow('ECONNREFUSED');
  });
});

const ADVISORY = {
  advisoryId: 'ADV-1',
  symbol: 'AAPL',
  side: 'buy',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2030-01-01T00:00:00Z',
} as const;
