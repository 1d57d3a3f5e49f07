/**
 * The stream of events over real sockets: in order, on from where it was cut, and bounded for those who do not keep up.
 */
import { connect, type Socket } from 'node:net';
import { createEngine } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { createClient, type ServiceEvent } from 'fillchart/client';
import { createService, type Service, type ServiceOptions } from 'fillchart/service';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock.js';

const open: Service[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()));
});

async function served(options: Partial<ServiceOptions> = {}, port = 0, journal = memoryJournal()) {
  const clock = systemClock();
  const broker = faultBroker({
    clock,
    script: { fills: [{ at: 20, quantity: '100', price: '151' }] },
    openOrders: true,
  });
  const service = createService({
    accounts: [{ name: 'paper', broker, journal }],
    clock,
    logger: false,
    port,
    ...options,
  });
  open.push(service);
  const address = (await service.listen()).replace(/\/$/, '');
  await service.ready();
  return {
    service,
    journal,
    port: Number(new URL(address).port),
    client: createClient({ baseUrl: address, retryForMs: 10_000 }),
  };
}

const advisoryOf = (advisoryId: string, differs: object = {}) => ({
  advisoryId,
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
  ...differs,
});

/** Events until one is as wanted. */
async function until(
  events: AsyncGenerator<ServiceEvent>,
  isLast: (event: ServiceEvent) => boolean,
): Promise<ServiceEvent[]> {
  const seen: ServiceEvent[] = [];
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    seen.push(next.value);
    if (isLast(next.value)) break;
  }
  return seen;
}

const isResultOf = (advisoryId: string) => (event: ServiceEvent) =>
  event.event === 'audit' && event.data.event === 'execution_result' && event.data.advisoryId === advisoryId;
const seqs = (events: readonly ServiceEvent[]) =>
  events.flatMap((each) => (each.event === 'audit' ? [each.data.seq] : []));

describe('GET /v1/events', () => {
  it('A1: tells every audit record in order, and how the execution stands', async () => {
    const { client } = await served();
    const events = client.events();
    expect((await events.next()).value).toMatchObject({
      event: 'hello',
      data: { resumed: false, accounts: ['paper'] },
    });
    await client.submitExecution({ body: advisoryOf('ONE') });
    const seen = await until(events, (event) => event.event === 'execution' && event.data.status === 'FILLED');
    const audit = seqs(seen);
    expect(audit).toEqual(Array.from({ length: audit.length }, (_, index) => index + 1));
    expect(audit.length).toBeGreaterThan(5);
    await events.return();
  });

  it('goes on behind the last id, after a restart too: nothing is missed, nothing comes twice', async () => {
    const { client, service, journal, port } = await served();
    const control = new AbortController();
    const events = client.events({ signal: control.signal });
    await events.next();
    await client.submitExecution({ body: advisoryOf('ONE'), query: { wait: 'result' } });
    const before = await until(events, isResultOf('ONE'));
    await service.close();
    const next = await served({}, port, journal);
    await next.client.submitExecution({ body: advisoryOf('TWO', { symbol: 'MSFT' }), query: { wait: 'result' } });
    const after = await until(events, isResultOf('TWO'));
    const all = seqs([...before, ...after]);
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1));
    expect(after.some((each) => each.event === 'hello' && each.data.resumed)).toBe(true);
    control.abort();
  });

  it('goes on from lines that are long out of memory, gapless', { timeout: 240_000 }, async () => {
    const journal = memoryJournal();
    const clock = virtualClock();
    const engine = await createEngine({
      broker: faultBroker({ clock }),
      journal,
      clock,
      logger: false,
    });
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'everything is refused' });
    const bodies = Array.from({ length: 3_400 }, (_, index) => advisoryOf(`OLD-${index}`, { symbol: `S${index}` }));
    await clock.runUntil(Promise.all(bodies.map((body) => engine.execute(body))));
    await clock.runUntil(engine.close());
    const { client, service } = await served({}, 0, journal);
    const fresh = client.events();
    const position = String((await fresh.next()).value?.id);
    await fresh.return();
    const end = Number(position.split(':')[1]);
    expect(end).toBeGreaterThan(10_050);
    const events = client.events({ lastEventId: position.replace(`:${end}:`, ':5:'), query: { topics: 'audit' } });
    expect((await events.next()).value).toMatchObject({ event: 'hello', data: { resumed: true } });
    const seen = await until(events, (event) => event.event === 'audit' && event.data.seq === end);
    expect(seqs(seen)).toEqual(Array.from({ length: end - 5 }, (_, index) => index + 6));
    await events.return();
    await service.close();
  });

  it('who joins while others listen is told nothing twice', async () => {
    const { client } = await served({ eventBatchMs: 400 });
    const other = client.events();
    await other.next();
    await client.submitExecution({ body: advisoryOf('ONE'), query: { wait: 'result' } });
    // The lines of ONE still wait to be told to the other one.
    const events = client.events({ lastEventId: 'paper:0:' });
    await client.submitExecution({ body: advisoryOf('TWO', { symbol: 'MSFT' }), query: { wait: 'result' } });
    const all = seqs(await until(events, isResultOf('TWO')));
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1));
    const heard = seqs(await until(other, isResultOf('TWO')));
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, index) => index + 1));
    await Promise.all([events.return(), other.return()]);
  });

  it('says so when it cannot go on from there', async () => {
    const { client } = await served();
    for (const lastEventId of ['nonsense', 'paper:99999:00000000', 'other:3:00000000']) {
      const events = client.events({ lastEventId });
      expect((await events.next()).value).toMatchObject({ event: 'hello', data: { resumed: false } });
      expect((await events.next()).value).toMatchObject({ event: 'reset', data: { why: 'POSITION_UNKNOWN' } });
      await events.return();
    }
  });

  it('narrows by topic and advisory', async () => {
    const { client } = await served();
    const events = client.events({ query: { topics: 'audit', advisoryId: 'TWO' } });
    await events.next();
    for (const id of ['ONE', 'TWO'])
      await client.submitExecution({ body: advisoryOf(id, { symbol: id }), query: { wait: 'result' } });
    const seen = await until(events, isResultOf('TWO'));
    expect(new Set(seen.map((each) => (each.event === 'audit' ? each.data.advisoryId : each.event)))).toEqual(
      new Set(['TWO']),
    );
    await events.return();
  });

  it('says goodbye when the service goes down', async () => {
    const { service, port } = await served();
    const { socket, text } = await raw(port, false);
    await service.close();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text()).toContain('event: goodbye');
  });
});

/** A listener on a bare socket, which reads or does not. */
async function raw(port: number, isStalled: boolean): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let text = '';
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  if (isStalled) socket.pause();
  else socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { socket, text: () => text };
}

describe('listeners that do not keep up', () => {
  it('cost bounded memory: stalled ones are dropped, dead ones are gone, and the others hear everything', {
    timeout: 120_000,
  }, async () => {
    const { client, port } = await served({ listenerBufferBytes: 65_536, bodyBytes: 131_072 });
    const stalled = await Promise.all(Array.from({ length: 20 }, () => raw(port, true)));
    const dead = await raw(port, false);
    dead.socket.destroy();
    const events = client.events({ query: { topics: 'audit' } });
    await events.next();
    const heard = until(events, isResultOf('BIG-199'));
    const [rssBefore, large] = [process.memoryUsage().rss, { note: 'x'.repeat(60_000) }];
    for (let count = 0; count < 200; count += 1)
      await client.submitExecution({
        body: advisoryOf(`BIG-${count}`, { symbol: `S${count}`, reasoningContext: large }),
        query: { wait: 'result' },
      });
    const audit = seqs(await heard);
    expect(audit).toEqual(Array.from({ length: audit.length }, (_, index) => index + 1));
    const metrics = await client.getMetrics();
    const dropped = Number(/fillchart_event_listeners_dropped_total (\d+)/.exec(metrics)?.[1]);
    const grownMb = (process.memoryUsage().rss - rssBefore) / 1_048_576;
    process.stdout.write(
      `20 stalled listeners, 12 MB of events: ${dropped} dropped, resident memory +${grownMb.toFixed(0)} MB\n`,
    );
    expect(dropped).toBe(20);
    expect(/fillchart_event_listeners (\d+)/.exec(metrics)?.[1]).toBe('1');
    await events.return();
    for (const { socket } of stalled) socket.destroy();
  });
});
