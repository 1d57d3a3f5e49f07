/** The session: the gate, the deadline, new connections, sequence numbers, and one NewOrderSingle per id whatever happens. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { brokerOn, order, ref, setting, soon } from './fix.support.js';

describe('FIX session', () => {
  it('S3 an order is accepted by its execution report, and filled by the next', async () => {
    const { acceptor, broker, pushed, pushes } = await setting();
    acceptor.script = (message) => {
      acceptor.accept(message);
      acceptor.fill(message, '100', '151.00');
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'accepted', brokerOrderId: 'o-fc-1' });
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(pushes[0]).toEqual({ type: 'gap' });
    expect(pushes.at(-1)).toMatchObject({ clientOrderId: 'fc-1', filledSize: '100', fillPrice: '151' });
    const [sent] = acceptor.of('D');
    expect([40, 54, 38, 55, 21, 59].map((tag) => sent?.tag(tag))).toEqual(['1', '1', '100', 'AAPL', '1', '0']);
  });

  it('S5 before a logon nothing is sent: not_sent, and no NewOrderSingle', async () => {
    const { acceptor, broker } = await setting({ logonTimeoutMs: 100 }, { onLogon: 'silence' });
    await expect(broker.connect?.(soon())).rejects.toThrow('no logon in time');
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'not_sent' });
    expect(acceptor.of('D')).toHaveLength(0);
  });

  it('an instrument is not told of while the session is down: no advisory is begun that could not be sent', async () => {
    const { broker } = await setting({ logonTimeoutMs: 100 }, { onLogon: 'silence' });
    await expect(broker.instrument('AAPL', soon())).rejects.toThrow('no session');
    expect(await broker.instrument('NOPE', soon())).toBe('unknown_symbol');
  });

  it('a connection that is dropped at the logon is made anew, until one is answered', async () => {
    const { acceptor, broker, pushed } = await setting({}, { onLogon: 'cut' });
    await expect(broker.connect?.(soon())).rejects.toThrow('no session');
    await acceptor.until(() => acceptor.of('A').length >= 3);
    acceptor.options.onLogon = 'answer';
    await pushed((push) => 'type' in push);
    acceptor.script = (message) => acceptor.accept(message);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('a refused logon is told in the words of the counterparty, never with the password', async () => {
    const password = 'hunter2-secret';
    const { acceptor, broker, warnings } = await setting(
      { username: 'me', password },
      { onLogon: 'logout', logoutText: `bad password ${password}` },
    );
    await expect(broker.connect?.(soon())).rejects.toThrow('bad password [secret]');
    await acceptor.until(() => acceptor.of('A').length >= 2);
    expect(acceptor.of('A')[0]?.tag(554)).toBe(password);
    expect(warnings.join()).not.toContain(password);
    expect(inspect(broker, { depth: 12 })).not.toContain(password);
  });

  it('S4 the connection ends before the answer: unknown at once; the missed reports come after the next logon', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.isMute = true;
      acceptor.accept(message);
      acceptor.fill(message, '100', '151.25');
      acceptor.isMute = false;
      acceptor.cut();
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'unknown' });
    await pushed((push) => 'state' in push && push.state === 'filled' && push.fillPrice === '151.25');
    expect(acceptor.of('D')).toHaveLength(1);
    expect(acceptor.logons).toBe(2);
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ state: 'filled', filledSize: '100' });
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('a connection that is reset ends the session and nothing else, also while the session ends by itself', async () => {
    const { acceptor, broker, pushed, pushes } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    acceptor.reset();
    await pushed(() => pushes.length === 2);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    const closed = broker.close?.();
    await acceptor.until(() => acceptor.of('5').length > 0);
    acceptor.reset();
    await closed;
    expect(acceptor.logons).toBe(2);
  });

  it('S1 what the counterparty asks to be sent again is skipped by a gap fill: an order is never replayed', async () => {
    const { acceptor, broker, pushed } = await setting();
    await broker.connect?.(soon());
    acceptor.script = (message) => {
      // As if the order had been lost on the way: it is asked for again at the next logon.
      acceptor.received.pop();
      acceptor.nextIn -= 1;
      acceptor.cut();
      acceptor.script = (next) => acceptor.accept(next);
      expect(message.type).toBe('D');
    };
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'unknown' });
    await acceptor.until(() => acceptor.of('4').length > 0);
    await pushed((push) => 'type' in push);
    expect(acceptor.of('4')[0]?.tag(123)).toBe('Y');
    expect(acceptor.of('D')).toHaveLength(0);
    expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'duplicate' });
    expect(acceptor.of('D')).toHaveLength(0);
  });

  it('S1 the same id a second time is a duplicate without a word to the counterparty', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'duplicate' });
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('A6 numbers and ids are on disk: a new process goes on with them, and sends nothing twice', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    const password = 'hunter2-secret';
    const { acceptor, broker } = await setting({ storeFolder, password });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder({ ...order(), side: 'sell' }, soon());
    await broker.close?.();
    const second = brokerOn(acceptor.port, { storeFolder, password });
    acceptor.isMute = true;
    acceptor.fill(acceptor.of('D')[0] ?? expect.fail(), '100', '150.00');
    acceptor.isMute = false;
    await second.broker.connect?.(soon());
    await second.pushed((push) => 'state' in push && push.state === 'filled');
    expect(acceptor.of('A').map((logon) => logon.tag(141))).toEqual(['Y', 'N']);
    expect(Number(acceptor.of('A')[1]?.tag(34))).toBeGreaterThan(2);
    expect(await second.broker.submitOrder(order(), soon())).toEqual({ kind: 'duplicate' });
    expect(acceptor.of('D')).toHaveLength(1);
    const kept = readdirSync(storeFolder).map((name) => readFileSync(join(storeFolder, name), 'utf8'));
    expect(kept.join()).not.toContain(password);
  });

  it('numbers that fell behind are set to what the counterparty expects', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    const { acceptor, broker, pushed } = await setting(
      { storeFolder },
      { onLogon: 'logout', logoutText: 'MsgSeqNum too low, expecting 41 but received 1' },
    );
    await expect(broker.connect?.(soon())).rejects.toThrow('too low');
    acceptor.options.onLogon = 'answer';
    await pushed((push) => 'type' in push);
    expect(acceptor.of('A').length).toBeGreaterThan(1);
  });

  it('close logs out, and nothing is sent afterwards', async () => {
    const { acceptor, broker } = await setting();
    await broker.connect?.(soon());
    await broker.close?.();
    expect(acceptor.of('5')).toHaveLength(1);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'not_sent' });
    expect(acceptor.of('D')).toHaveLength(0);
  });
});
