/**
 * The service in front of Restate does not know which host it serves: the same words, answers and events (E1, K5, B7, M1).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock.js';
import { restateHost } from '../../src/restate/index.js';
import { createService, type Service } from '../../src/service/index.js';
import { type Cluster, cluster, INGRESS, pause } from './cluster.js';
import { advisories, expectSound } from './story.js';

let running: Cluster | undefined;
let services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  services = [];
  await running?.close();
  running = undefined;
});

async function served(): Promise<Service> {
  const service = createService({
    accounts: [{ name: 'desk', host: restateHost({ ingressUrl: INGRESS }) }],
    clock: systemClock(),
    logger: false,
  });
  services.push(service);
  await service.open();
  return service;
}

type Json = Record<string, never> & { readonly [name: string]: Json };

async function call(
  { app }: Service,
  method: 'GET' | 'POST',
  url: string,
  body?: object,
): Promise<{ status: number; body: Json }> {
  const headers = { host: '127.0.0.1', ...(body !== undefined && { 'content-type': 'application/json' }) };
  const answer = await app.inject({
    method,
    url,
    headers,
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.json() as Json };
}

const [first, second, third, fourth] = advisories(4);

describe('fillchart serve in front of Restate', { timeout: 120_000 }, () => {
  it('E1 B7 M1 K2 K6: executes, shows, stops and releases; a service that is started anew shows the same', async () => {
    running = await cluster({ workers: 2 });
    const service = await served();
    expect(service.problems()).toEqual([]);
    const done = await call(service, 'POST', '/v1/executions?wait=result', first);
    expect(done).toMatchObject({
      status: 200,
      body: { status: 'FILLED', recorded: true, result: { status: 'FILLED' } },
    });
    const taken = await call(service, 'POST', '/v1/executions', second);
    expect(taken).toMatchObject({ status: 202, body: { recorded: true, group: 'in_flight' } });
    const again = await call(service, 'POST', '/v1/executions?wait=result', second);
    expect(again).toMatchObject({ status: 200, body: { result: { status: 'FILLED' } } });
    const other = await call(service, 'POST', '/v1/executions', { ...second, positionSize: '7' });
    expect(other).toMatchObject({ status: 409, body: { code: 'ADVISORY_CONFLICT' } });

    const set = { type: 'GLOBAL', reason: 'a person says stop', by: 'operator' };
    expect(await call(service, 'POST', '/v1/kill-switches', set)).toMatchObject({
      status: 200,
      body: { switch: { type: 'GLOBAL', state: 'ACTIVE' } },
    });
    expect(await call(service, 'POST', '/v1/executions?wait=result', third)).toMatchObject({
      body: { result: { status: 'REJECTED', refusedBy: { reason: 'a person says stop' } } },
    });
    const release = { type: 'GLOBAL', reason: 'done', by: 'operator' };
    expect(await call(service, 'POST', '/v1/kill-switches/release', release)).toMatchObject({ status: 200 });
    expect(await call(service, 'POST', '/v1/executions?wait=result&again=true', third)).toMatchObject({
      body: { result: { status: 'FILLED' } },
    });

    const swept = await call(service, 'POST', '/v1/sweep', {});
    expect(swept).toMatchObject({ status: 200, body: { reports: [{ account: 'desk', failures: [], cases: [] }] } });

    await pause(1_000);
    const shown = async (from: Service) => ({
      executions: (await call(from, 'GET', '/v1/executions')).body,
      positions: (await call(from, 'GET', '/v1/positions')).body,
      switches: (await call(from, 'GET', '/v1/kill-switches')).body,
      audit: (await call(from, 'GET', `/v1/executions/${first?.advisoryId}/audit`)).body,
      replay: (await call(from, 'GET', `/v1/executions/${first?.advisoryId}/replay`)).body,
    });
    const before = await shown(service);
    expect(before.executions['executions']).toHaveLength(3);
    expect(before.positions['positions']).toHaveLength(3);
    expect(before.replay['verdict']).toBe('equal');
    expect(await shown(await served())).toEqual(before);
    await expectSound(running, []);
  });

  it('M1 V7: a case is shown and resolved; without Restate it says so, and takes nothing', async () => {
    running = await cluster({ workers: 2 });
    const service = await served();
    await running.broker({ refusesExits: true });
    await call(service, 'POST', '/v1/executions?wait=result', fourth);
    const open = await call(service, 'GET', '/v1/cases');
    const [found] = open.body['cases'] as unknown as { caseId: string }[];
    expect(found).toBeDefined();
    const resolve = { by: 'operator', reason: 'looked at it' };
    const resolved = await call(service, 'POST', `/v1/cases/${found?.caseId}/resolve`, resolve);
    expect(resolved).toMatchObject({ status: 200, body: { isOpen: false } });
    running.killServer();
    await pause(7_000);
    expect(service.problems().join(' ')).toContain('restate has not answered');
    expect(await call(service, 'POST', '/v1/executions', advisories(1)[0])).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY' },
    });
    await running.startServer();
    await pause(4_000);
    expect(service.problems()).toEqual([]);
  });
});
