/** What counterparties ask for beyond the plain messages, said in the config: each as it stands on the wire, or refused by name. */
import { createHmac, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FixBrokerOptions, fixBroker } from 'fillchart/fix';
import { describe, expect, it, onTestFinished } from 'vitest';
import { order, ref, setting, soon } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

const instrument = { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' };
const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };

function answers(acceptor: ScriptedAcceptor): void {
  acceptor.script = (message) => {
    if (message.type === 'D') acceptor.accept(message);
    if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 17: 0, 151: 100 });
    if (message.type === 'F') acceptor.report(message, { 11: message.tag(11), 41: message.tag(41), 150: 4, 39: 4 });
  };
}

/** An entry, its exits, a question and a cancel. */
async function life(options: Partial<FixBrokerOptions>, side: 'buy' | 'sell' = 'buy'): Promise<ScriptedAcceptor> {
  const { acceptor, broker } = await setting(options);
  answers(acceptor);
  await broker.connect?.(soon());
  expect(await broker.submitOrder({ ...order(), side }, soon())).toMatchObject({ kind: 'accepted' });
  await broker.placeProtection({ ...exits, side: side === 'buy' ? 'sell' : 'buy' }, soon());
  await broker.getOrderStatus(ref(), soon());
  await broker.cancelOrder(ref(), soon());
  return acceptor;
}

const tags = (messages: readonly Message[], numbers: readonly number[]): readonly (readonly string[])[] =>
  messages.map((message) => numbers.map((number) => message.tag(number)));

describe('FIX fields of the options', () => {
  it.each(['FIX.4.2', 'FIX.4.4'] as const)('%s: by message, role and symbol, by name and number', async (version) => {
    const acceptor = await life({
      version,
      fields: {
        NewOrderSingle: { SecurityType: 'CS', HandlInst: '', 9001: 'desk 7' },
        F: { 5001: 'x' },
        entry: { LocateReqd: 'N' },
        exit: { ExecInst: '1' },
        header: { SenderLocationID: 'LDN' },
      },
      instruments: [{ ...instrument, fields: { D: { SecurityExchange: 'N' } } }],
    });
    expect(tags(acceptor.of('D'), [167, 21, 9001, 207, 114, 18, 142])).toEqual([
      ['CS', '', 'desk 7', 'N', 'N', '', 'LDN'],
      ['CS', '', 'desk 7', 'N', '', '1', 'LDN'],
      ['CS', '', 'desk 7', 'N', '', '1', 'LDN'],
    ]);
    expect(tags(acceptor.of('F'), [5001, 167, 142])).toEqual([['x', '', 'LDN']]);
    const [first] = acceptor.of('D');
    expect((first?.tags.indexOf(142) ?? 99) < (first?.tags.indexOf(11) ?? 0)).toBe(true);
  });

  it('SecurityID beside or instead of Symbol, on orders, questions and cancels', async () => {
    const isin = { ...instrument, securityId: 'US0378331005', securityIdSource: '4' };
    const beside = await life({ instruments: [isin] });
    const instead = await life({ instruments: [{ ...isin, sendsSymbol: false }] });
    for (const type of ['D', 'F', 'H']) {
      expect(tags(beside.of(type), [48, 22, 55])[0]).toEqual(['US0378331005', '4', 'AAPL']);
      expect(tags(instead.of(type), [48, 22, 55])[0]).toEqual(['US0378331005', '4', '']);
    }
  });

  it('TimeInForce of the entry, limit prices of the config, Side 5 of an entry that sells', async () => {
    const acceptor = await life(
      {
        entryTimeInForce: 'ioc',
        sellShort: true,
        instruments: [{ ...instrument, marketableLimit: { buy: '200', sell: '100' } }],
      },
      'sell',
    );
    expect(tags(acceptor.of('D'), [54, 40, 44, 59])).toEqual([
      ['5', '2', '100', '3'],
      ['1', '3', '', '1'],
      ['1', '2', '155.53', '1'],
    ]);
    expect([acceptor.of('F')[0]?.tag(54), acceptor.of('H')[0]?.tag(54)]).toEqual(['5', '5']);
  });

  it('OnBehalfOfCompID and DeliverToCompID are in the header of every message', async () => {
    const acceptor = await life({ onBehalfOfCompId: 'FUND', deliverToCompId: 'XNYS' });
    for (const type of ['A', 'D', 'F', 'H']) expect(tags(acceptor.of(type), [115, 128])[0]).toEqual(['FUND', 'XNYS']);
  });

  it.each(['FIX.4.2', 'FIX.4.4'] as const)('%s: Username, Password and NewPassword of the Logon', async (version) => {
    const { acceptor, broker } = await setting({
      version,
      username: 'me',
      password: 'old-secret',
      passwordField: 'Password',
      newPassword: 'new-secret',
    });
    await broker.connect?.(soon());
    expect(tags(acceptor.of('A'), [553, 554, 925])).toEqual([['me', 'old-secret', 'new-secret']]);
  });

  it('a signed Logon: HMAC over what stands in the message', async () => {
    const key = 'a-key';
    const { acceptor, broker } = await setting({
      signLogon: ({ sendingTime, msgType, msgSeqNum, senderCompId, targetCompId }) => {
        const text = [sendingTime, msgType, msgSeqNum, senderCompId, targetCompId].join('\x01');
        return { RawData: createHmac('sha256', key).update(text).digest('base64') };
      },
    });
    await broker.connect?.(soon());
    const [logon] = acceptor.of('A');
    const text = [52, 35, 34, 49, 56].map((tag) => logon?.tag(tag)).join('\x01');
    const expected = createHmac('sha256', key).update(text).digest('base64');
    expect([logon?.tag(96), logon?.tag(95)]).toEqual([expected, String(expected.length)]);
  });

  it('a signed Logon: Ed25519, each Logon anew', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { acceptor, broker, pushed, pushes } = await setting({
      signLogon: ({ msgType, senderCompId, targetCompId, msgSeqNum, sendingTime }) => {
        const text = [msgType, senderCompId, targetCompId, msgSeqNum, sendingTime].join('\x01');
        return { RawData: sign(null, Buffer.from(text), privateKey).toString('base64') };
      },
    });
    await broker.connect?.(soon());
    acceptor.cut();
    await pushed(() => pushes.length === 2);
    expect(acceptor.of('A')).toHaveLength(2);
    for (const logon of acceptor.of('A')) {
      const text = [35, 49, 56, 34, 52].map((tag) => logon.tag(tag)).join('\x01');
      expect(verify(null, Buffer.from(text), publicKey, Buffer.from(logon.tag(96), 'base64'))).toBe(true);
    }
  });

  it('a signature that cannot be made ends the try, with its cause, and not the process', async () => {
    const { broker } = await setting({
      signLogon: () => {
        throw new Error('the key is locked');
      },
    });
    await expect(broker.connect?.(soon())).rejects.toThrow('the key is locked');
  });

  const wrong: readonly (readonly [string, Partial<FixBrokerOptions>, RegExp])[] = [
    ['a misspelt field', { fields: { D: { SecurtyType: 'CS' } } }, /SecurtyType.*did you mean "SecurityType"/],
    ['a misspelt message', { fields: { NewOrderSinge: {} } }, /NewOrderSinge.*did you mean "NewOrderSingle"/],
    ['a value of another type', { fields: { D: { MaxFloor: 'ten' } } }, /MaxFloor.*a decimal/],
    ['a word that is none of the field', { fields: { D: { TimeInForce: 'Z' } } }, /TimeInForce.*0, 1, 2/],
    ['a whole number', { fields: { A: { MaxMessageSize: '1.5' } } }, /MaxMessageSize.*whole number/],
    ['yes or no', { fields: { D: { LocateReqd: 'yes' } } }, /LocateReqd.*Y or N/],
    ['what makes an order', { fields: { D: { OrderQty: '5' } } }, /OrderQty.*set by the adapter/],
    ['the same by number', { fields: { D: { 38: '5' } } }, /38.*set by the adapter/],
    ['a separator', { fields: { D: { Text: 'a\x0138=5' } } }, /Text.*printable ASCII/],
    ['a field of the Logon', { logon: { HeartBtInd: '5' } }, /HeartBtInd.*did you mean "HeartBtInt"/],
    ['a dictionary that is not there', { dictionary: '/nowhere/FIX44.xml' }, /nowhere.*cannot be used/],
  ];
  it.each(wrong)('%s is refused at the first connect, and nothing is sent', async (_, options, says) => {
    const { acceptor, broker } = await setting(options);
    await expect(broker.connect?.(soon())).rejects.toThrow(says);
    expect(acceptor.of('A')).toEqual([]);
  });

  const misspelt: readonly (readonly [string, object, RegExp])[] = [
    ['an option', { hartbeatSeconds: 5 }, /hartbeatSeconds; did you mean "heartbeatSeconds"/],
    ['an option of the exits', { exits: { oca: 'none' } }, /exits\.oca; did you mean "exits\.oco"/],
    [
      'an option of an instrument',
      { instruments: [{ ...instrument, securityID: 'x' }] },
      /securityID; did you mean "instruments\.securityId"/,
    ],
    ['SecurityID without a source', { instruments: [{ ...instrument, securityId: 'x' }] }, /securityIdSource/],
  ];
  it.each(misspelt)('E8 %s is refused by name', (_, options, says) => {
    const good = { host: 'h', port: 1, senderCompId: 'US', targetCompId: 'V', instruments: [instrument] };
    expect(() => fixBroker({ ...good, ...options })).toThrow(says);
  });

  it('a dictionary of the counterparty: its own fields are known by name, and checked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'venue.xml');
    const plain = readFileSync(join('node_modules', 'jspurefix', 'data', 'FIX44.xml'), 'utf8');
    const own = plain
      .replace('</fields>', '<field number="9001" name="DeskCode" type="INT"/></fields>')
      .replace(/(<message [^>]*msgtype="D"[^>]*>)/i, '$1<field name="DeskCode" required="N"/>');
    writeFileSync(path, own);
    const acceptor = await life({ dictionary: path, fields: { D: { DeskCode: '7' } } });
    expect(acceptor.of('D')[0]?.tag(9001)).toBe('7');
    const { broker } = await setting({ dictionary: path, fields: { D: { DeskCode: 'seven' } } });
    await expect(broker.connect?.(soon())).rejects.toThrow(/DeskCode.*whole number/);
  });
});

describe('FIX message log', () => {
  it('A2 every message, in and out, one a line, with its time; no credential in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const messageLog = join(folder, 'messages.log');
    const [password, raw] = ['hunter2-secret', 'swordfish-secret'];
    const acceptor = await life({
      messageLog,
      username: 'me',
      password,
      logon: { RawData: raw, NewPassword: 'third-secret' },
    });
    const lines = readFileSync(messageLog, 'utf8').trimEnd().split('\n');
    expect(
      lines.every((line) => /^\d{8}-\d\d:\d\d:\d\d\.\d{3} (IN |OUT) 8=FIX\.4\.4\|9=\d+\|35=.*\|10=\d{3}\|$/.test(line)),
    ).toBe(true);
    expect(lines.filter((line) => line.includes(' OUT ')).length).toBe(acceptor.received.length);
    expect(lines.some((line) => /IN .*\|35=8\|/.test(line))).toBe(true);
    expect(lines[0]).toMatch(/\|553=me\|.*554=\*\*\*\|/);
    expect(lines.join()).not.toMatch(/hunter2|swordfish|third-secret/);
  });

  it('a log that cannot be written stops no order, and is told once', async () => {
    const { acceptor, broker, warnings } = await setting({
      messageLog: () => {
        throw new Error('disk full');
      },
    });
    answers(acceptor);
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    expect(warnings.filter((warning) => warning.includes('disk full'))).toHaveLength(1);
  });
});
