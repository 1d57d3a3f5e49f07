/**
 * Notifications: signed, tried again, told apart, and bounded for a receiver that is dead.
 */
import { signatureOf, type WebhookOptions } from 'fillchart/service';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { Notification } from '../../src/service/notifications/notification.js';
import { webhooks } from '../../src/service/notifications/webhooks.js';
import { ADVISORY, desk, FILLS } from './service.support.js';

const note = (id: string, event: Notification['event'] = 'case_opened'): Notification => ({
  id,
  event,
  at: '2026-01-01T00:00:00.000Z',
  account: 'paper',
  text: `text of ${id}`,
  data: {},
});

interface Received {
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver that answers with these statuses, one after the other, the last for ever; `away` answers nothing. */
function receiver(
  clock: VirtualClock,
  statuses: readonly (number | 'cut' | 'away')[],
  more: Partial<WebhookOptions> = {},
) {
  const received: Received[] = [];
  const answer = async (_url: unknown, request?: { headers?: unknown; body?: unknown; signal?: AbortSignal }) => {
    const { headers, body } = request ?? {};
    received.push({ at: clock.monotonic(), headers: headers as Record<string, string>, body: String(body) });
    const status = statuses[Math.min(received.length, statuses.length) - 1] ?? 200;
    if (status === 'cut') throw new TypeError('the connection was cut');
    if (status === 'away') return new Promise<Response>(() => undefined);
    return new Response('', { status });
  };
  const hook: WebhookOptions = {
    url: 'https://receiver.example/hook',
    secret: 'key',
    fetch: answer as unknown as typeof fetch,
    ...more,
  };
  return { hook, received };
}

describe('a notification', () => {
  it('is signed over time and body, so that a changed one is told', async () => {
    const clock = virtualClock();
    const { hook, received } = receiver(clock, [200]);
    webhooks([hook], clock, false).tell(note('a-1'));
    await clock.settle();
    const [one] = received;
    const stamp = String(one?.headers['X-Fillchart-Timestamp']);
    expect(Number(stamp)).toBe(Math.floor(clock.now() / 1_000));
    expect(one?.headers['X-Fillchart-Signature']).toBe(signatureOf('key', stamp, String(one?.body)));
    expect(one?.headers['X-Fillchart-Signature']).not.toBe(signatureOf('key', stamp, `${one?.body} `));
    expect(one?.headers['X-Fillchart-Signature']).not.toBe(
      signatureOf('key', `${Number(stamp) + 1}`, String(one?.body)),
    );
    expect(JSON.parse(String(one?.body))).toEqual(note('a-1'));
  });

  it('is tried again under the same id, later each time, until it is taken; the next one waits behind it', async () => {
    const clock = virtualClock();
    const { hook, received } = receiver(clock, [500, 'cut', 429, 200]);
    const hooks = webhooks([hook], clock, false);
    hooks.tell(note('a-1'));
    hooks.tell(note('a-2'));
    await clock.advance(60_000);
    expect(received.map(({ headers }) => headers['X-Fillchart-Delivery'])).toEqual(['a-1', 'a-1', 'a-1', 'a-1', 'a-2']);
    expect(received.map(({ at }) => at - (received[0]?.at ?? 0))).toEqual([0, 1_000, 3_000, 7_000, 7_000]);
    expect([hooks.waiting, hooks.lost]).toEqual([0, 0]);
  });

  it('that waits already is not put behind itself; one that the receiver refuses is given up at once', async () => {
    const clock = virtualClock();
    const { hook, received } = receiver(clock, [500, 404, 200]);
    const hooks = webhooks([hook], clock, false);
    for (let count = 0; count < 3; count += 1) hooks.tell(note('a-1'));
    hooks.tell(note('a-2'));
    await clock.advance(60_000);
    expect(received.map(({ headers }) => headers['X-Fillchart-Delivery'])).toEqual(['a-1', 'a-1', 'a-2']);
    expect([hooks.waiting, hooks.lost]).toEqual([0, 1]);
  });

  it('goes to those that asked for it; Slack gets its text alone', async () => {
    const clock = virtualClock();
    const slack = receiver(clock, [200], { format: 'slack', events: ['kill_switch'] });
    const other = receiver(clock, [200], { events: ['case_opened'] });
    const hooks = webhooks([slack.hook, other.hook], clock, false);
    hooks.tell(note('a-1', 'kill_switch'));
    hooks.tell(note('a-2'));
    await clock.settle();
    expect(slack.received.map(({ body }) => JSON.parse(body))).toEqual([{ text: 'text of a-1' }]);
    expect(other.received.map(({ headers }) => headers['X-Fillchart-Delivery'])).toEqual(['a-2']);
  });
});

describe('a dead receiver', () => {
  it('costs bounded memory: 1,000 wait, the oldest goes first, and nobody else waits for it', async () => {
    const clock = virtualClock();
    const dead = receiver(clock, ['away']);
    const alive = receiver(clock, [200]);
    const hooks = webhooks([dead.hook, alive.hook], clock, false);
    for (let count = 0; count < 5_000; count += 1) hooks.tell(note(`a-${count}`));
    await clock.settle();
    expect(hooks.waiting).toBeLessThanOrEqual(2_000);
    await clock.advance(10 * 60_000);
    expect(alive.received.length + hooks.lost).toBeGreaterThanOrEqual(5_000);
    expect(hooks.waiting).toBe(1_000);
    // Asked now and then, not in a loop.
    expect(dead.received.length).toBeLessThan(30);
    hooks.close();
    expect(clock.pendingTimers).toBeLessThan(5);
  });

  it('does not hold up executions or kill switches', async () => {
    const clock = virtualClock();
    const dead = receiver(clock, ['away']);
    const { post } = await desk({
      accounts: { paper: { script: { ...FILLS.script, positionShown: '50' } } },
      options: { webhooks: [dead.hook] },
      clock,
    });
    const { body } = await post('/v1/executions?wait=result', ADVISORY);
    expect(body['result']).toMatchObject({ status: 'FILLED' });
    const set = await post('/v1/kill-switches', { type: 'GLOBAL', reason: 'a drill' });
    expect(set.status).toBe(200);
    expect(dead.received.length).toBeGreaterThan(0);
  });
});
