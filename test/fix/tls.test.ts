/** TLS: a certificate is verified, by name and by who signed it, and nothing turns that off. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FixBrokerOptions, type FixTls, fixBroker } from 'fillchart/fix';
import { describe, expect, it, onTestFinished } from 'vitest';
import { order, setting, soon } from './fix.support.js';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that signs itself, made for the test. `undefined` without openssl. */
function selfSigned(name: string): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=venue', '-addext', `subjectAltName=${name}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ours = selfSigned('IP:127.0.0.1');
const others = selfSigned('DNS:elsewhere.example');
const hint = 'openssl is not here: no certificate could be made';

const over = (certificate: Certificate | undefined, tls: FixBrokerOptions['tls']) =>
  setting(
    { logonTimeoutMs: 1_000, ...(tls !== undefined && { tls }) },
    certificate === undefined ? {} : { tls: certificate },
  );

describe.runIf(ours !== undefined && others !== undefined)(`TLS (or else: ${hint})`, () => {
  it('an order goes over a connection whose certificate is trusted', async () => {
    const { acceptor, broker } = await over(ours, { ca: ours?.cert ?? '' });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    expect((await broker.describe?.(soon()))?.facts).toMatchObject({ encryption: 'TLS' });
  });

  it('a certificate that nobody trusted has signed ends the connection, in clear words', async () => {
    const { acceptor, broker, warnings } = await over(ours, true);
    await expect(broker.connect?.(soon())).rejects.toThrow(
      /no session with VENUE: the certificate of 127\.0\.0\.1 does not verify \(DEPTH_ZERO_SELF_SIGNED_CERT\); .*tls\.ca/,
    );
    expect(warnings.join()).toContain('does not verify');
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'not_sent' });
    expect(acceptor.received).toEqual([]);
  });

  it('a trusted certificate of another name ends the connection', async () => {
    const { acceptor, broker } = await over(others, { ca: others?.cert ?? '' });
    await expect(broker.connect?.(soon())).rejects.toThrow('does not verify (ERR_TLS_CERT_ALTNAME_INVALID)');
    expect(acceptor.received).toEqual([]);
  });

  it('the environment does not turn verification off', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    onTestFinished(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    const { acceptor, broker } = await over(ours, true);
    await expect(broker.connect?.(soon())).rejects.toThrow('does not verify');
    expect(acceptor.received).toEqual([]);
  });

  it('plain TCP against TLS, and the other way round, comes to no session', async () => {
    for (const { broker, acceptor } of [await over(ours, undefined), await over(undefined, true)]) {
      await expect(broker.connect?.(soon())).rejects.toThrow('no session with VENUE');
      expect(acceptor.logons).toBe(0);
    }
  });
});

describe('TLS options', () => {
  const options = { host: 'h', port: 1, senderCompId: 'US', targetCompId: 'V', instruments: [] };

  it.each(['rejectUnauthorized', 'checkServerIdentity'])('%s is refused by name', (name) => {
    const tls = { [name]: name === 'rejectUnauthorized' ? false : () => undefined } as FixTls;
    expect(() => fixBroker({ ...options, tls })).toThrow(`tls.${name} is set; accepted is nothing`);
  });

  it.each([
    ['says nothing to what is no FIX', (_socket: Socket) => undefined],
    ['hangs up on what is no FIX', (socket: Socket) => socket.once('data', () => socket.end())],
  ])('B18: TLS against a plain port that %s: the likely cause is said', async (_, act) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.resume();
      act(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const warnings: string[] = [];
    const broker = fixBroker({
      ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: true, logonTimeoutMs: 300 },
      ...{ senderCompId: 'US', targetCompId: 'VENUE', warn: (message: string) => void warnings.push(message) },
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    });
    await expect(broker.connect?.(soon())).rejects.toThrow(
      /the counterparty may not speak TLS at this port; leave out the option tls/,
    );
    expect(warnings.join()).toContain('may not speak TLS');
    await broker.close?.();
    server.close();
  });

  it('a key that cannot be used is refused before anything is connected, and is not shown', () => {
    const tls = { cert: 'no certificate', key: 'hunter2-key', passphrase: 'hunter2-phrase' };
    expect(() => fixBroker({ ...options, tls })).toThrow(/^tls is not usable \((?!.*hunter2).*\); accepted is/);
  });
});
