/**
 * One HTTP request to a venue, and what is certain of it.
 *
 * 1. One call carries one request; a second one is an error. Redirects are not followed, nothing is tried again.
 * 2. One deadline covers the request and the whole body; the body is read to its end before anyone looks at it.
 * 3. `not_sent` needs proof that no byte of the request left: the connection was never made.
 * 4. A body is read up to a bound; one that goes on beyond it is no answer.
 * 5. Numbers of a body keep their digits (`exact-json.ts`).
 * 6. What has a body leaves within the time of its request, and an entry within what the host gives it, or not at all
 *    (`timed-body.ts`).
 */
import type { Clock, SendLimit } from '../../domain/ports.js';
import { parseExact } from './exact-json.js';
import type { Ticket } from './request-budget.js';
import { TooLateError, timedBody } from './timed-body.js';

/** What came of one request. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  /** No byte left the process. */
  | { readonly kind: 'not_sent'; readonly cause: string }
  /** It may have arrived; there is no complete answer. */
  | { readonly kind: 'lost'; readonly cause: string };

interface HttpSettings {
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** Longest time of the request with its whole body, in ms. A call's own deadline may be shorter. */
  readonly requestTimeoutMs: number;
}

/** Whether a request may still leave. */
export type InTime = () => boolean;

/** Until when a request may leave, counted from now. */
export function inTime(clock: Pick<Clock, 'monotonic'>, { withinMs }: SendLimit): InTime {
  const endsAt = clock.monotonic() + withinMs;
  return () => clock.monotonic() <= endsAt;
}

/** Carries requests where the program gives no `fetch` of its own. One that it gives is handed texts, looked at before its call. */
export const platformFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);

interface HttpCall {
  /** Aborted at the caller's deadline, and at our own. */
  readonly signal: AbortSignal;
  /** Carries the request, and hands on a copy of the answer whose body has come whole. */
  readonly carry: (url: string, init: RequestInit) => Promise<Response>;
  /** What came of it; `undefined` while nothing has been carried. */
  outcome(): Exchange | undefined;
  end(): void;
}

export function httpCall(
  settings: HttpSettings,
  ticket: Pick<Ticket, 'note'>,
  given: AbortSignal,
  mayLeave?: InTime,
): HttpCall {
  const { requestTimeoutMs } = settings;
  const isInTime = mayLeave ?? inTime(settings.clock, { withinMs: requestTimeoutMs });
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = settings.clock.setTimeout(abort, requestTimeoutMs);
  given.addEventListener('abort', abort, { once: true });
  if (given.aborted) abort();
  let seen: Exchange | undefined;
  return {
    signal: controller.signal,
    async carry(url, init) {
      if (seen !== undefined) throw new Error('one call sends one request');
      seen = { kind: 'lost', cause: 'no answer' };
      try {
        const body = leaving(settings, init.body, isInTime);
        const response = await settings.fetch(url, { ...init, ...(body && { body }), signal: controller.signal });
        ticket.note(response.status, response.headers);
        const text = await bodyOf(response);
        seen = { kind: 'answer', status: response.status, body: parseExact(text) };
        return new Response(text === '' ? null : text, { status: response.status, headers: response.headers });
      } catch (error) {
        seen = classifyFailure(error, controller.signal.aborted);
        throw error;
      }
    },
    outcome: () => seen,
    end() {
      settings.clock.clearTimeout(timer);
      given.removeEventListener('abort', abort);
    },
  };
}

/** @throws {TooLateError} when it may not leave any more */
function leaving({ fetch }: HttpSettings, body: RequestInit['body'], isInTime: InTime): RequestInit['body'] {
  if (!isInTime()) throw new TooLateError();
  return fetch === platformFetch && typeof body === 'string' ? timedBody(body, isInTime) : body;
}

/** Several times the longest list of markets. */
const MOST_BYTES = 64 * 2 ** 20;

/** @throws {Error} when it is cut, or longer than any answer */
async function bodyOf(response: Response): Promise<string> {
  if (response.body === null) return response.text();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error('the answer is too long');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** System calls that come before the first byte of a request. */
const BEFORE_SENDING = ['connect', 'getaddrinfo'];

/** What a failed request proves: nothing left when the connection was never made. */
export function classifyFailure(error: unknown, isGivenUp: boolean): Extract<Exchange, { kind: 'not_sent' | 'lost' }> {
  const causes = rootCauses(error);
  const [late] = causes.filter((cause) => cause instanceof TooLateError);
  if (late !== undefined) return { kind: 'not_sent', cause: late.message };
  if (isGivenUp) return { kind: 'lost', cause: 'no whole answer in time' };
  const neverConnected = causes.length > 0 && causes.every(isBeforeSending);
  const cause = causes.map(codeOf).join(', ') || 'no answer';
  return neverConnected ? { kind: 'not_sent', cause } : { kind: 'lost', cause };
}

function rootCauses(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(rootCauses);
  const inner = (error as { cause?: unknown } | undefined)?.cause;
  return inner === undefined ? [error] : rootCauses(inner);
}

function isBeforeSending(error: unknown): boolean {
  const { syscall, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || (typeof syscall === 'string' && BEFORE_SENDING.includes(syscall));
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an error without words';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.message;
}
