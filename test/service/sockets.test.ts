/**
 * What only sockets show: TLS by files, a proxy under a path, callers who go away, who send slowly, or who send no HTTP.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryJournal, systemClock } from 'fillchart/adapters';
import { createClient } from 'fillchart/client';
import { createService, type Service, type ServiceOptions } from 'fillchart/service';
import { type FaultBroker, faultBroker } from 'fillchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { processWorld } from '../../src/cli/process-world.js';
import { serveSettings } from '../../src/cli/serve/settings.js';
import { ADVISORY } from './service.support.js';

const services: Service[] = [];
const servers: Server[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await Promise.all(services.splice(0).map((service) => service.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const BODY = { ...ADVISORY, expirationTimestamp: '2099-01-01T00:00:00Z' };

async function served(options: Partial<ServiceOptions> = {}, fillAt = 20) {
  const clock = systemClock();
  const broker: FaultBroker = faultBroker({
    clock,
    script: { fills: [{ at: fillAt, quantity: '100', price: '151' }] },
    openOrders: true,
  });
  const service = createService({
    accounts: [{ name: 'paper', broker, journal: memoryJournal() }],
    logger: false,
    ...options,
  });
  services.push(service);
  const url = (await service.listen()).replace(/\/$/, '');
  await service.ready();
  return { service, broker, url, port: Number(new URL(url).port) };
}

/** What comes back for these bytes, until the other side ends. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => undefined);
    socket.write(bytes);
  });
}

const problemIn = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

const ADVISORY_TEXT = '{"advisoryId":"ADV-1"}';
const post = (...headers: readonly string[]): string =>
  [
    'POST /v1/executions HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    `Content-Length: ${ADVISORY_TEXT.length}`,
    ...headers,
    '',
    ADVISORY_TEXT,
  ].join('\r\n');

describe('requests that two readers could understand in two ways', () => {
  it.each([
    ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 400],
    [
      'an address of another host',
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['two tokens', post('Content-Type: application/json', 'Authorization: Bearer a', 'Authorization: Bearer b'), 400],
    ['two types', post('Content-Type: application/json', 'Content-Type: text/plain'), 400],
    ['a packed body', post('Content-Type: application/json', 'Content-Encoding: gzip'), 415],
    ['another charset', post('Content-Type: application/json; charset=utf-16'), 415],
  ])('%s: refused', async (_name, bytes, status) => {
    const { port } = await served();
    const answer = await raw(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(problemIn(answer)).toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
  });

  it('one reading goes through: UTF-8 by its name, an address with the same host', async () => {
    const { port } = await served();
    expect(await raw(port, post('Content-Type: application/json; charset="UTF-8"'))).toMatch(/^HTTP\/1.1 422 /);
    const own = 'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    expect(await raw(port, own)).toMatch(/^HTTP\/1.1 200 /);
  });
});

it('a health check in HTTP/1.0, which names no host, is answered; a page of elsewhere whose name leads here is not', async () => {
  const { port } = await served();
  expect(await raw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  const rebound = 'GET /v1/executions HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  expect(await raw(port, rebound)).toMatch(/^HTTP\/1.1 403 /);
});

describe('requests that are none', () => {
  it.each([
    ['no HTTP at all', 'hello there\r\n\r\n', 400],
    ['headers without an end', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      400,
    ],
  ])('%s: answered in the shape of every refusal, and the connection ends', async (_name, bytes, status) => {
    const { port } = await served();
    const answer = await raw(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(problemIn(answer)).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(/\.$/) });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });
});

describe('callers who go away', () => {
  it('A4: the execution of a caller who waited goes on; whoever asks later gets its result', async () => {
    const { url, broker, service } = await served({}, 400);
    const control = new AbortController();
    const waiting = fetch(`${url}/v1/executions?wait=result`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(BODY),
      signal: control.signal,
    });
    while (broker.count('submitOrder') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    control.abort();
    await expect(waiting).rejects.toThrow();
    const client = createClient({ baseUrl: url });
    const { result } = await client.getExecution({
      params: { advisoryId: BODY.advisoryId },
      query: { wait: 'result' },
    });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(broker.count('submitOrder')).toBe(1);
    await expect.poll(() => service.app.server.listening).toBe(true);
  });

  it('one who sends the body byte by byte holds up nobody', async () => {
    const { port, url } = await served();
    const slow = connect(port, '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write(
      'POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{',
    );
    const begun = performance.now();
    for (let count = 0; count < 20; count += 1) expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(10_000);
    slow.destroy();
  });
});

/** A proxy that hands everything on, with the name that it was called by. */
async function proxy(port: number): Promise<number> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = httpRequest({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
    outgoing.once('close', () => onward.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('behind a proxy, under a path', () => {
  it('console, interface, calls and events are under the path, and nowhere else', async () => {
    const { port } = await served({ basePath: '/fillchart', hosts: ['controls.example'] });
    const base = `http://127.0.0.1:${await proxy(port)}`;
    const page = await fetch(`${base}/fillchart`);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/fillchart/']);
    expect((await fetch(`${base}/v1/executions`)).status).toBe(404);
    const document = (await (await fetch(`${base}/fillchart/openapi.json`)).json()) as { servers: unknown };
    expect(document.servers).toEqual([{ url: '/fillchart' }]);
    const client = createClient({ baseUrl: `${base}/fillchart` });
    const control = new AbortController();
    const events = client.events({ signal: control.signal });
    expect((await events.next()).value).toMatchObject({ event: 'hello' });
    const { result } = await client.submitExecution({ body: BODY, query: { wait: 'result' } });
    expect(result?.status).toBe('FILLED');
    expect((await events.next()).value).toMatchObject({ event: 'audit' });
    control.abort();
  });
});

describe('TLS by files', () => {
  it('the config names certificate and key; a caller who trusts them gets through, plain HTTP does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-serve-tls-'));
    folders.push(folder);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const kind = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    const file = join(folder, 'fillchart.json');
    const account = { name: 'paper', broker: 'paper', journal: 'memory' };
    writeFileSync(
      file,
      JSON.stringify({ port: 0, accounts: [account], tls: { certFile: 'cert.pem', keyFile: 'key.pem' } }),
    );
    const { service: settings } = await serveSettings({ config: file }, processWorld());
    const service = createService({ ...settings, logger: false });
    services.push(service);
    const url = await service.listen();
    expect(url).toMatch(/^https:/);
    const port = Number(new URL(url).port);
    const answer = await new Promise<{ status?: number; policy?: string }>((resolve, reject) => {
      const ca = readFileSync(cert);
      httpsRequest({ host: '127.0.0.1', port, path: '/healthz', ca }, ({ statusCode, headers }) =>
        resolve({ status: statusCode ?? 0, policy: headers['strict-transport-security'] ?? '' }),
      )
        .once('error', reject)
        .end();
    });
    expect(answer).toEqual({ status: 200, policy: 'max-age=31536000' });
    await expect(fetch(`https://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });
});
