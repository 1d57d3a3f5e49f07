/**
 * FIX exits as a list: NewOrderList, with the counterparty linking the two.
 */
import { createEngine } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exits, reportsOf } from './exit-pairs.support.js';
import { advisory, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

/** A message with a bar between its fields, as people write it. */
const shown = (message: Message | undefined): string => message?.text.replaceAll('\x01', '|') ?? '';

/** The orders of a list, each with its own tags. */
const ordersOf = (list: Message): readonly ReadonlyMap<number, string>[] =>
  shown(list)
    .split('|11=')
    .slice(1)
    .map(
      (text) =>
        new Map(
          `11=${text}`
            .split('|')
            .map((field) => [Number.parseInt(field, 10), field.slice(field.indexOf('=') + 1)] as const),
        ),
    );

/** A list is answered order by order. */
function acceptList(acceptor: ScriptedAcceptor, list: Message): void {
  for (const one of ordersOf(list)) {
    acceptor.report(list, {
      37: `o-${one.get(11)}`,
      11: one.get(11) ?? '',
      54: one.get(54) ?? '',
      55: one.get(55) ?? '',
      150: 0,
      39: 0,
    });
  }
}

describe('FIX exits as a list', () => {
  it.each(['FIX.4.2', 'FIX.4.4'] as const)('B1 %s: both in one NewOrderList, ContingencyType 1', async (version) => {
    const { acceptor, broker } = await setting({ version, exits: { oco: 'list' } });
    acceptor.script = (message) => message.type === 'E' && acceptList(acceptor, message);
    await broker.connect?.(soon());
    expect(broker.capabilities.nativeOco).toBe(true);
    expect(await broker.placeProtection(exits, soon())).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-1-sl', state: 'working' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-1-tp', state: 'working' },
    });
    const [list] = acceptor.of('E');
    expect([66, 68, 73, 394, 433, 1385].map((tag) => list?.tag(tag))).toEqual(['fc-1', '2', '2', '3', '1', '1']);
    expect(ordersOf(list as Message).map((one) => [11, 67, 54, 38, 40, 99, 44].map((tag) => one.get(tag)))).toEqual([
      ['fc-1-sl', '1', '2', '100', '3', '147.98', undefined],
      ['fc-1-tp', '2', '2', '100', '2', undefined, '155.53'],
    ]);
    // The count stands right before the orders.
    expect(shown(list)).toContain('|73=2|11=fc-1-sl|');
    expect(acceptor.of('D')).toEqual([]);
    // Again: neither is sent a second time.
    expect(await broker.placeProtection(exits, soon())).toMatchObject({
      stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-1-sl' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-1-tp' },
    });
    expect(acceptor.of('E')).toHaveLength(1);
  });

  it('B1 fields of the options: of the list, and of each of its orders', async () => {
    const { acceptor, broker } = await setting({
      exits: { oco: 'list' },
      fields: { E: { '9001': 'desk 7', '1385': '2' }, exit: { '9002': 'closing' }, D: { HandlInst: '' } },
      instruments: [
        {
          symbol: 'AAPL',
          tickSize: '0.01',
          lotSize: '1',
          securityId: 'US0378331005',
          securityIdSource: '4',
          sendsSymbol: false,
        },
      ],
    });
    acceptor.script = (message) => message.type === 'E' && acceptList(acceptor, message);
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    const [list] = acceptor.of('E');
    const [head] = shown(list).split('|11=');
    expect(head).toContain('|1385=2|9001=desk 7|');
    expect(head).not.toContain('9002=');
    for (const one of ordersOf(list as Message)) {
      expect([48, 22, 9002, 55, 21].map((tag) => one.get(tag))).toEqual([
        'US0378331005',
        '4',
        'closing',
        undefined,
        undefined,
      ]);
    }
  });

  it.each([
    [
      'ListStatus',
      (acceptor: ScriptedAcceptor, list: Message) =>
        acceptor.send('N', { 66: list.tag(66), 429: 5, 82: 1, 431: 7, 83: 1, 444: 'no lists', 68: 2, 73: 0 }),
    ],
    [
      'BusinessMessageReject',
      (acceptor: ScriptedAcceptor, list: Message) =>
        acceptor.send('j', { 45: list.tag(34), 372: 'E', 380: 3, 58: 'no lists' }),
    ],
    [
      'Reject',
      (acceptor: ScriptedAcceptor, list: Message) =>
        acceptor.send('3', { 45: list.tag(34), 372: 'E', 373: 11, 58: 'no lists' }),
    ],
  ] as const)(
    'B2 B16 a list that is refused by %s places neither exit, and neither is sent alone',
    async (_, refuse) => {
      const { acceptor, broker, pushes, pushed } = await setting({ exits: { oco: 'list' } });
      acceptor.script = (message) => message.type === 'E' && refuse(acceptor, message);
      await broker.connect?.(soon());
      const refused = { kind: 'rejected', reason: expect.stringContaining('no lists') as unknown };
      expect(await broker.placeProtection(exits, soon())).toMatchObject({ stopLoss: refused, takeProfit: refused });
      await pushed(() => ['fc-1-sl', 'fc-1-tp'].every((id) => reportsOf(pushes, id).at(-1)?.state === 'rejected'));
      expect(await broker.placeProtection(exits, soon())).toMatchObject({ stopLoss: refused, takeProfit: refused });
      expect([acceptor.of('D').length, acceptor.of('E').length]).toEqual([0, 1]);
    },
  );

  it('S1 a list of which nothing is heard may be there: unknown, and never sent again', async () => {
    const { acceptor, broker } = await setting({ exits: { oco: 'list' } });
    await broker.connect?.(soon());
    const unknown = { stopLoss: { kind: 'unknown' }, takeProfit: { kind: 'unknown' } };
    expect(await broker.placeProtection(exits, AbortSignal.timeout(100))).toMatchObject(unknown);
    expect(await broker.placeProtection(exits, AbortSignal.timeout(100))).toMatchObject(unknown);
    expect(acceptor.of('E')).toHaveLength(1);
  });

  it('B1 B7 a whole life: bought, both exits by one list, and the venue cancels the one when the other fills', async () => {
    const { acceptor, broker } = await setting({ exits: { oco: 'list' }, pollMs: 100 });
    acceptor.script = (message) => {
      if (message.type === 'D') {
        acceptor.accept(message);
        acceptor.fill(message, '100', '151.00');
      }
      if (message.type === 'E') acceptList(acceptor, message);
      if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 17: 0, 151: 100 });
    };
    const engine = await createEngine({ broker, logger: false });
    onTestFinished(() => engine.close({ drainMs: 0 }));
    const result = await engine.execute(advisory('LIST-1'));
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    const [list] = acceptor.of('E');
    const [sl, tp] = [`${result.clientOrderId}-sl`, `${result.clientOrderId}-tp`];
    const closed = new Promise<unknown>((resolve) => {
      engine.exits$.subscribe((position) => position.state.startsWith('closed') && resolve(position.state));
    });
    acceptor.report(list as Message, {
      37: `o-${tp}`,
      11: tp,
      54: 2,
      55: 'AAPL',
      150: 'F',
      39: 2,
      14: 100,
      32: 100,
      31: '155.53',
      6: '155.53',
    });
    acceptor.report(list as Message, { 37: `o-${sl}`, 11: sl, 54: 2, 55: 'AAPL', 150: 4, 39: 4 });
    expect(await closed).toBe('closedByTakeProfit');
    expect([acceptor.of('F').length, engine.cases.open().length]).toEqual([0, 0]);
  });
});
