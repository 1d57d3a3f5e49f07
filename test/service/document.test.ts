/**
 * One table of routes: the OpenAPI document, the client and the page of curl lines say the same.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createClient } from 'fillchart/client';
import { openApi } from 'fillchart/service';
import { describe, expect, it } from 'vitest';
import { reasons } from '../../src/domain/reasons.js';
import { type OperationId, type RouteShape, routes } from '../../src/service/api/routes.js';

const all = Object.entries(routes) as [OperationId, RouteShape][];
const DOCUMENT = openApi({ version: '0.0.0-test', basePath: '/fillchart' });

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 to somebody else’s validator, which finds a broken one', async () => {
    const validator = new Validator();
    const copy = (): Record<string, unknown> => JSON.parse(JSON.stringify(DOCUMENT)) as Record<string, unknown>;
    expect(await validator.validate(copy())).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    const broken = copy();
    broken['paths'] = { '/x': { get: { responses: { 200: {} } } } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('has every route, and refers to nothing that is not there', () => {
    const { paths, components } = DOCUMENT as unknown as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
      readonly components: { readonly schemas: object };
    };
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
    expect(operations.sort()).toEqual(all.map(([id]) => id).sort());
    const referred = [...JSON.stringify(DOCUMENT).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(referred.length).toBeGreaterThan(30);
    for (const name of referred) expect(Object.keys(components.schemas)).toContain(name);
  });
});

describe('the client', () => {
  it.each(all.filter(([id]) => id !== 'streamEvents'))('%s sends what the route takes', async (id, route) => {
    const seen: { readonly url: string; readonly method: unknown; readonly body: unknown }[] = [];
    const answer = async (url: unknown, request?: { method?: unknown; body?: unknown }) => {
      seen.push({ url: String(url), method: request?.method, body: request?.body });
      return new Response('{}', { headers: { 'content-type': 'application/json' } });
    };
    const client = createClient({ baseUrl: 'http://service.example/base/', fetch: answer as unknown as typeof fetch });
    const call = client[id as Exclude<OperationId, 'streamEvents'>] as (input: object) => Promise<unknown>;
    await call({ params: { advisoryId: 'a/b', caseId: 'a/b' }, body: { a: 1 }, query: {} });
    const path = route.path.replaceAll(/:\w+/g, 'a%2Fb');
    expect(seen).toMatchObject([{ url: `http://service.example/base${path}`, method: route.method }]);
  });
});

describe('ids in a path', () => {
  it.each(['', '.', '..'])('the client asks for nothing else in the place of %j', async (advisoryId) => {
    const ask = () => Promise.reject(new Error('it was sent'));
    const client = createClient({ baseUrl: 'http://service.example', fetch: ask, retryForMs: 0 });
    await expect(client.getExecution({ params: { advisoryId } })).rejects.toThrow(
      `advisoryId is ${JSON.stringify(advisoryId)}, which cannot stand in a path.`,
    );
  });
});

describe('options of the client', () => {
  const baseUrl = 'http://127.0.0.1:8090';
  const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
    [{ baseUrl: 'nope' }, /^baseUrl of createClient is "nope"; accepted is an address such as/],
    [{ baseUrl: 'ftp://x' }, /^baseUrl of createClient is "ftp:\/\/x"; accepted/],
    [{}, /^baseUrl of createClient is missing; accepted/],
    [{ baseUrl, retryFor: 1 }, /^createClient has no option retryFor; known are baseUrl, token, retryForMs, fetch\.$/],
    [{ baseUrl, retryForMs: -1 }, /^retryForMs of createClient is -1; accepted is a number of ms, 0 or more\.$/],
    [{ baseUrl, token: 12345 }, /^token of createClient is number; accepted is a text\.$/],
    [null, /^The options of createClient are null; accepted is an object with baseUrl\.$/],
  ];

  it.each(wrong)('E8: %j are refused in a sentence', (options, says) => {
    expect(() => createClient(options as never)).toThrow(says);
  });
});

describe('docs/service.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/service.md', import.meta.url)), 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('curl '));

  it.each(all)('has a curl line for %s', (_id, { method, path }) => {
    const pattern = new RegExp(`:8090${path.replaceAll(/:\w+/g, '[^/?\\s]+')}(?:[?'\\s]|$)`);
    const own = lines.filter((line) => pattern.test(line));
    expect(own.some((line) => line.includes('-X POST') === (method === 'POST'))).toBe(true);
  });
});

describe('codes', () => {
  it('every code that a route names in its answers is one of the registry', () => {
    const named = all.flatMap(([, { answers }]) =>
      Object.values(answers).flatMap(({ description }) =>
        [...description.matchAll(/`([A-Z_]{6,})`/g)].map(([, code]) => code),
      ),
    );
    expect(named.length).toBeGreaterThan(3);
    for (const code of named) expect(Object.keys(reasons)).toContain(code);
  });
});
