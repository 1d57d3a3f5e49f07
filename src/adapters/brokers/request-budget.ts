/**
 * The account's requests a minute, divided by what they are for.
 *
 * 1. `safety` (cancel, protection) is counted and never held back: it goes out ahead of everything (K3).
 * 2. Reads leave the whole reserve to it, submits half of the reserve.
 * 3. After a 429 (or 418, a ban), reads and submits wait out `Retry-After`; reads wait when the venue itself says that
 *    little is left.
 */
import type { Clock } from '../../domain/ports.js';

export type Purpose = 'read' | 'submit' | 'safety';

export interface RequestBudget {
  /** Counts a request. Says in one phrase why it may not be sent now. */
  take(purpose: Purpose): string | undefined;
  /** Reads what the venue says of its limit. */
  note(status: number, headers: Pick<Headers, 'get'>): void;
  /** Holds reads and submits back for so many ms, where the venue says in its own words that it was too much. */
  pause(ms: number): void;
  /** Requests of the last minute. */
  readonly used: number;
  /** What the venue said of its limit with its last answer. */
  readonly told: { readonly perMinute?: number; readonly remaining?: number };
}

const MINUTE_MS = 60_000;
/** Wait after a 429 that names no time. */
const BLIND_WAIT_MS = 1_000;

export function requestBudget(clock: Clock, perMinute: number, reserved: number): RequestBudget {
  const sent: number[] = [];
  let waitUntil = Number.NEGATIVE_INFINITY;
  let readsWaitUntil = Number.NEGATIVE_INFINITY;
  let told: RequestBudget['told'] = {};
  const most: Record<Purpose, number> = {
    read: perMinute - reserved,
    submit: perMinute - reserved / 2,
    safety: Number.POSITIVE_INFINITY,
  };

  function used(): number {
    const since = clock.monotonic() - MINUTE_MS;
    while (sent[0] !== undefined && sent[0] <= since) sent.shift();
    return sent.length;
  }

  function heldBack(purpose: Purpose): string | undefined {
    if (purpose === 'safety') return undefined;
    const now = clock.monotonic();
    const until = purpose === 'read' ? Math.max(waitUntil, readsWaitUntil) : waitUntil;
    if (now < until) return `rate limit: ${Math.ceil(until - now)} ms to wait`;
    return used() < most[purpose] ? undefined : `rate budget: ${used()} requests in the last minute`;
  }

  function pause(ms: number): void {
    waitUntil = Math.max(waitUntil, clock.monotonic() + ms);
  }

  return {
    pause,
    take(purpose) {
      const reason = heldBack(purpose);
      if (reason === undefined) sent.push(clock.monotonic());
      return reason;
    },
    note(status, headers) {
      if (status === 429 || status === 418) pause(retryAfterMs(headers, clock) ?? BLIND_WAIT_MS);
      const remaining = wholeOf(headers.get('x-ratelimit-remaining'));
      const reset = wholeOf(headers.get('x-ratelimit-reset'));
      const limit = wholeOf(headers.get('x-ratelimit-limit'));
      told = { ...(limit !== undefined && { perMinute: limit }), ...(remaining !== undefined && { remaining }) };
      if (remaining === undefined || reset === undefined || remaining >= reserved) return;
      readsWaitUntil = clock.monotonic() + bounded(reset * 1_000 - clock.now());
    },
    get used() {
      return used();
    },
    get told() {
      return told;
    },
  };
}

/** `Retry-After`: seconds, or a date. */
function retryAfterMs(headers: Pick<Headers, 'get'>, clock: Clock): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - clock.now();
  return Number.isFinite(ms) ? bounded(ms) : undefined;
}

/** Whatever a header says, the window is a minute. */
const bounded = (ms: number): number => Math.min(MINUTE_MS, Math.max(0, ms));

const wholeOf = (value: string | null): number | undefined =>
  value !== null && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
