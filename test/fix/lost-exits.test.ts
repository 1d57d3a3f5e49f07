/** Exits that were lost with a connection: what proves that they never arrived, and what does not. */
import { createEngine, type SnapshotInput } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

const ADVISORY: SnapshotInput = {
  advisoryId: 'LOST',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
};

const EXITS = {
  clientOrderId: 'fc-1',
  symbol: 'AAPL',
  side: 'sell',
  quantity: '100',
  stopLoss: '147.98',
  takeProfit: '155.53',
} as const;

const isExit = (message: Message): boolean => /-(?:sl|tp)$/.test(message.tag(11));
const isStop = (message: Message): boolean => message.tag(11).endsWith('-sl');

/** The line is cut with the message on it: the counterparty has never seen it. */
function lose(acceptor: ScriptedAcceptor, message: Message): void {
  acceptor.nextIn = Number(message.tag(34));
  acceptor.cut();
}

const unknown = (acceptor: ScriptedAcceptor, message: Message): void =>
  acceptor.send('8', {
    37: 'NONE',
    17: 0,
    150: 'I',
    39: 8,
    103: 5,
    11: message.tag(11),
    55: message.tag(55),
    54: message.tag(54),
    14: 0,
    6: 0,
    151: 0,
    790: message.tag(790),
  });

/** A counterparty that loses what comes from the first stop on, once. */
function losingOnce(acceptor: ScriptedAcceptor, knows: (id: string) => boolean): { readonly counted: string[] } {
  let isLost = false;
  const counted: string[] = [];
  acceptor.script = (message) => {
    const id = message.tag(11);
    if (message.type === 'H') {
      if (knows(id)) acceptor.report(message, { 150: 'I', 39: 0, 151: 100, 790: message.tag(790) });
      else unknown(acceptor, message);
    }
    if (message.type !== 'D') return;
    if (isStop(message) && !isLost) {
      isLost = true;
      lose(acceptor, message);
    } else if (isExit(message)) {
      counted.push(id);
      acceptor.accept(message);
    } else acceptor.fill(message, '100', '151.00');
  };
  return { counted };
}

describe('FIX exits that are lost with the line', () => {
  it('B2: the counterparty asks for them again and does not know them: they go out once more, under their ids', async () => {
    const { acceptor, broker } = await setting();
    const { counted } = losingOnce(acceptor, () => false);
    const engine = await createEngine({ broker, logger: false });
    onTestFinished(() => engine.close());
    const result = await engine.execute(ADVISORY);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(engine.cases.open()).toEqual([]);
    expect(counted).toEqual([`${result.clientOrderId}-sl`, `${result.clientOrderId}-tp`]);
  });

  it('B1: one that the counterparty knows is not sent again, though it asks for the message', async () => {
    const { acceptor, broker } = await setting();
    const { counted } = losingOnce(acceptor, () => true);
    await broker.connect?.(soon());
    await broker.placeProtection(EXITS, soon());
    await acceptor.until(() => acceptor.of('4').length > 0);
    await broker.placeProtection(EXITS, soon());
    expect(counted).toEqual([]);
  });

  it('P12: one that is not known, and whose message was not asked for again, is not sent again', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    let isCut = false;
    acceptor.script = (message) => {
      if (message.type === 'H') unknown(acceptor, message);
      if (message.type !== 'D' || isCut) return;
      isCut = true;
      acceptor.cut();
    };
    await broker.connect?.(soon());
    await broker.placeProtection(EXITS, soon());
    await pushed(() => pushes.filter((push) => 'type' in push).length >= 2);
    const before = acceptor.of('D').length;
    expect(await broker.placeProtection(EXITS, soon())).toMatchObject({ stopLoss: { kind: 'unknown' } });
    await acceptor.echo();
    expect(acceptor.of('D')).toHaveLength(before);
  });

  it('S4: an entry is never sent again, whatever the counterparty asks for', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    let isCut = false;
    acceptor.script = (message) => {
      if (message.type === 'H') unknown(acceptor, message);
      if (message.type !== 'D' || isCut) return;
      isCut = true;
      lose(acceptor, message);
    };
    await broker.connect?.(soon());
    const order = { clientOrderId: 'fc-1', symbol: 'AAPL', side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
    expect(await broker.submitOrder(order, soon())).toMatchObject({ kind: 'unknown' });
    await pushed(() => pushes.filter((push) => 'type' in push).length >= 2);
    expect(await broker.submitOrder(order, soon())).toEqual({ kind: 'duplicate' });
  });
});
