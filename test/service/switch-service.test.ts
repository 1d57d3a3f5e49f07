/**
 * Two machines over real sockets: one has the kill switches, the other has the engine and follows (K5, K10).
 */
import { memoryJournal, paperBroker } from 'fillchart/adapters';
import { createClient } from 'fillchart/client';
import { createService, type Service, type ServiceOptions } from 'fillchart/service';
import { afterEach, describe, expect, it } from 'vitest';
import { ADVISORY } from './service.support.js';

const services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

async function machine(options: Partial<ServiceOptions> = {}) {
  const broker = paperBroker({
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    quotes: { AAPL: '151.00' },
  });
  const accounts = [{ name: 'paper', broker, journal: memoryJournal() }];
  const service = createService({ accounts, logger: false, killSwitchJournal: memoryJournal(), ...options });
  services.push(service);
  const url = (await service.listen()).replace(/\/$/, '');
  return { service, broker, url, client: createClient({ baseUrl: url }) };
}

let counted = 0;
const advisory = () => {
  counted += 1;
  return { ...ADVISORY, advisoryId: `SWITCHED-${counted}`, expirationTimestamp: '2099-01-01T00:00:00Z' };
};

async function within(ms: number, isTrue: () => Promise<boolean>): Promise<boolean> {
  for (const endsAt = Date.now() + ms; Date.now() < endsAt; await new Promise((resolve) => setTimeout(resolve, 25)))
    if (await isTrue()) return true;
  return isTrue();
}

describe('a switch service over real sockets', () => {
  it('K5 K10: set there it stops here, released there it goes on; without an answer nothing new is sent', {
    timeout: 60_000,
  }, async () => {
    const switches = await machine();
    await switches.service.ready();
    const service = { url: switches.url, pollMs: 50, lostAfterMs: 1_000 };
    const follower = await machine({ killSwitchService: service });
    await follower.service.ready();
    // Not by the client, which tries again what is not taken.
    const statusOf = async (): Promise<string | undefined> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(advisory());
      const answer = await fetch(`${follower.url}/v1/executions?wait=result`, { method: 'POST', headers, body });
      return ((await answer.json()) as Answer).result?.status;
    };
    expect(await statusOf()).toBe('FILLED');

    await switches.client.setSwitch({ body: { type: 'GLOBAL', reason: 'stop', by: 'ann' } });
    expect(await within(5_000, async () => (await statusOf()) === 'REJECTED')).toBe(true);
    const sent = follower.broker.calls.submits;
    for (let times = 0; times < 20; times += 1) expect(await statusOf()).toBe('REJECTED');
    expect(follower.broker.calls.submits).toBe(sent);

    // Set here, it is ACTIVE there when the answer comes.
    await follower.client.setSwitch({ body: { type: 'SYMBOL_LEVEL', target: 'MSFT', reason: 'odd', by: 'bob' } });
    const told = await switches.client.listSwitches({});
    expect(told).toMatchObject({ switches: expect.arrayContaining([expect.objectContaining({ target: 'MSFT' })]) });

    await switches.client.releaseSwitch({ body: { type: 'GLOBAL', reason: 'done', by: 'ann' } });
    expect(await within(5_000, async () => (await statusOf()) === 'FILLED')).toBe(true);

    // The switch service dies: within its time nothing new is taken here.
    await switches.service.close();
    expect(await within(10_000, async () => (await statusOf()) === undefined)).toBe(true);
    const before = follower.broker.calls.submits;
    for (let times = 0; times < 10; times += 1) expect(await statusOf()).toBeUndefined();
    expect(follower.broker.calls.submits).toBe(before);
  });
});

interface Answer {
  readonly result?: { readonly status: string };
}
