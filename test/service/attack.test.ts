/**
 * Requests that nobody should send: each is answered in the same shape, names field, value and what is accepted, and leaves
 * nothing behind.
 */
import { newToken, tokenHash, tokenList } from 'fillchart/service';
import { describe, expect, it } from 'vitest';
import { type OperationId, type RouteShape, routes } from '../../src/service/api/routes.js';
import { ROLES } from '../../src/service/api/system.js';
import { ADVISORY, advisory, desk, FILLS, submitsOf } from './service.support.js';

const all = Object.entries(routes) as [OperationId, RouteShape][];
const pathOf = ({ path }: RouteShape): string => path.replace(':advisoryId', 'ADV-A').replace(':caseId', 'case-1');

describe('roles', () => {
  const held = ROLES.map((role) => ({ role, token: newToken() }));
  const tokens = tokenList(held.map(({ role, token }) => ({ name: role, role, hash: tokenHash(token) })));

  it('every route refuses whoever has no token, and every role below its own; its own role gets through', async () => {
    const { get, post } = await desk({ options: { tokens } });
    for (const [operation, route] of all) {
      const call = (headers: Record<string, string>) =>
        route.method === 'GET' ? get(pathOf(route), headers) : post(pathOf(route), {}, headers);
      // A listener does not end.
      if (operation === 'streamEvents') continue;
      const anybody = await call({});
      expect(anybody.status === 401, operation).toBe(route.role !== 'public');
      for (const { role, token } of held) {
        const { status, body } = await call({ authorization: `Bearer ${token}` });
        const isAllowed = route.role === 'public' || ROLES.indexOf(role) >= ROLES.indexOf(route.role);
        expect(status === 403, `${operation} as ${role}`).toBe(!isAllowed);
        if (!isAllowed) expect(body).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(role) });
      }
    }
  });
});

describe('the shape of a refusal', () => {
  it.each([
    ['an address that cannot be decoded', '/v1/executions/%E0%A4%A', 400, 'INVALID_REQUEST'],
    ['a way out of the folder', '/%2e%2e%2f%2e%2e%2fetc/passwd', 404, 'NOT_FOUND'],
    ['another way out', '/console/..%2f..%2fpackage.json', 404, 'NOT_FOUND'],
    ['an id of control characters', '/v1/executions/%00', 404, 'UNKNOWN_EXECUTION'],
    ['another spelling of the path', '/V1/executions', 404, 'NOT_FOUND'],
    ['an account that is not there', '/v1/positions?account=nope', 404, 'UNKNOWN_ACCOUNT'],
    ['two values for one', '/v1/executions?limit=1&limit=2', 400, 'INVALID_REQUEST'],
    ['a number in another spelling', '/v1/executions?limit=1e2', 400, 'INVALID_REQUEST'],
  ])('%s', async (_name, path, status, code) => {
    const { get } = await desk();
    const answer = await get(path);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.body['message']).toMatch(/\.$/);
    expect(answer.body['requestId']).toBe(answer.headers['x-request-id']);
  });

  it('names field, value and what is accepted', async () => {
    const { get, post, service } = await desk({ options: { bodyBytes: 2_048 } });
    const target = await post('/v1/kill-switches', { type: 'GLOBAL', target: 'AAPL', reason: 'x' });
    expect(target.body).toMatchObject({ code: 'INVALID_KILL_SWITCH', field: 'target' });
    expect(target.body['message']).toMatch(/"AAPL"; accepted is/);
    const blank = await post('/v1/kill-switches', { type: 'GLOBAL', reason: '  ' });
    expect(blank.body).toMatchObject({ code: 'INVALID_KILL_SWITCH', field: 'reason' });
    const large = await post('/v1/executions', { ...ADVISORY, htfBias: 'x'.repeat(4_000) });
    expect(large.body['message']).toContain('2048 bytes');
    const { statusCode, body } = await service.app.inject({
      method: 'POST',
      url: '/v1/executions',
      headers: { 'content-type': 'application/json' },
      payload: Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]),
    });
    expect([statusCode, JSON.parse(body)]).toEqual([
      400,
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining('UTF-8') }),
    ]);
    expect((await get('/v1/kill-switches')).body['switches']).toEqual([]);
  });

  it('a method that is not there is 405 and says which are; HEAD is answered as GET, without a body', async () => {
    const { service, get } = await desk();
    const ask = (method: 'HEAD' | 'PUT' | 'DELETE' | 'OPTIONS', url: string) => service.app.inject({ method, url });
    for (const method of ['PUT', 'DELETE', 'OPTIONS'] as const) {
      const { statusCode, headers } = await ask(method, '/v1/executions');
      expect([statusCode, headers['allow']], method).toEqual([405, 'GET, HEAD, POST']);
    }
    for (const path of ['/', '/v1/executions', '/healthz', '/metrics', '/v1/events']) {
      const { statusCode, body } = await ask('HEAD', path);
      expect([statusCode, body], path).toEqual([200, '']);
    }
    expect((await get('/v1/executions/ADV-A/life/more')).status).toBe(404);
  });
});

describe('cursors', () => {
  it('one that was changed, made up, or taken from another list or filter is refused', async () => {
    const { post, get } = await desk({ accounts: { paper: FILLS } });
    for (let count = 0; count < 3; count += 1) await post('/v1/executions', advisory(`ADV-${count}`));
    const { body } = await get('/v1/executions?limit=1');
    const cursor = String(body['nextCursor']);
    expect((await get(`/v1/executions?limit=1&cursor=${cursor}`)).status).toBe(200);
    const made = Buffer.from('c2:000000000000:2026').toString('base64url');
    for (const path of [
      `/v1/positions?cursor=${cursor}`,
      `/v1/executions?order=asc&cursor=${cursor}`,
      `/v1/executions?symbol=AAPL&cursor=${cursor}`,
      `/v1/executions?cursor=${made}`,
      '/v1/executions?cursor=%F0%9F%98%80',
    ]) {
      const answer = await get(path);
      expect([answer.status, answer.body['field']], path).toEqual([400, 'cursor']);
    }
  });
});

describe('advisories', () => {
  it('E1: the same one, sent twenty times at once, is one order, and each caller gets the same execution', async () => {
    const { post, brokers } = await desk({ accounts: { paper: FILLS } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('/v1/executions?wait=result', { ...ADVISORY })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(submitsOf(brokers['paper'])).toBe(1);
  });

  it('two different ones under one id at once: one is executed, the other is 409', async () => {
    const { post, brokers } = await desk({ accounts: { paper: FILLS } });
    const answers = await Promise.all([
      post('/v1/executions', ADVISORY),
      post('/v1/executions', { ...ADVISORY, positionSize: '101' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(submitsOf(brokers['paper'])).toBeLessThanOrEqual(1);
  });

  it.each(['ADV 1', 'ÄÖ-é', '💣', 'a/b?c#d', "x'; drop table", '__proto__', 'constructor'])(
    'the id %j is an id like any other',
    async (advisoryId) => {
      const { post, get } = await desk({ accounts: { paper: FILLS } });
      const taken = await post('/v1/executions?wait=result', { ...ADVISORY, advisoryId });
      expect([taken.status, taken.body['advisoryId']]).toEqual([200, advisoryId]);
      for (const part of ['', '/audit', '/life', '/replay']) {
        const { status, text } = await get(`/v1/executions/${encodeURIComponent(advisoryId)}${part}`);
        expect([
          status,
          text.includes('execution_start') || text.includes(JSON.stringify(advisoryId).slice(1, -1)),
        ]).toEqual([200, true]);
      }
    },
  );
});
