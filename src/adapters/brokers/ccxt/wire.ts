/**
 * One request, one answer: ccxt builds and signs it, this file carries it.
 *
 * 1. One call sends at most one request (see `http-exchange.ts`).
 * 2. Cancels and exits go ahead of everything; entries and what is read before them leave room for the lives that have
 *    begun. An entry is never kept waiting: what was checked before it must still hold.
 * 3. Where an exchange wants its requests in the order of their signatures, a read waits until nothing else is under
 *    way. A write never waits: it is signed later than what it overtakes, so it is the overtaken read that fails.
 * 4. "Your time is off" proves that nothing was carried out: the exchange's time is read again, and the request is signed
 *    and sent once more. That is the only repeat there is.
 * 5. Every text that leaves has the secrets blotted out.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import type { BrokerRateLimit } from '../../../domain/ports.js';
import { type Exchange, httpCall, type InTime } from '../http-exchange.js';
import { redactor } from '../redact.js';
import { type Purpose, type RequestBudget, requestBudget, type Ticket } from '../request-budget.js';
import { type Dialect, isJson, type Request, type Said } from './dialect.js';
import type { CcxtLibrary, SignedRequest } from './library.js';
import { limitsOf } from './limits.js';
import type { CcxtSettings } from './options.js';
import { type VenueTime, venueTime } from './venue-time.js';

export interface Wire {
  /**
   * Sends one request, and says what is certain of it. `tag` names the life that it belongs to, or its symbol; `isInTime` says
   * whether it may still leave.
   */
  exchange(purpose: Purpose, signal: AbortSignal, request: Request, tag?: string, isInTime?: InTime): Promise<Exchange>;
  /** A read: what the exchange said, "there is no such order" among it. @throws {Error} for everything else, no news; {BrokerRefusal} for a no in its own words */
  read(signal: AbortSignal, request: Request, purpose?: Purpose, tag?: string): Promise<Said>;
  /** Carries what ccxt fetches by itself. */
  carry(signal: AbortSignal, url: string, init: RequestInit): Promise<Response>;
  /** The requests that may be sent, as the options say, and what is left of them now. */
  rateLimit(): BrokerRateLimit;
  readonly budget: Pick<RequestBudget, 'begin' | 'end' | 'capacity'>;
  /** Least time between two polls of an order, in ms, while so many are polled. */
  pollGapMs(orders: number, poll: Request | undefined): number;
  readonly time: VenueTime;
  readonly redact: (text: string) => string;
}

/** Longest wait for the exchange's time, in ms: the request that waits for it has a deadline of its own. */
const TIME_READ_MS = 1_500;

export function ccxtWire(settings: CcxtSettings, dialect: Dialect, library: () => CcxtLibrary | undefined): Wire {
  const redact = redactor([settings.secret, settings.apiKey, settings.password ?? '']);
  const limits = limitsOf(settings);
  const budget = requestBudget(settings.clock, limits.rules);
  const line = waitingLine();
  const time = venueTime({ ...settings, ask: askTime });

  const exchange: Wire['exchange'] = async (purpose, signal, request, tag, isInTime) => {
    const first = await once(purpose, signal, request, tag, isInTime);
    // What is not signed bears no time; the question for the time must not wait for its own answer.
    if (request.api !== 'private' || first.kind !== 'answer' || signal.aborted) return first;
    const said = dialect.readAnswer(first.status, first.body);
    if (said === undefined || dialect.isStale?.(said) !== true) return first;
    return (await time.measure()) && !signal.aborted ? once(purpose, signal, request, tag, isInTime) : first;
  };

  const once: Wire['exchange'] = async (purpose, signal, request, tag, isInTime) => {
    const cost = limits.costOf(request);
    const isWrite = purpose === 'safety' || purpose === 'submit';
    // A write is signed and sent in the turn that asks for it.
    const early = isWrite ? undefined : await budget.admit(purpose, signal, cost, tag);
    const isOrdered = dialect.isOrdered && request.api === 'private';
    // Checked again after each wait, in the turn that sends: several reads may wait for the same one.
    while (isOrdered && !isWrite && line.isBusy() && !signal.aborted) await line.change(signal);
    const signer = library();
    if (signer === undefined) return { kind: 'not_sent', cause: 'not connected' };
    if (signal.aborted) return { kind: 'not_sent', cause: 'given up before it was sent' };
    const ticket = early ?? budget.take(purpose, cost, tag);
    if (ticket.held !== undefined) return { kind: 'not_sent', cause: ticket.held };
    if (request.api === 'private' && !dialect.isOrdered && time.isDue()) void time.measure();
    const sent = send(signer, signal, request, ticket, isInTime);
    return isOrdered ? line.under(sent) : sent;
  };

  async function send(
    signer: CcxtLibrary,
    signal: AbortSignal,
    request: Request,
    ticket: Ticket,
    isInTime?: InTime,
  ): Promise<Exchange> {
    const signed = attemptToSign(signer, request);
    if (typeof signed === 'string') return { kind: 'not_sent', cause: redact(signed) };
    const call = httpCall(settings, ticket, signal, isInTime);
    try {
      const { method, body } = signed;
      const headers = { ...signer.headers, ...signed.headers };
      await call.carry(signed.url, { method, headers, redirect: 'error', ...(body !== undefined && { body }) });
    } catch {
      // The call itself says what came.
    } finally {
      call.end();
    }
    const outcome = call.outcome() ?? { kind: 'not_sent', cause: 'nothing was sent' };
    if (outcome.kind !== 'answer') return { ...outcome, cause: redact(outcome.cause) };
    const said = dialect.readAnswer(outcome.status, outcome.body);
    const pause = said === undefined ? undefined : dialect.pauseAfter(said);
    if (pause !== undefined) ticket.pause(pause);
    return { ...outcome, body: blotted(outcome.body, redact) };
  }

  async function read(signal: AbortSignal, request: Request, purpose: Purpose = 'read', tag?: string): Promise<Said> {
    const answer = await exchange(purpose, signal, request, tag);
    if (answer.kind !== 'answer') throw new Error(`${settings.exchange}: ${answer.cause}`);
    const said = dialect.readAnswer(answer.status, answer.body);
    const isSaid =
      said !== undefined &&
      (said.isOk
        ? answer.status < 300
        : answer.status < 500 && (dialect.isAbsent(said) || dialect.isUnknownMarket(said)));
    if (isSaid) return said;
    const sentence = `${settings.exchange}: HTTP ${answer.status}: ${said?.message ?? 'no readable answer'}`;
    const isRefusal = said?.isOk === false && answer.status < 500 && dialect.pauseAfter(said) === undefined;
    throw isRefusal ? new BrokerRefusal(sentence) : new Error(sentence);
  }

  /** Unsigned, so that it cannot be refused for its time. */
  async function askTime(): Promise<number | undefined> {
    const giveUp = new AbortController();
    const timer = settings.clock.setTimeout(() => giveUp.abort(), TIME_READ_MS);
    try {
      const said = await read(giveUp.signal, dialect.time, 'look');
      return dialect.serverTime(said.data);
    } finally {
      settings.clock.clearTimeout(timer);
    }
  }

  return {
    exchange,
    redact,
    read,
    budget,
    time,
    pollGapMs: (orders, poll) => (poll === undefined ? 0 : budget.pollGapMs(orders, limits.costOf(poll))),
    rateLimit() {
      const { limit: requests, perMs } = budget.limit(limits.main) ?? { limit: 0, perMs: 0 };
      return { requests, perMs, remaining: Math.max(0, requests - budget.used(limits.main)) };
    },
    async carry(signal, url, init) {
      const ticket = budget.take('submit', {});
      const call = httpCall(settings, ticket, signal);
      try {
        const { method = 'GET', headers, body } = init;
        return await call.carry(url, { method, redirect: 'error', ...(headers && { headers }), ...(body && { body }) });
      } finally {
        call.end();
      }
    },
  };
}

/** ccxt throws for what it cannot sign: then nothing was sent. */
function attemptToSign(library: CcxtLibrary, { path, api, method, params }: Request): SignedRequest | string {
  try {
    return library.sign(path, api, method, { ...params });
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be signed';
  }
}

/** Fields that hold words. */
const WORDS = /msg|message|error|reason/i;

/** The exchange's words may quote what was sent. Ids, numbers and states stay as they are: part of a key may be in any. */
function blotted(body: unknown, redact: (text: string) => string, isWords = true): unknown {
  if (typeof body === 'string') return isWords ? redact(body) : body;
  if (Array.isArray(body)) return body.map((part: unknown) => blotted(part, redact, isWords));
  if (!isJson(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([key, part]) => [key, blotted(part, redact, WORDS.test(key))]));
}

/** What is under way. */
function waitingLine() {
  const underWay = new Set<Promise<unknown>>();
  return {
    async under<T>(sent: Promise<T>): Promise<T> {
      underWay.add(sent);
      try {
        return await sent;
      } finally {
        underWay.delete(sent);
      }
    },
    isBusy: () => underWay.size > 0,
    /** Until one of them has ended, or the caller gives up. */
    async change(signal: AbortSignal): Promise<void> {
      let giveUp = (): void => undefined;
      const givenUp = new Promise<void>((resolve) => {
        giveUp = resolve;
        signal.addEventListener('abort', giveUp, { once: true });
      });
      await Promise.race([...underWay, givenUp]);
      signal.removeEventListener('abort', giveUp);
    },
  };
}
