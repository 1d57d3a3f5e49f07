/**
 * Who may do what, and where requests may come from.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryJournal } from 'fillchart/adapters';
import { createService, newToken, tokenFile, tokenHash, tokenList } from 'fillchart/service';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, desk, FILLS } from './service.support.js';

const [VIEWER, TRADER, OPERATOR, SECOND] = [newToken(), newToken(), newToken(), newToken()];
const tokens = tokenList([
  { name: 'vera', role: 'viewer', hash: tokenHash(VIEWER) },
  { name: 'tom', role: 'trader', hash: tokenHash(TRADER) },
  { name: 'olga', role: 'operator', hash: tokenHash(OPERATOR) },
  { name: 'otto', role: 'operator', hash: tokenHash(SECOND) },
]);
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const guarded = () => desk({ accounts: { paper: FILLS }, options: { tokens } });
const GLOBAL = { type: 'GLOBAL', reason: 'a drill' };

describe('roles', () => {
  it('nobody without a token, but for health, readiness and the interface', async () => {
    const { get, post } = await guarded();
    for (const path of ['/v1/executions', '/v1/session', '/metrics', '/v1/events', '/v1/access']) {
      const { status, body, headers } = await get(path);
      expect(status, path).toBe(401);
      expect(body, path).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(headers['www-authenticate']).toContain('Bearer');
    }
    expect((await post('/v1/executions', ADVISORY, as(newToken()))).status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/'])
      expect((await get(path)).status).toBe(200);
    expect((await get('/readyz')).body['accounts']).toEqual([]);
    expect((await get('/readyz', as(VIEWER))).body['accounts']).toHaveLength(1);
  });

  it('a viewer looks; a trader submits and stops; only an operator releases, resolves, sweeps and reads who did what', async () => {
    const { get, post } = await guarded();
    expect((await get('/v1/executions', as(VIEWER))).status).toBe(200);
    expect((await post('/v1/executions', ADVISORY, as(VIEWER))).status).toBe(403);
    expect((await post('/v1/kill-switches', GLOBAL, as(VIEWER))).status).toBe(403);
    expect((await post('/v1/executions', ADVISORY, as(TRADER))).status).toBe(202);
    expect((await post('/v1/kill-switches', GLOBAL, as(TRADER))).status).toBe(200);
    expect((await post('/v1/kill-switches/release', GLOBAL, as(TRADER))).status).toBe(403);
    expect((await post('/v1/cases/case-1/resolve', { reason: 'x' }, as(TRADER))).status).toBe(403);
    expect((await post('/v1/cases/resolve', { reason: 'x', all: true }, as(TRADER))).status).toBe(403);
    expect((await post('/v1/sweep', {}, as(TRADER))).status).toBe(403);
    expect((await get('/v1/access', as(TRADER))).status).toBe(403);
    expect((await post('/v1/kill-switches/release', GLOBAL, as(OPERATOR))).status).toBe(200);
  });

  it.each(['WARNING', 'OFF'])('K6: a trader cannot let go by setting %s', async (state) => {
    const { get, post } = await guarded();
    await post('/v1/kill-switches', GLOBAL, as(TRADER));
    const { status, body } = await post('/v1/kill-switches', { ...GLOBAL, state }, as(TRADER));
    expect([status, body['code']]).toEqual([403, 'FORBIDDEN']);
    const { body: list } = await get('/v1/kill-switches', as(VIEWER));
    expect(list['switches']).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'tom' }]);
  });

  it('who did it is whom the token is for, whatever the body says; the access log has it', async () => {
    const { get, post } = await guarded();
    await post('/v1/kill-switches', { ...GLOBAL, by: 'somebody else' }, as(TRADER));
    const { body } = await get('/v1/kill-switches/history', as(VIEWER));
    expect(body['changes']).toMatchObject([{ by: 'tom', reason: 'a drill', state: 'ACTIVE' }]);
    const { body: access } = await get('/v1/access', as(OPERATOR));
    expect(access['entries']).toMatchObject([
      { by: 'tom', role: 'trader', action: 'setSwitch', outcome: 200, about: { type: 'GLOBAL', reason: 'a drill' } },
    ]);
  });

  it('releasing GLOBAL takes two people where that is asked for, and not the same one twice', async () => {
    const { get, post } = await desk({ options: { tokens, twoPersonRelease: true } });
    await post('/v1/kill-switches', GLOBAL, as(TRADER));
    const release = (token: string) => post('/v1/kill-switches/release', { type: 'GLOBAL', reason: 'over' }, as(token));
    const first = await release(OPERATOR);
    expect(first.status).toBe(202);
    expect(first.body['pending']).toMatchObject({ by: 'olga' });
    expect((await release(OPERATOR)).body).toMatchObject({ code: 'SECOND_PERSON_NEEDED' });
    const lowered = await post('/v1/kill-switches', { ...GLOBAL, state: 'WARNING' }, as(OPERATOR));
    expect(lowered.status).toBe(409);
    const { body } = await get('/v1/kill-switches', as(VIEWER));
    expect(body).toMatchObject({
      twoPersonRelease: true,
      switches: [{ state: 'ACTIVE' }],
      pendingReleases: [{ by: 'olga' }],
    });
    const second = await release(SECOND);
    expect(second.status).toBe(200);
    expect(second.body['change']).toMatchObject({ state: 'OFF', by: 'olga and otto' });
  });

  it('a token’s rate is bounded, and a kill switch is never refused for it', async () => {
    const { get, post } = await desk({ options: { tokens, requestsPerSecond: 1 } });
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await get('/v1/session', as(TRADER))).status);
    expect(statuses).toEqual([200, 200, 429, 429, 429]);
    expect((await get('/v1/session', as(TRADER))).headers['retry-after']).toBe('1');
    expect((await get('/v1/session', as(VIEWER))).status).toBe(200);
    expect((await post('/v1/kill-switches', GLOBAL, as(TRADER))).status).toBe(200);
  });

  it('tokens come and go without a restart; a file that cannot be read leaves them as they were', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-tokens-'));
    try {
      const path = join(folder, 'tokens.json');
      const write = (text: string, second: number) => {
        writeFileSync(path, text);
        utimesSync(path, second, second);
      };
      const listOf = (...all: string[]) =>
        JSON.stringify({
          tokens: all.map((token, index) => ({ name: `t${index}`, role: 'viewer', hash: tokenHash(token) })),
        });
      write(listOf(VIEWER), 1);
      const warnings: string[] = [];
      let now = 0;
      const file = tokenFile(path, { ...virtualClock(), monotonic: () => now }, (sentence) => warnings.push(sentence));
      expect([file.find(VIEWER)?.name, file.find(TRADER)?.name]).toEqual(['t0', undefined]);
      write(listOf(TRADER), 2);
      now += 1_000;
      expect([file.find(VIEWER)?.name, file.find(TRADER)?.name]).toEqual([undefined, 't0']);
      write('{', 3);
      now += 1_000;
      expect(file.find(TRADER)?.name).toBe('t0');
      expect(warnings).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('where requests come from', () => {
  it('a name that is not ours gets nothing, on loopback too (DNS rebinding)', async () => {
    const { get } = await desk();
    const { status, body } = await get('/v1/executions', { host: 'evil.example' });
    expect([status, body['code']]).toEqual([403, 'FORBIDDEN']);
    expect((await get('/v1/executions', { host: '127.0.0.1:8090' })).status).toBe(200);
  });

  it('a page of elsewhere cannot post, and is allowed nothing across origins', async () => {
    const { post } = await desk();
    const evil = await post('/v1/kill-switches', GLOBAL, { origin: 'https://evil.example' });
    expect(evil.status).toBe(403);
    expect(evil.headers['access-control-allow-origin']).toBeUndefined();
    expect((await post('/v1/kill-switches', GLOBAL, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(
      (await post('/v1/kill-switches', GLOBAL, { origin: 'http://localhost:80', host: 'localhost:80' })).status,
    ).toBe(403);
    expect((await post('/v1/kill-switches', GLOBAL, { origin: 'http://localhost', host: 'localhost' })).status).toBe(
      200,
    );
  });

  it('an origin that is named may', async () => {
    const { post } = await desk({ options: { corsOrigins: ['https://controls.example'] } });
    const { status, headers } = await post('/v1/kill-switches', GLOBAL, { origin: 'https://controls.example' });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('https://controls.example');
  });

  it('an origin that is named may send a token and JSON: its browser asks first; no other gets that answer', async () => {
    const { service, clock } = await desk({ options: { corsOrigins: ['https://controls.example'] } });
    const ask = (origin: string) =>
      clock.runUntil(
        Promise.resolve(
          service.app.inject({
            method: 'OPTIONS',
            url: '/v1/kill-switches',
            headers: { origin, 'access-control-request-method': 'POST', 'sec-fetch-site': 'cross-site' },
          }),
        ),
      );
    const { statusCode, headers } = await ask('https://controls.example');
    expect([statusCode, headers['access-control-allow-origin']]).toEqual([204, 'https://controls.example']);
    expect(headers['access-control-allow-headers']).toContain('Authorization, Content-Type');
    const evil = await ask('https://evil.example');
    expect([evil.statusCode, evil.headers['access-control-allow-headers']]).toEqual([403, undefined]);
  });

  it('the page of the interface has the style that its policy names', async () => {
    const { get } = await desk();
    const { text, headers } = await get('/docs');
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`style-src 'self' 'sha256-${hash}'`);
  });

  it('a form of another page cannot post: the body must be JSON', async () => {
    const { service } = await desk();
    const headers = { 'content-type': 'text/plain' };
    const { statusCode, body } = await service.app.inject({
      method: 'POST',
      url: '/v1/kill-switches',
      headers,
      payload: JSON.stringify(GLOBAL),
    });
    expect(statusCode).toBe(415);
    expect(JSON.parse(body)).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('every answer has a strict policy and a request id', async () => {
    const { get } = await desk();
    for (const path of ['/', '/v1/executions', '/nothing', '/docs']) {
      const { headers } = await get(path, { 'x-request-id': 'mine-1' });
      expect(String(headers['content-security-policy']), path).toContain("default-src 'none'");
      expect(String(headers['content-security-policy']), path).not.toContain('unsafe');
      expect(headers['x-content-type-options'], path).toBe('nosniff');
      expect(headers['x-request-id'], path).toBe('mine-1');
    }
  });

  it('a body beyond the limit is 413, and a method that is not there 405', async () => {
    const { post, get } = await desk({ options: { bodyBytes: 2_048 } });
    const large = await post('/v1/executions', { ...ADVISORY, htfBias: 'x'.repeat(4_000) });
    expect([large.status, large.body['code']]).toEqual([413, 'BODY_TOO_LARGE']);
    const wrong = await get('/v1/sweep');
    expect([wrong.status, wrong.body['code']]).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });
});

describe('what is not safe does not start', () => {
  const account = { name: 'paper', broker: faultBroker({ clock: virtualClock() }) };

  it.each([
    ['another address without tokens', { host: '0.0.0.0' }, /no tokens/],
    ['two people without tokens', { twoPersonRelease: true }, /tell two people apart/],
    ['an option that is not known', { prot: 1 }, /did you mean "port"/],
    [
      'two accounts of one name',
      { accounts: [account, account], killSwitchJournal: memoryJournal() },
      /name of its own/,
    ],
    [
      'two accounts whose switches are kept nowhere',
      { accounts: [account, { ...account, name: 'b' }] },
      /killSwitchJournal/,
    ],
    ['no account', { accounts: [] }, /at least one/],
  ])('%s', (_name, differs, says) => {
    expect(() => createService({ accounts: [account], logger: false, ...differs })).toThrow(says);
  });

  it('another address with tokens does', () => {
    expect(() => createService({ accounts: [account], logger: false, host: '0.0.0.0', tokens })).not.toThrow();
  });
});
