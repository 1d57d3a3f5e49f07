/** Inputs that a session gets: damaged messages, gaps that are not filled, numbers that do not fit, refused logons. */
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerOn, order, type Push, setting, soon } from './fix.support.js';
import { framed, type Message, type ScriptedAcceptor } from './scripted-acceptor.js';

const isFilled = (push: Push): boolean => 'state' in push && push.state === 'filled';

const sent = (acceptor: ScriptedAcceptor, id: string): Message =>
  acceptor.of('D').find((message) => message.tag(11) === id) ?? expect.fail(`${id} was not sent`);

/** Fields of a framed message, without BeginString, BodyLength and CheckSum. */
const fieldsOf = (text: string): string => text.slice(text.indexOf('\x0135=') + 1, text.lastIndexOf('\x0110=') + 1);

const damages: readonly (readonly [string, (text: string) => string])[] = [
  [
    'CheckSum',
    (text) => text.replace(/10=(\d{3})/, (_, sum: string) => `10=${String((Number(sum) + 1) % 256).padStart(3, '0')}`),
  ],
  ['CheckSum, by a changed price', (text) => text.replace('\x016=151.00', '\x016=951.00')],
  ['BodyLength too small', (text) => text.replace(/9=(\d+)/, (_, length: string) => `9=${Number(length) - 3}`)],
  ['BodyLength too great', (text) => text.replace(/9=(\d+)/, (_, length: string) => `9=${Number(length) + 7}`)],
  ['BodyLength far too great', (text) => text.replace(/9=\d+/, '9=99999')],
  ['BodyLength that is no number', (text) => text.replace(/9=\d+/, '9=abc')],
  ['no CheckSum', (text) => text.replace(/10=\d{3}.$/s, '')],
];

describe('FIX damaged messages', () => {
  it.each(damages)('B8: a fill with a wrong %s is ignored, and asked for again', async (_, damage) => {
    const { acceptor, broker, pushes, pushed } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.damage = damage;
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00');
    await pushed(isFilled);
    expect(acceptor.of('2').map((request) => request.tag(7))).toContain('3');
    expect(pushes.filter(isFilled)).toMatchObject([{ filledSize: '100', fillPrice: '151' }]);
    expect(acceptor.logons).toBe(1);
  });

  it.each([
    ['SenderCompID', (text: string) => text.replace('\x0149=VENUE', '\x0149=EVENU')],
    ['TargetCompID', (text: string) => text.replace('\x0156=US', '\x0156=SU')],
  ])('B8: a fill with a wrong %s: reject, logout, and asked for again', async (_, wrong) => {
    const { acceptor, broker, pushes, pushed, warned } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.damage = (text) => framed(acceptor.version, fieldsOf(wrong(text)));
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00');
    await acceptor.until(() => acceptor.of('3').length > 0 && acceptor.of('5').length > 0);
    expect(acceptor.of('3')[0]?.tag(373)).toBe('9');
    expect(pushes.some(isFilled)).toBe(false);
    await warned('CompID');
    await pushed(isFilled);
    expect(acceptor.logons).toBe(2);
  });

  it('B8: what stands between messages is skipped, and the next message is read', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.raw('\x00\x01garbage 8=FIX.4.4 and 58=FIX\x01');
      acceptor.accept(message);
      acceptor.fill(message, '100', '151.00');
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    await pushed(isFilled);
    expect(acceptor.logons).toBe(1);
  });

  it('B8: a message in pieces, byte by byte, is read as one', async () => {
    const { acceptor, broker, pushed } = await setting();
    acceptor.script = async (message) => {
      acceptor.accept(message);
      let text = '';
      acceptor.damage = (whole) => {
        text = whole;
        return '';
      };
      acceptor.fill(message, '100', '151.00');
      for (const byte of text) {
        acceptor.raw(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed(isFilled);
    expect(acceptor.of('2')).toEqual([]);
  });
});

describe('FIX gaps', () => {
  /** Sends what does not arrive, and then something that shows the gap. */
  function loseFill(acceptor: ScriptedAcceptor, cum = '100'): void {
    acceptor.isMute = true;
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00', cum);
    acceptor.isMute = false;
    acceptor.heartbeat();
  }

  it('B9: a ResendRequest that is not answered is sent again, with a warning', async () => {
    const { acceptor, broker, pushed, warnings } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.onResend = () => {
      acceptor.onResend = undefined;
    };
    loseFill(acceptor);
    await pushed(isFilled);
    expect(acceptor.of('2').map((request) => [request.tag(7), request.tag(16)])).toEqual([
      ['3', '0'],
      ['3', '0'],
    ]);
    expect(warnings.join()).toContain('has not sent again');
    expect(acceptor.logons).toBe(1);
  });

  it('B9: the waits between unanswered ResendRequests grow', async () => {
    const { acceptor, broker } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    const times: number[] = [];
    acceptor.onResend = () => void times.push(performance.now());
    loseFill(acceptor);
    await acceptor.until(() => times.length === 4);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect((waits[2] ?? 0) > 1.6 * (waits[1] ?? 0) && (waits[1] ?? 0) > 1.6 * (waits[0] ?? 0)).toBe(true);
  });

  it('B9: ten gaps in a row are all closed, and nothing is lost', async () => {
    const { acceptor, broker, pushed, pushes } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    for (let part = 1; part <= 10; part += 1) {
      acceptor.isMute = true;
      acceptor.fill(sent(acceptor, 'fc-1'), '10', '151.00', String(part * 10));
      acceptor.isMute = false;
      acceptor.heartbeat();
      await pushed((push) => 'state' in push && push.filledSize === String(part * 10));
    }
    expect(pushes.filter(isFilled)).toHaveLength(1);
    expect(acceptor.logons).toBe(1);
  });

  it.each([
    ['1', '10'],
    ['1', '0'],
    ['2', '999999'],
    ['2', '2'],
  ])('B10: ResendRequest %s to %s: the gap fill ends at the next number, and no further', async (from, to) => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    const next = acceptor.nextIn;
    acceptor.send('2', { 7: from, 16: to });
    await acceptor.echo();
    const [fill] = acceptor.of('4');
    expect([34, 36, 43, 123].map((tag) => fill?.tag(tag))).toEqual([from, String(next), 'Y', 'Y']);
    // Whatever was asked for, the next order is the next number: the acceptor would ask for what it misses.
    expect(await broker.submitOrder(order('fc-2'), soon())).toMatchObject({ kind: 'accepted' });
    expect([acceptor.of('2'), acceptor.logons]).toEqual([[], 1]);
  });

  it('B10: a ResendRequest for what was never sent is answered by nothing, with a warning', async () => {
    const { acceptor, broker, warned } = await setting();
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    acceptor.send('2', { 7: 50, 16: 0 });
    await warned('never sent');
    expect(acceptor.of('4')).toEqual([]);
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('B11: missed reports arrive 200 ms after the Logon: a new order waits until they are taken in', async () => {
    const { acceptor, broker, pushes, pushed } = await setting({ orderStatus: 'reports' });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.isMute = true;
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00');
    acceptor.isMute = false;
    let isReplayed = false;
    acceptor.onResend = (request) => {
      setTimeout(() => {
        isReplayed = true;
        acceptor.replay(Number(request.tag(7)));
      }, 200);
    };
    acceptor.cut();
    await acceptor.until(() => acceptor.of('2').length > 0);
    expect(await broker.submitOrder(order('fc-2'), soon())).toMatchObject({ kind: 'not_sent' });
    await pushed(isFilled);
    expect(isReplayed).toBe(true);
    await pushed(() => pushes.filter((push) => 'type' in push).length === 2);
    expect(await broker.submitOrder(order('fc-3'), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('B11: a gap that is never closed holds the session back until its deadline, and not longer', async () => {
    const { acceptor, broker, warned, pushed, pushes } = await setting({ orderStatus: 'reports', gapTimeoutMs: 300 });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    acceptor.isMute = true;
    acceptor.fill(sent(acceptor, 'fc-1'), '100', '151.00');
    acceptor.isMute = false;
    acceptor.onResend = () => {};
    acceptor.cut();
    await pushed(() => pushes.filter((push) => 'type' in push).length === 2);
    await warned('has not sent again');
    expect(await broker.submitOrder(order('fc-2'), soon())).toMatchObject({ kind: 'accepted' });
    // It comes late, and counts.
    acceptor.replay(3);
    await pushed(isFilled);
  });
});

describe('FIX logons that are refused', () => {
  const texts: readonly string[] = [
    'MsgSeqNum too low, expecting 40 but received 1',
    'Sequence number too low. Expected 40',
    'Msg Seq Num 1 is lower than expected 40',
    'expected seqnum=40, got 1',
    'Incorrect sequence number: 1 (next is 40)',
    'Low sequence: received [1] expecting [40]',
  ];
  it.each(texts)('B12: "%s": the next logon has the number that is expected', async (logoutText) => {
    const { acceptor, broker, pushed } = await setting({}, { onLogon: 'logout', logoutText });
    await expect(broker.connect?.(soon())).rejects.toThrow(logoutText);
    acceptor.nextIn = 40;
    acceptor.options.onLogon = 'answer';
    await pushed((push) => 'type' in push);
    const [first, second] = acceptor.of('A');
    expect([first?.tag(34), second?.tag(34), acceptor.of('A').length]).toEqual(['1', '40', 2]);
  });

  it('B12: a refusal that tells no number: the operator is told once, and there is no storm of logons', async () => {
    const { acceptor, broker, warnings } = await setting(
      {},
      { onLogon: 'logout', logoutText: 'sequence number too low' },
    );
    await expect(broker.connect?.(soon())).rejects.toThrow('too low');
    await acceptor.until(() => acceptor.of('A').length === 2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(acceptor.of('A').length).toBeLessThanOrEqual(3);
    expect(warnings.filter((warning) => warning.includes('sequence number too low'))).toHaveLength(1);
  });

  it('B12: a text with other numbers in it moves nothing', async () => {
    const { acceptor, broker } = await setting(
      {},
      { onLogon: 'logout', logoutText: 'session closed until 17:00, call 555' },
    );
    await expect(broker.connect?.(soon())).rejects.toThrow('call 555');
    await acceptor.until(() => acceptor.of('A').length === 2);
    expect(acceptor.of('A')[1]?.tag(34)).toBe('1');
  });

  it('B18: a Reject of the Logon shows its text and fields', async () => {
    const { acceptor, broker, warned } = await setting(
      {},
      { onLogon: 'reject', logoutText: 'Unknown SenderCompID, password expired' },
    );
    await expect(broker.connect?.(soon())).rejects.toThrow(/password expired.*372=A.*373=5/);
    await warned('password expired');
    expect(acceptor.of('A').length).toBeGreaterThan(0);
  });

  it('B18: a connection that is closed after the Logon, unanswered, names the likely causes', async () => {
    const { broker } = await setting({}, { onLogon: 'cut' });
    await expect(broker.connect?.(soon())).rejects.toThrow(/closed.*before.*Logon.*US.*VENUE/s);
  });

  /** A server that is no FIX acceptor. */
  async function other(greet: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      greet(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  it('B18: plain TCP to a counterparty that speaks TLS: says so', async () => {
    // A TLS alert: fatal, unexpected message.
    const port = await other((socket) => socket.once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 10]))));
    const { broker } = brokerOn(port);
    await expect(broker.connect?.(soon())).rejects.toThrow(/TLS.*option tls/);
  });

  it('B18: TLS to a counterparty that speaks plain FIX: says so', async () => {
    const port = await other((socket) => socket.once('data', () => socket.end('8=FIX.4.4\x01not TLS')));
    const { broker } = brokerOn(port, { tls: true });
    await expect(broker.connect?.(soon())).rejects.toThrow(/does not speak TLS/);
  });

  it('B18: an answer that is no FIX is shown for what it is', async () => {
    const port = await other((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const { broker } = brokerOn(port);
    await expect(broker.connect?.(soon())).rejects.toThrow(/no FIX.*HTTP\/1.1 400/);
  });
});

describe('FIX session rules', () => {
  it('a TestRequest is answered by a Heartbeat with its id', async () => {
    const { acceptor, broker } = await setting();
    await broker.connect?.(soon());
    acceptor.send('1', { 112: 'are-you-there' });
    await acceptor.until(() => acceptor.of('0').some((beat) => beat.tag(112) === 'are-you-there'));
  });

  it('an application message that we do not take is answered by 35=j, an unknown type by 35=3', async () => {
    const { acceptor, broker } = await setting();
    await broker.connect?.(soon());
    acceptor.send('B', { 148: 'news', 33: 0 });
    acceptor.send('ZZ', { 58: 'what' });
    await acceptor.echo();
    expect(acceptor.of('j').map((reject) => [reject.tag(372), reject.tag(380)])).toEqual([['B', '3']]);
    expect(acceptor.of('3').map((reject) => [reject.tag(372), reject.tag(373)])).toEqual([['ZZ', '11']]);
  });

  it('a report without what must be in it is rejected, and is no news', async () => {
    const { acceptor, broker, pushes } = await setting();
    await broker.connect?.(soon());
    acceptor.send('8', { 37: 'o', 17: 'e', 150: 0, 11: 'x', 55: 'AAPL', 54: 1, 151: 0, 6: 0 });
    await acceptor.echo();
    expect(acceptor.of('3').map((reject) => [reject.tag(371), reject.tag(373)])).toEqual([['39', '1']]);
    expect(pushes).toEqual([{ type: 'gap' }]);
  });
});
