/** What goes wrong with a session while orders live: gaps, numbers that do not fit, silence, a restart between two exits. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { brokerOn, order, type Push, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const numbersIn = (store: string): readonly number[] =>
  readFileSync(join(store, 'FIX.4.4-US-VENUE.seqnums'), 'utf8').split(':').map(Number);

const isFilled = (push: Push): boolean => 'state' in push && push.state === 'filled';

/** Something happens at the counterparty that does not reach us. */
function unheard(acceptor: ScriptedAcceptor, happens: () => void): void {
  acceptor.isMute = true;
  happens();
  acceptor.isMute = false;
}

const sent = (acceptor: ScriptedAcceptor, id: string): Message =>
  acceptor.of('D').find((message) => message.tag(11) === id) ?? expect.fail(`${id} was not sent`);

describe('FIX sequence numbers', () => {
  it('S4 the line breaks while a gap is open: what was missed is asked for again, and comes', async () => {
    const { acceptor, broker, pushed } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00'));
    // The next message shows the gap; the answer to the resend request is lost with the connection.
    acceptor.onResend = () => {
      acceptor.onResend = undefined;
      acceptor.cut();
    };
    acceptor.heartbeat();
    await pushed(isFilled);
    expect(acceptor.of('2').map((request) => request.tag(7))).toEqual(['3', '3']);
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('A6 a process that dies while a gap is open leaves the number before the gap on disk', async () => {
    const storeFolder = folder();
    const { acceptor, broker } = await setting({ storeFolder });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00'));
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    acceptor.onResend = isAsked;
    acceptor.heartbeat();
    await asked;
    expect(numbersIn(storeFolder)[1]).toBe(3);
    expect(acceptor.nextOut).toBeGreaterThan(4);
  });

  it('numbers of the counterparty that are too low end the session in clear words, and nothing is reset', async () => {
    const storeFolder = folder();
    const { acceptor, broker, warned, warnings } = await setting({ storeFolder });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    const before = numbersIn(storeFolder);
    acceptor.nextOut = 1;
    acceptor.cut();
    await warned('its MsgSeqNum 1 is too low, 3 was expected');
    expect(warnings.join()).toContain('resetOnLogon');
    const after = numbersIn(storeFolder);
    expect([after[1], (after[0] ?? 0) > (before[0] ?? 0)]).toEqual([3, true]);
    expect(
      acceptor
        .of('A')
        .slice(1)
        .every((logon) => logon.tag(141) === 'N'),
    ).toBe(true);
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('numbers of ours that the counterparty finds too high are filled, and no order is replayed', async () => {
    const { acceptor, broker, pushed, pushes } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.nextIn = 2;
    acceptor.received.length = 0;
    acceptor.cut();
    await acceptor.until(() => acceptor.of('4').length > 0);
    await pushed(() => pushes.filter((push) => 'type' in push).length === 2);
    expect(acceptor.of('D')).toEqual([]);
    expect(await broker.submitOrder(order('fc-2'), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('a counterparty that begins anew at the logon, unasked, is told of; every live order is asked for', async () => {
    const { acceptor, broker, warned, pushes, pushed } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.options.resetsAtLogon = true;
    acceptor.cut();
    await warned('VENUE has begun its sequence numbers anew');
    await pushed(() => pushes.filter((push) => 'type' in push).length >= 2);
    expect(acceptor.of('D')).toHaveLength(1);
    expect(await broker.submitOrder(order(), soon())).toEqual({ kind: 'duplicate' });
  });

  it('a number that the counterparty sets without filling is told of', async () => {
    const { acceptor, broker, warned } = await setting();
    await broker.connect?.(soon());
    acceptor.sendReset(40);
    await warned('VENUE has set its sequence number to 40');
    acceptor.script = (message) => acceptor.accept(message);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  });
});

describe('FIX heartbeats', () => {
  it('P7 a silent counterparty gets a TestRequest, then a new connection; what was filled meanwhile comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { acceptor, broker, pushed, warned } = await setting({ heartbeatSeconds: 10 });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.isDeaf = true;
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00'));
    vi.advanceTimersByTime(15_200);
    await acceptor.until(() => acceptor.of('1').length > 0);
    expect(acceptor.logons).toBe(1);
    // Nobody is told that an order is lost before the counterparty is.
    expect(await broker.submitOrder(order('fc-2'), AbortSignal.timeout(20))).toMatchObject({ kind: 'unknown' });
    vi.advanceTimersByTime(10_000);
    await warned('peer not responding');
    acceptor.isDeaf = false;
    await pushed(isFilled);
    expect(acceptor.logons).toBe(2);
    expect(acceptor.of('1')).toHaveLength(1);
    expect(acceptor.of('D').map((one) => one.tag(11))).toEqual(['fc-1', 'fc-2']);
  });

  it('a counterparty that answers the TestRequest keeps its session', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { acceptor, broker } = await setting({ heartbeatSeconds: 10 });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    for (let round = 0; round < 3; round += 1) {
      const asked = acceptor.of('1').length;
      vi.advanceTimersByTime(15_200);
      await acceptor.until(() => acceptor.of('1').length > asked);
      await acceptor.echo();
    }
    expect(acceptor.logons).toBe(1);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  });
});

describe('FIX exits over a restart', () => {
  const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };

  /** A process that has placed two exits, and is gone. */
  async function placed(storeFolder: string) {
    const first = await setting({ storeFolder });
    first.acceptor.script = (message) => message.type === 'D' && first.acceptor.accept(message);
    await first.broker.connect?.(soon());
    await first.broker.placeProtection(exits, soon());
    await first.broker.close?.();
    return first.acceptor;
  }

  function answers(acceptor: ScriptedAcceptor, filled: string | undefined, confirms = true): void {
    acceptor.script = (message) => {
      const id = message.tag(message.type === 'F' ? 41 : 11);
      const isOver = id === filled;
      const told = isOver ? { 39: 2, 14: 100, 6: '147.98' } : { 39: 0 };
      if (message.type === 'H') acceptor.report(sent(acceptor, id), { 150: 'I', 17: 0, ...told });
      if (message.type === 'F' && confirms) {
        acceptor.report(sent(acceptor, id), { 11: message.tag(11), 41: id, 150: 4, 39: 4 });
      }
    };
  }

  const isCancelled = (push: Push): boolean =>
    'state' in push && push.clientOrderId === 'fc-1-tp' && push.state === 'cancelled';

  it('one leg fills while no process runs, and the fill is sent again: the other is cancelled, exactly once', async () => {
    const storeFolder = folder();
    const acceptor = await placed(storeFolder);
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1-sl'), '100', '147.98'));
    answers(acceptor, 'fc-1-sl');
    const second = brokerOn(acceptor.port, { storeFolder });
    await second.broker.connect?.(soon());
    await second.pushed(isCancelled);
    await acceptor.echo();
    acceptor.cut();
    await acceptor.until(() => acceptor.logons === 3);
    await acceptor.echo();
    expect(acceptor.of('F').map((cancel) => cancel.tag(41))).toEqual(['fc-1-tp']);
    expect(acceptor.of('D')).toHaveLength(2);
  });

  it('the fill is never sent again: the leg is asked for after the logon, and the other cancelled', async () => {
    const storeFolder = folder();
    const acceptor = await placed(storeFolder);
    answers(acceptor, 'fc-1-sl');
    const second = brokerOn(acceptor.port, { storeFolder, resetOnLogon: true });
    await second.broker.connect?.(soon());
    await second.pushed(isCancelled);
    expect(acceptor.of('F').map((cancel) => cancel.tag(41))).toEqual(['fc-1-tp']);
  });

  it('a cancel that nothing was heard of is sent again after the next start, and once it is over never more', async () => {
    const storeFolder = folder();
    const acceptor = await placed(storeFolder);
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1-sl'), '100', '147.98'));
    answers(acceptor, 'fc-1-sl', false);
    const second = brokerOn(acceptor.port, { storeFolder });
    await second.broker.connect?.(soon());
    await acceptor.until(() => acceptor.of('F').length === 1);
    await second.broker.close?.();
    answers(acceptor, 'fc-1-sl');
    const third = brokerOn(acceptor.port, { storeFolder });
    await third.broker.connect?.(soon());
    await third.pushed(isCancelled);
    await third.broker.close?.();
    const fourth = brokerOn(acceptor.port, { storeFolder });
    await fourth.broker.connect?.(soon());
    await acceptor.echo();
    expect(acceptor.of('F').map((cancel) => cancel.tag(41))).toEqual(['fc-1-tp', 'fc-1-tp']);
    expect(second.warnings.join()).toContain('its sibling fc-1-tp may still be working');
  });

  it('the counterparty begins anew while the process runs: each exit that may work is asked for', async () => {
    const { acceptor, broker, pushed } = await setting({ resetOnLogon: true });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.placeProtection(exits, soon());
    answers(acceptor, 'fc-1-sl');
    acceptor.cut();
    await pushed(isCancelled);
    expect(acceptor.of('F').map((cancel) => cancel.tag(41))).toEqual(['fc-1-tp']);
  });

  it('both legs still work: nothing is cancelled', async () => {
    const storeFolder = folder();
    const acceptor = await placed(storeFolder);
    answers(acceptor, undefined);
    const second = brokerOn(acceptor.port, { storeFolder });
    await second.broker.connect?.(soon());
    await acceptor.until(() => acceptor.of('H').length === 2);
    await acceptor.echo();
    expect(acceptor.of('F')).toEqual([]);
  });

  it('a counterparty that links the exits itself is left to it', async () => {
    const storeFolder = folder();
    const acceptor = await placed(storeFolder);
    unheard(acceptor, () => acceptor.fill(sent(acceptor, 'fc-1-sl'), '100', '147.98'));
    const second = brokerOn(acceptor.port, { storeFolder, exits: { oco: 'broker' } });
    await second.broker.connect?.(soon());
    await second.pushed(isFilled);
    await acceptor.echo();
    expect([acceptor.of('F'), acceptor.of('H')]).toEqual([[], []]);
  });
});

describe('FIX secrets', () => {
  it('A2 whatever the counterparty repeats in its texts, no outcome, error or warning shows a secret', async () => {
    const [password, other] = ['hunter2-secret', 'swordfish-secret'];
    const { acceptor, broker, warnings, pushes } = await setting({
      username: 'me',
      password,
      logon: { NewPassword: other },
      positions: { account: 'A' },
      massStatus: true,
    });
    const text = { 58: `you said ${password} and ${other}` };
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.report(message, { 150: 8, 39: 8, 103: 0, ...text });
      else acceptor.send('j', { 45: message.tag(34), 372: message.type, 380: 4, ...text });
    };
    await broker.connect?.(soon());
    const told: unknown[] = [await broker.submitOrder(order(), soon()), pushes, warnings];
    const asked = [
      broker.getOrderStatus(ref('fc-2'), soon()),
      broker.cancelOrder(ref('fc-2'), soon()),
      broker.getPositions([], soon()),
      broker.getOpenOrders?.(soon()),
      broker.describe?.(soon()),
    ];
    for (const outcome of await Promise.allSettled(asked)) told.push(outcome);
    acceptor.options.onLogon = 'logout';
    acceptor.options.logoutText = text[58];
    acceptor.cut();
    await acceptor.until(() => acceptor.of('A').length > 1);
    told.push(await broker.connect?.(soon()).catch((error: unknown) => error), broker);
    const shown = inspect(told, { depth: 20 });
    expect(shown).toContain('you said [secret] and [secret]');
    expect(shown).not.toMatch(/hunter2|swordfish/);
    expect(acceptor.of('A')[0]?.tag(554)).toBe(password);
  });
});
