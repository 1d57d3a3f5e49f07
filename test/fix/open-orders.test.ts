/** OrderMassStatusRequest (35=AF): all open orders, for the sweep, where the counterparty answers it. */
import { createEngine } from 'fillchart';
import { fixBroker } from 'fillchart/fix';
import { describe, expect, it } from 'vitest';
import { order, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

interface Row {
  readonly id: string;
  readonly status: number | string;
  readonly filled?: string;
  readonly more?: Tags;
}

/** Answers a mass status request with a report a row. */
function list(acceptor: ScriptedAcceptor, request: Message, rows: readonly Row[]): void {
  for (const { id, status, filled = '0', more = {} } of rows) {
    const told = { 37: `o-${id}`, 11: id, 17: 0, 150: 'I', 39: status, 55: 'AAPL', 54: 1, 151: 0, 14: filled, 6: 0 };
    acceptor.send('8', { ...told, 584: request.tag(584), 911: rows.length, ...more });
  }
}

const onMassStatus = (acceptor: ScriptedAcceptor, answer: (request: Message) => void): void => {
  acceptor.script = (message) => {
    if (message.type === 'D') acceptor.accept(message);
    if (message.type === 'AF') answer(message);
  };
};

describe('FIX open orders', () => {
  it('without configuration it is not offered; FIX 4.2 has no such message', async () => {
    const { broker } = await setting();
    expect(broker).not.toHaveProperty('getOpenOrders');
    const options = { host: 'h', port: 1, senderCompId: 'US', targetCompId: 'V', instruments: [] };
    expect(() => fixBroker({ ...options, version: 'FIX.4.2', massStatus: true })).toThrow('massStatus');
  });

  it('M3 as many reports as announced; what is over is counted and not listed; orders of others are, and are no push', async () => {
    const { acceptor, broker, pushes } = await setting({ massStatus: true, account: 'ACC' });
    onMassStatus(acceptor, (request) =>
      list(acceptor, request, [
        { id: 'fc-1', status: 1, filled: '40' },
        { id: 'done', status: 2, filled: '10' },
        { id: 'manual', status: 0 },
        { id: 'c-99', status: 6, more: { 41: 'wanted-gone' } },
      ]),
    );
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    const open = (await broker.getOpenOrders?.(soon())) ?? [];
    expect(
      open.map(({ clientOrderId, symbol, state, filledSize }) => [clientOrderId, symbol, state, filledSize]),
    ).toEqual([
      ['fc-1', 'AAPL', 'partially_filled', '40'],
      ['manual', 'AAPL', 'submitted', '0'],
      ['wanted-gone', 'AAPL', 'pending_cancel', '0'],
    ]);
    const told = pushes.flatMap((push) => ('state' in push ? [push.clientOrderId] : []));
    expect(new Set(told)).toEqual(new Set(['fc-1']));
    expect([585, 1].map((tag) => acceptor.of('AF')[0]?.tag(tag))).toEqual(['7', 'ACC']);
  });

  it.each<[string, Tags]>([
    ['"unknown order"', { 39: 8, 103: 5, 37: 'NONE' }],
    ['a total of zero', { 39: 0, 911: 0 }],
  ])('%s: none is open', async (_, tags) => {
    const { acceptor, broker } = await setting({ massStatus: true });
    onMassStatus(acceptor, (request) => {
      const none = { 37: 'o', 17: 0, 150: 'I', 54: 1, 151: 0, 14: 0, 6: 0 };
      acceptor.send('8', { ...none, 584: request.tag(584), ...tags });
    });
    await broker.connect?.(soon());
    expect(await broker.getOpenOrders?.(soon())).toEqual([]);
  });

  it('without a total the report that says that it is the last ends the answer', async () => {
    const { acceptor, broker } = await setting({ massStatus: true });
    onMassStatus(acceptor, (request) => {
      const told = { 17: 0, 150: 'I', 39: 0, 55: 'AAPL', 54: 1, 151: 1, 14: 0, 6: 0, 584: request.tag(584) };
      acceptor.send('8', { ...told, 37: 'o-1', 11: 'a' });
      acceptor.send('8', { ...told, 37: 'o-2', 11: 'b', 912: 'Y' });
    });
    await broker.connect?.(soon());
    expect((await broker.getOpenOrders?.(soon()))?.map(({ clientOrderId }) => clientOrderId)).toEqual(['a', 'b']);
  });

  it.each<[string, (acceptor: ScriptedAcceptor, request: Message) => void, RegExp]>([
    [
      'business reject by number',
      (on, asked) => on.send('j', { 45: asked.tag(34), 372: 'AF', 380: 3, 58: 'no AF' }),
      /no AF/,
    ],
    ['business reject by id', (on, asked) => on.send('j', { 372: 'AF', 379: asked.tag(584), 380: 3 }), /refused: 3/],
    ['session reject', (on, asked) => on.send('3', { 45: asked.tag(34), 372: 'AF', 373: 11 }), /refused: 11/],
    ['the line is cut', (on) => on.cut(), /no open orders/],
    ['a part of the answer', (on, asked) => list(on, asked, [{ id: 'a', status: 0, more: { 911: 2 } }]), /in time/],
  ])('%s is no news, never "none"', async (_, answer, says) => {
    const { acceptor, broker } = await setting({ massStatus: true });
    onMassStatus(acceptor, (request) => answer(acceptor, request));
    await broker.connect?.(soon());
    await expect(broker.getOpenOrders?.(AbortSignal.timeout(300))).rejects.toThrow(says);
  });

  it('M3 the sweep opens a case for an order that the journal does not know, and corrects nothing', async () => {
    const { acceptor, broker } = await setting({ massStatus: true });
    onMassStatus(acceptor, (request) => list(acceptor, request, [{ id: 'manual', status: 0 }]));
    const engine = await createEngine({ broker, logger: false });
    const { failures } = await engine.sweep();
    await engine.close();
    expect(failures).toEqual([]);
    expect(engine.cases.open()).toMatchObject([{ kind: 'STRAY_ORDER', symbol: 'AAPL' }]);
    expect(acceptor.of('F')).toEqual([]);
  });
});
