/**
 * A process that stands still while it sends an order: what was looked at before does not hold any more (P7, S1, V8).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpCall, inTime, platformFetch } from '../../src/adapters/brokers/http-exchange.js';
import { timedBody } from '../../src/adapters/brokers/timed-body.js';
import { systemClock } from '../../src/adapters/system-clock.js';

const arrived: { readonly body: string; readonly length: string | undefined }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    arrived.push({ body: Buffer.concat(chunks).toString(), length: request.headers['content-length'] });
    response.end('{}');
  });
});

let address = '';
beforeEach(async () => {
  arrived.length = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What a process that is stopped sees: a turn that takes `ms`. */
const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const clock = systemClock();

/** One request with the body `adv-1`; what is done in the turn of its call comes with it. */
async function send(limit: { readonly withinMs: number } | undefined, meanwhile: () => void, requestTimeoutMs = 5_000) {
  const settings = { clock, fetch: platformFetch, requestTimeoutMs };
  const call = httpCall(
    settings,
    { note: () => undefined },
    new AbortController().signal,
    limit && inTime(clock, limit),
  );
  const carried = call.carry(address, { method: 'POST', body: 'adv-1' }).catch(() => undefined);
  meanwhile();
  await carried;
  call.end();
  // Whatever was written arrives.
  await delay(50);
  return call.outcome();
}

const HELD_BACK = { kind: 'not_sent', cause: 'it had not left in time, and was held back' };

describe('an order that leaves in time or not at all', () => {
  it('P7: arrives as a text does, with its length', async () => {
    expect(await send({ withinMs: 2_000 }, () => undefined)).toMatchObject({ kind: 'answer', status: 200 });
    expect(arrived).toEqual([{ body: 'adv-1', length: '5' }]);
  });

  it('P7 S1: does not leave when the process stood still before its first byte, over a new connection', async () => {
    expect(await send({ withinMs: 100 }, () => standStill(200))).toEqual(HELD_BACK);
    expect(arrived).toEqual([]);
  });

  it('P7 S1: nor over one that is open', async () => {
    await send(undefined, () => undefined);
    arrived.length = 0;
    expect(await send({ withinMs: 100 }, () => standStill(200))).toEqual(HELD_BACK);
    expect(arrived).toEqual([]);
  });

  it('P7: without a limit it leaves when the process goes on: the limit is what holds it back', async () => {
    expect(await send(undefined, () => standStill(200))).toMatchObject({ kind: 'answer' });
    expect(arrived).toEqual([{ body: 'adv-1', length: '5' }]);
  });

  it('P7: nor later than the time of its request, whoever sends it: exits and cancels too', async () => {
    expect(await send(undefined, () => standStill(200), 100)).toEqual(HELD_BACK);
    expect(arrived).toEqual([]);
  });

  it('P7: is not even tried when its time is over before the call', async () => {
    const settings = { clock, fetch: platformFetch, requestTimeoutMs: 5_000 };
    const isInTime = inTime(clock, { withinMs: 10 });
    standStill(30);
    const call = httpCall(settings, { note: () => undefined }, new AbortController().signal, isInTime);
    await expect(call.carry(address, { method: 'POST', body: 'adv-1' })).rejects.toThrow(HELD_BACK.cause);
    call.end();
    expect([call.outcome(), arrived]).toEqual([HELD_BACK, []]);
  });

  // Where redirects are followed or handed back, `fetch` makes a copy of the request, which takes from a stream beforehand.
  it.each([undefined, 'follow', 'manual', 'error'] as const)(
    'P7 S1: is looked at when the connection takes it, not when fetch is called (redirect: %s)',
    async (redirect) => {
      const asked: string[] = [];
      let turn = 'the call';
      // No connection is made before all of these have had their turn.
      const microtasks = async () => {
        for (let count = 0; count < 1_000; count += 1) await undefined;
        turn = 'a later turn';
      };
      const isInTime = () => {
        asked.push(turn);
        return turn === 'the call';
      };
      const init = { method: 'POST', body: timedBody('adv-1', isInTime), ...(redirect && { redirect }) };
      const answer = fetch(address, init).then(
        () => 'sent',
        () => 'held back',
      );
      await microtasks();
      expect(await answer).toBe('held back');
      await delay(50);
      expect([asked, arrived]).toEqual([['a later turn'], []]);
    },
  );
});
