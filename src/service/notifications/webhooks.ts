/**
 * Notifications by HTTP, each receiver by itself.
 *
 * 1. What is sent is signed: HMAC-SHA256 over time and body, so that a receiver can tell who sent it, and when.
 * 2. A receiver that does not answer is tried again, later each time; what waits for it is bounded, and the oldest goes first.
 * 3. Repeats carry the same id. A notification that waits already is not put behind itself.
 * 4. No receiver holds up another, or the service.
 */

import { createHmac } from 'node:crypto';
import { callBroker } from '../../actors/calls.js';
import { invalidOption, requireText } from '../../domain/option-values.js';
import type { Clock, Logger } from '../../domain/ports.js';
import type { Notification, NotificationName } from './notification.js';

/** One receiver of notifications. @public @since 0.1.0 */
export interface WebhookOptions {
  readonly url: string;
  /** Key of the signature; without it nothing is signed. */
  readonly secret?: string;
  /** `slack` sends `{ "text" }` alone; `json` by default. */
  readonly format?: 'json' | 'slack';
  /** All by default. */
  readonly events?: readonly NotificationName[];
  /** That of the platform by default. */
  readonly fetch?: typeof fetch;
}

export interface Webhooks {
  tell(notification: Notification): void;
  /** What waits, over all receivers. */
  readonly waiting: number;
  /** What was given up, over all receivers. */
  readonly lost: number;
  close(): void;
}

const MOST_WAITING = 1_000;
const DEADLINE_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MS_PER_SECOND = 1_000;

/** The signature of a notification, as the receiver computes it: HMAC-SHA256, hex. @public @since 0.1.0 */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  requireText('secret of signatureOf', secret);
  requireText('timestamp of signatureOf', timestamp, 'the text of the header X-Fillchart-Timestamp');
  if (typeof body !== 'string') throw invalidOption('body of signatureOf', body, 'the body as it came, as text');
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

export function webhooks(receivers: readonly WebhookOptions[], clock: Clock, logger: Logger | false): Webhooks {
  const all = receivers.map((options) => receiver(options, clock, logger));
  return {
    tell(notification) {
      for (const one of all) one.tell(notification);
    },
    get waiting() {
      return all.reduce((count, one) => count + one.waiting, 0);
    },
    get lost() {
      return all.reduce((count, one) => count + one.lost, 0);
    },
    close() {
      for (const one of all) one.close();
    },
  };
}

function receiver(options: WebhookOptions, clock: Clock, logger: Logger | false): Webhooks {
  const queue: Notification[] = [];
  let isSending = false;
  let isClosed = false;
  let lost = 0;
  let timer: unknown;

  function giveUp(one: Notification, why: string): void {
    lost += 1;
    if (logger !== false) logger.warn({ url: hostOf(options.url), id: one.id, why }, 'a notification was given up');
  }

  async function sendAll(): Promise<void> {
    isSending = true;
    let pauseMs = FIRST_PAUSE_MS;
    for (let [one] = queue; one !== undefined && !isClosed; [one] = queue) {
      const outcome = await sendOne(options, one, clock);
      if (outcome === 'later') {
        await pause(pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
        continue;
      }
      if (outcome !== 'taken') giveUp(one, outcome);
      pauseMs = FIRST_PAUSE_MS;
      if (queue[0] === one) queue.shift();
    }
    isSending = false;
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      timer = clock.setTimeout(resolve, ms);
    });

  return {
    tell(notification) {
      if (isClosed || options.events?.includes(notification.event) === false) return;
      if (queue.some(({ id }) => id === notification.id)) return;
      queue.push(notification);
      const oldest = queue.length > MOST_WAITING ? queue.shift() : undefined;
      if (oldest !== undefined) giveUp(oldest, `more than ${MOST_WAITING} wait`);
      if (!isSending) void sendAll();
    },
    get waiting() {
      return queue.length;
    },
    get lost() {
      return lost;
    },
    close() {
      isClosed = true;
      clock.clearTimeout(timer);
    },
  };
}

/** `taken`, `later`, or why it is given up: a receiver that says no says so again. */
async function sendOne(options: WebhookOptions, one: Notification, clock: Clock): Promise<string> {
  const body = JSON.stringify(options.format === 'slack' ? { text: one.text } : one);
  const timestamp = String(Math.floor(clock.now() / MS_PER_SECOND));
  const { secret, fetch: given = fetch, url } = options;
  const outcome = await callBroker(clock, DEADLINE_MS, async (signal) => {
    const response = await given(url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'Content-Type': 'application/json',
        'X-Fillchart-Delivery': one.id,
        'X-Fillchart-Event': one.event,
        'X-Fillchart-Timestamp': timestamp,
        ...(secret !== undefined && { 'X-Fillchart-Signature': signatureOf(secret, timestamp, body) }),
      },
      body,
      signal,
    });
    await response.body?.cancel();
    return response.status;
  });
  if (outcome.kind !== 'answered') return 'later';
  const status = Number(outcome.value);
  if (status >= 200 && status < 300) return 'taken';
  return status >= 500 || status === 408 || status === 429 ? 'later' : `the receiver answered with ${status}`;
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an address that cannot be read');
