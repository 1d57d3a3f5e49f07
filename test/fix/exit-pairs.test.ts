/** The two exits of a position: one list of which one cancels the other (35=E), or two that the adapter keeps in step (35=F, 35=G). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, freezeSnapshot, type OrderReport } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerOn, type Push, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };

const reportsOf = (pushes: readonly Push[], id: string): readonly OrderReport[] =>
  pushes.filter((push): push is OrderReport => 'state' in push && push.clientOrderId === id);

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
    const result = await engine.execute(
      freezeSnapshot({
        advisoryId: 'LIST-1',
        symbol: 'AAPL',
        referencePrice: '150',
        slOffsetPct: '-0.02',
        tpOffsetPct: '0.03',
        positionSize: '100',
        expirationTimestamp: '2090-01-01T00:00:00Z',
      }),
    );
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

/** Exits at a counterparty that replaces orders, or does what `onReplace` says. */
async function pair(
  options: { storeFolder?: string; onReplace?: (message: Message, acceptor: ScriptedAcceptor) => void } = {},
) {
  const { storeFolder, onReplace } = options;
  const world = await setting(storeFolder === undefined ? {} : { storeFolder });
  const { acceptor } = world;
  acceptor.script = (message) => {
    if (message.type === 'D') acceptor.accept(message);
    if (message.type === 'F') cancelled(acceptor, message);
    if (message.type === 'G') (onReplace ?? replaced)(message, acceptor);
    if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 17: 0, 151: 100 });
  };
  await world.broker.connect?.(soon());
  await world.broker.placeProtection(exits, soon());
  return world;
}

const replaced = (message: Message, acceptor: ScriptedAcceptor): void => {
  acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 'E', 39: 'E', 38: message.tag(38) });
  acceptor.report(message, {
    37: message.tag(37),
    41: message.tag(41),
    150: 5,
    39: 0,
    38: message.tag(38),
    151: message.tag(38),
  });
};

const cancelled = (acceptor: ScriptedAcceptor, message: Message): void =>
  acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 4, 39: 4 });

const sent = (acceptor: ScriptedAcceptor, id: string): Message =>
  acceptor.of('D').find((message) => message.tag(11) === id) ?? expect.fail(`${id} was not sent`);

const told = ({ acceptor, leg, cum }: { acceptor: ScriptedAcceptor; leg: 'sl' | 'tp'; cum: number }): void =>
  acceptor.report(sent(acceptor, `fc-1-${leg}`), {
    150: 'F',
    39: cum === 100 ? 2 : 1,
    14: cum,
    6: '155.53',
    32: 1,
    31: '155.53',
    151: 100 - cum,
  });

describe('FIX exits that the adapter keeps in step', () => {
  it('B7 an exit fills in part: its sibling is replaced by one for the rest, as it was in all else', async () => {
    const { acceptor, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const [replacement] = acceptor.of('G');
    expect([41, 37, 38, 40, 99, 54, 59].map((tag) => replacement?.tag(tag))).toEqual([
      'fc-1-sl',
      'o-fc-1-sl',
      '60',
      '3',
      '147.98',
      '2',
      '1',
    ]);
    expect(reportsOf(pushes, 'fc-1-sl').at(-1)).toMatchObject({ state: 'working', quantity: '60', filledSize: '0' });
  });

  it('B7 it fills further: replaced again under its new name, then cancelled under the newest', async () => {
    const { acceptor, broker, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    told({ acceptor, leg: 'tp', cum: 70 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '30');
    const names = acceptor.of('G').map((message) => message.tag(11));
    expect(acceptor.of('G').map((message) => message.tag(41))).toEqual(['fc-1-sl', names[0]]);
    expect(await broker.getOrderStatus(ref('fc-1-sl'), soon())).toMatchObject({ clientOrderId: 'fc-1-sl' });
    expect(acceptor.of('H').at(-1)?.tag(11)).toBe(names[1]);
    told({ acceptor, leg: 'tp', cum: 100 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.state === 'cancelled');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual([names[1]]);
  });

  it('B7 fills while a replacement is under way are made up for when it is answered', async () => {
    const open: Message[] = [];
    const { acceptor, pushes, pushed } = await pair({ onReplace: (message) => void open.push(message) });
    told({ acceptor, leg: 'tp', cum: 40 });
    await acceptor.until(() => acceptor.of('G').length === 1);
    told({ acceptor, leg: 'tp', cum: 50 });
    told({ acceptor, leg: 'tp', cum: 60 });
    await acceptor.echo();
    expect(acceptor.of('G')).toHaveLength(1);
    replaced(open[0] as Message, acceptor);
    await acceptor.until(() => acceptor.of('G').length === 2);
    expect(acceptor.of('G')[1]?.tag(38)).toBe('40');
    replaced(open[1] as Message, acceptor);
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '40');
  });

  it('B7 both fill in part: the rest of each is what neither has closed', async () => {
    const { acceptor, pushes, pushed } = await pair();
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const usual = acceptor.script;
    acceptor.script = (message) => {
      if (message.type === 'F')
        acceptor.report(message, { 37: message.tag(37), 41: message.tag(41), 150: 4, 39: 4, 14: 40 });
      else usual(message, acceptor);
    };
    told({ acceptor, leg: 'sl', cum: 60 });
    await pushed(() => reportsOf(pushes, 'fc-1-tp').at(-1)?.state === 'cancelled');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual(['fc-1-tp']);
  });

  it('B7 a replacement that is refused is told of, and tried again for another rest only', async () => {
    const { acceptor, warned, warnings } = await pair({
      onReplace: (message, acceptor) =>
        acceptor.send('9', {
          37: message.tag(37),
          11: message.tag(11),
          41: message.tag(41),
          39: 0,
          434: 2,
          102: 2,
          58: 'no replacements',
        }),
    });
    told({ acceptor, leg: 'tp', cum: 40 });
    await warned('its sibling fc-1-sl may still be for more than the 60 left (no replacements)');
    told({ acceptor, leg: 'tp', cum: 40 });
    await acceptor.echo();
    expect(acceptor.of('G')).toHaveLength(1);
    told({ acceptor, leg: 'tp', cum: 50 });
    await warned('more than the 50 left');
    expect([acceptor.of('G').length, warnings.length]).toEqual([2, 2]);
  });

  it('B7 a partly filled exit that the venue cancels leaves a sibling for the rest', async () => {
    const { acceptor, pushes, pushed } = await pair();
    acceptor.report(sent(acceptor, 'fc-1-tp'), { 150: 4, 39: 4, 14: 40, 6: '155.53' });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    expect(acceptor.of('F')).toEqual([]);
  });

  it('B7 A6 over a restart the replacement keeps its name: it is asked for and cancelled under it', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(storeFolder, { recursive: true, force: true }));
    const { acceptor, broker, pushes, pushed } = await pair({ storeFolder });
    told({ acceptor, leg: 'tp', cum: 40 });
    await pushed(() => reportsOf(pushes, 'fc-1-sl').at(-1)?.quantity === '60');
    const name = acceptor.of('G')[0]?.tag(11) ?? '';
    await broker.close?.();
    const asked = acceptor.of('H').length;
    acceptor.script = (message) => {
      if (message.type === 'H') {
        const isProfit = message.tag(11) === 'fc-1-tp';
        const state = isProfit ? { 39: 2, 14: 100, 6: '155.53' } : { 39: 0, 38: 60 };
        acceptor.report(message, { 37: message.tag(37), 150: 'I', 17: 0, ...state });
      }
      if (message.type === 'F') cancelled(acceptor, message);
    };
    const next = brokerOn(acceptor.port, { storeFolder });
    await next.broker.connect?.(soon());
    await next.pushed(() => reportsOf(next.pushes, 'fc-1-sl').at(-1)?.state === 'cancelled');
    expect(
      acceptor
        .of('H')
        .slice(asked)
        .map((message) => message.tag(11)),
    ).toContain('fc-1-tp');
    expect(acceptor.of('F').map((message) => message.tag(41))).toEqual([name]);
    expect(acceptor.of('G')).toHaveLength(1);
  });

  it('B7 with the engine: a partial take-profit shrinks the stop, and no case is opened', async () => {
    const { acceptor, broker } = await setting({ pollMs: 100 });
    const orders = new Map<string, Message>();
    acceptor.script = (message) => {
      if (message.type === 'D') {
        orders.set(message.tag(11), message);
        acceptor.accept(message);
        if (message.tag(40) === '1') acceptor.fill(message, '100', '151.00');
      }
      if (message.type === 'G') replaced(message, acceptor);
      if (message.type === 'F') cancelled(acceptor, message);
    };
    const engine = await createEngine({ broker, logger: false });
    onTestFinished(() => engine.close({ drainMs: 0 }));
    const result = await engine.execute(
      freezeSnapshot({
        advisoryId: 'PART-1',
        symbol: 'AAPL',
        referencePrice: '150',
        slOffsetPct: '-0.02',
        tpOffsetPct: '0.03',
        positionSize: '100',
        expirationTimestamp: '2090-01-01T00:00:00Z',
      }),
    );
    const tp = orders.get(`${result.clientOrderId}-tp`) as Message;
    const fill = (cum: number, last: number): void =>
      acceptor.report(tp, { 150: 'F', 39: cum === 100 ? 2 : 1, 14: cum, 6: '155.53', 32: last, 31: '155.53' });
    const closed = new Promise<unknown>((resolve) => {
      engine.exits$.subscribe((position) => position.state.startsWith('closed') && resolve(position.state));
    });
    fill(40, 40);
    await acceptor.until(() => acceptor.of('G').length === 1);
    await acceptor.echo();
    expect(engine.positions()[0]).toMatchObject({ state: 'working' });
    fill(100, 60);
    expect(await closed).toBe('closedByTakeProfit');
    expect(engine.cases.open()).toEqual([]);
  });
});
