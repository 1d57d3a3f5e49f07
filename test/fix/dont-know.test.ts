/** Reports that name an order of ours and cannot be of it (35=Q), and the market that is asked for (35=V). */
import { createEngine, type OrderReport } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { advisory, brokerOn, order, type Push, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

const INSTRUMENTS = ['AAPL', 'MSFT'].map((symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }));

const reportsOf = (pushes: readonly Push[]): readonly OrderReport[] =>
  pushes.filter((push): push is OrderReport => 'state' in push);

const FILL: Tags = { 17: 'e7', 150: 'F', 39: 2, 32: 100, 31: '151.00', 14: 100, 6: '151.00' };

/** An accepted order, and a fill of it that cannot be ours. */
async function doubtful(tags: Tags, version: 'FIX.4.2' | 'FIX.4.4' = 'FIX.4.4') {
  const world = await setting({ version, instruments: INSTRUMENTS });
  world.acceptor.script = (message) => {
    if (message.type !== 'D') return;
    world.acceptor.accept(message);
    world.acceptor.report(message, { ...FILL, ...(version === 'FIX.4.2' && { 150: 2 }), ...tags });
  };
  await world.broker.connect?.(soon());
  expect(await world.broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  return world;
}

describe('FIX DontKnowTrade', () => {
  it.each([
    ['the other side', { 54: 2 }, 'B', /its Side 2 is not that of the order, which is to buy/],
    [
      'another symbol than the one that was accepted',
      { 55: 'TSLA' },
      'A',
      /its Symbol is TSLA, and the order is for AAPL/,
    ],
    ['another instrument of ours', { 55: 'MSFT' }, 'A', /its Symbol is MSFT, and the order is for AAPL/],
    ['a size that is no number', { 14: 'many' }, 'Z', /its CumQty "many" is no size/],
    ['a size below zero', { 14: -100 }, 'Z', /its CumQty "-100" is no size/],
  ] as const)('P8 %s is not taken, and answered by 35=Q', async (_, tags, reason, says) => {
    const { acceptor, pushes, warnings } = await doubtful(tags);
    await acceptor.until(() => acceptor.of('Q').length === 1);
    const [told] = acceptor.of('Q');
    expect([37, 17, 127, 32, 31].map((tag) => told?.tag(tag))).toEqual(['o-fc-1', 'e7', reason, '100', '151']);
    expect(told?.tag(58)).toMatch(says);
    expect(warnings.join()).toMatch(says);
    expect(reportsOf(pushes).every(({ filledSize }) => filledSize === '0')).toBe(true);
  });

  it('P8 FIX 4.2 has LastShares', async () => {
    const { acceptor } = await doubtful({ 54: 2 }, 'FIX.4.2');
    await acceptor.until(() => acceptor.of('Q').length === 1);
    expect([17, 127, 32, 38, 54, 55].map((tag) => acceptor.of('Q')[0]?.tag(tag))).toEqual([
      'e7',
      'B',
      '100',
      '100',
      '2',
      'AAPL',
    ]);
  });

  it('P8 it is answered once, however often it is told', async () => {
    const { acceptor, pushes } = await doubtful({ 54: 2 });
    const [sent] = acceptor.of('D');
    acceptor.report(sent as Message, { ...FILL, 54: 2, 43: 'Y', 122: '20261128-10:00:00' });
    acceptor.report(sent as Message, { ...FILL, 54: 2 });
    await acceptor.until(() => acceptor.of('Q').length > 0);
    await acceptor.echo();
    expect(acceptor.of('Q')).toHaveLength(1);
    expect(reportsOf(pushes).some(({ state }) => state === 'filled')).toBe(false);
  });

  it.each([
    ['Side 5 of a sale', { ...order(), side: 'sell' as const }, { 54: 5 }, '100'],
    ['a notation of the counterparty', order(), { 55: 'AAPL.OQ' }, '100'],
    ['more than was ordered (P5)', order(), { 14: 140, 32: 140 }, '140'],
  ])('P5 P8 %s is taken as it is', async (_, sent, tags, filledSize) => {
    const { acceptor, broker, pushes, pushed } = await setting({ instruments: INSTRUMENTS });
    acceptor.script = (message) => message.type === 'D' && acceptor.report(message, { ...FILL, ...tags });
    await broker.connect?.(soon());
    await broker.submitOrder(sent, soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    await acceptor.echo();
    expect(reportsOf(pushes).at(-1)).toMatchObject({ filledSize });
    expect(acceptor.of('Q')).toEqual([]);
  });

  it('P8 a notation of the counterparty is right from its first report on, and told to the operator once', async () => {
    const { acceptor, broker, pushed, warnings } = await setting({ instruments: INSTRUMENTS });
    let symbol = 'AAPL.OQ';
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      acceptor.report(message, { 150: 0, 39: 0, 151: 100, 55: 'AAPL.OQ' });
      acceptor.report(message, { ...FILL, 17: `e-${message.tag(11)}`, 55: symbol });
    };
    await broker.connect?.(soon());
    for (const told of ['AAPL.OQ', 'aapl/oq', 'AAPL', '[N/A]']) {
      symbol = told;
      await broker.submitOrder(order(`fc-${told}`), soon());
      await pushed((push) => 'state' in push && push.clientOrderId === `fc-${told}` && push.state === 'filled');
    }
    expect(acceptor.of('Q')).toEqual([]);
    symbol = 'AAPL.N';
    await broker.submitOrder(order('fc-other'), soon());
    await acceptor.until(() => acceptor.of('Q').length === 1);
    expect(warnings.filter((warning) => warning.includes('notation'))).toHaveLength(1);
  });

  it('P8 another OrderID under our ClOrdID is our order, and told to the operator once', async () => {
    const { acceptor, broker, pushed, pushes, warnings } = await setting({ instruments: INSTRUMENTS });
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      acceptor.accept(message);
      acceptor.report(message, { ...FILL, 37: 'o-2', 39: 1, 14: 40, 32: 40 });
      acceptor.report(message, { ...FILL, 17: 'e8', 37: 'o-2', 32: 60 });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(reportsOf(pushes).at(-1)).toMatchObject({ filledSize: '100', brokerOrderId: 'o-2' });
    expect(acceptor.of('Q')).toEqual([]);
    expect(warnings.filter((warning) => /OrderID "o-2", and before under "o-fc-1"/.test(warning))).toHaveLength(1);
  });

  it('P12 P8 an answer to a question that says so is no news, and no trade to refuse', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type === 'H') acceptor.report(message, { ...FILL, 150: 'I', 54: 2 });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await expect(broker.getOrderStatus(ref(), AbortSignal.timeout(200))).rejects.toThrow('no news');
    expect(acceptor.of('Q')).toEqual([]);
  });
});

const quoted = (acceptor: ScriptedAcceptor, bid: string | undefined, ask: string | undefined): void => {
  acceptor.script = (message) => {
    if (message.type !== 'V') return;
    const entries = [
      ['0', bid],
      ['1', ask],
    ].filter(([, price]) => price !== undefined);
    const group = entries.map(([type, price]) => `269=${type}\x01270=${price}\x01271=100\x01`).join('');
    // A repeating group: the same tags again, which an object of tags cannot say.
    acceptor.send('W', {
      262: message.tag(262),
      55: message.tag(55),
      268: `${entries.length}\x01${group.slice(0, -1)}`,
    });
  };
};

describe('FIX market data', () => {
  it.each(['FIX.4.2', 'FIX.4.4'] as const)(
    'G1 %s: a snapshot of the best bid and offer is asked for',
    async (version) => {
      const { acceptor, broker } = await setting({ version, marketData: true });
      quoted(acceptor, '150.98', '151.02');
      await broker.connect?.(soon());
      expect(await broker.quote?.('AAPL', soon())).toEqual({ bid: '150.98', ask: '151.02' });
      const [asked] = acceptor.of('V');
      expect([263, 264, 267, 146, 55].map((tag) => asked?.tag(tag))).toEqual(['0', '1', '2', '1', 'AAPL']);
    },
  );

  it('G1 one side alone is a quote, none is not', async () => {
    const { acceptor, broker } = await setting({ marketData: true });
    await broker.connect?.(soon());
    quoted(acceptor, undefined, '151.02');
    expect(await broker.quote?.('AAPL', soon())).toEqual({ ask: '151.02' });
    quoted(acceptor, '0', undefined);
    await expect(broker.quote?.('AAPL', soon())).rejects.toThrow('the snapshot has no price');
  });

  it('G1 a refusal (35=Y) is told in its words, and silence ends at the deadline', async () => {
    const { acceptor, broker } = await setting({ marketData: true });
    await broker.connect?.(soon());
    await expect(broker.quote?.('AAPL', AbortSignal.timeout(50))).rejects.toThrow('no answer in time');
    acceptor.script = (message) =>
      message.type === 'V' && acceptor.send('Y', { 262: message.tag(262), 281: 3, 58: 'no permission' });
    await expect(broker.quote?.('AAPL', soon())).rejects.toThrow('no permission');
  });

  it('G1 the limit on the distance from the reference price works over the session; without marketData it is refused', async () => {
    const { acceptor, broker } = await setting({ marketData: true });
    const engine = await createEngine({ broker, logger: false, limits: { maxReferenceDeviationPct: '5' } });
    onTestFinished(() => engine.close({ drainMs: 0 }));
    quoted(acceptor, '199.90', '200.00');
    const far = advisory('FAR');
    expect(await engine.execute(far)).toMatchObject({ status: 'REJECTED', reason: 'LIMIT_EXCEEDED' });
    expect(acceptor.of('D')).toEqual([]);
    const without = brokerOn(acceptor.port, {}).broker;
    await expect(
      createEngine({ broker: without, logger: false, limits: { maxReferenceDeviationPct: '5' } }),
    ).rejects.toThrow('has no quote');
  });
});
