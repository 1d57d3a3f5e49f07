/**
 * The kill switches of another service, followed by this one: engines on several machines under one set of switches (K10).
 *
 * 1. What is ACTIVE there is ACTIVE here, in a journal of this machine's own: a restart begins with what it knew (K7).
 * 2. When the other has not answered for a while, nothing new is sent from here until it does: `RISK_LIMIT` is set ACTIVE.
 *    What is live goes on under its own deadlines.
 * 3. What is set here counts here in the same turn (K5), and is told to the other until it has taken it. It is released there,
 *    and here once the other says so, unless an open case of this machine keeps it (K6).
 */
import { isMoreSevere, type SwitchView, switchKey } from '../domain/kill-switch.js';
import type { Clock, Logger } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { FillchartError, type ReasonCode, reasons } from '../domain/reasons.js';
import type { KillSwitch, SharedKillSwitch, SwitchRelease, SwitchSetting } from '../index.js';

/** The service whose kill switches hold here too. @beta @since 0.1.0 */
export interface SwitchServiceOptions {
  /** Where it serves, such as `https://switches.desk:8090`. */
  readonly url: string;
  /** A token of it, with the role operator; none where it has no tokens. */
  readonly token?: string | undefined;
  /** How often it is asked, in ms; 200 by default. */
  readonly pollMs?: number | undefined;
  /** Time without an answer after which nothing new is sent, in ms; 1 000 by default. */
  readonly lostAfterMs?: number | undefined;
}

export interface FollowedSwitches {
  /** Set here and there; released there. */
  readonly killSwitch: KillSwitch;
  /** Why nothing new is taken here: the other does not answer. */
  lost(): string | undefined;
  /** Why something is held here, a sentence each. */
  problems(): readonly string[];
  /** Resolves when the other has answered, or nothing new is sent. */
  begin(): Promise<void>;
  close(): void;
}

interface FollowedParts {
  readonly shared: SharedKillSwitch;
  readonly service: SwitchServiceOptions;
  readonly clock: Clock;
  readonly logger: Logger | false;
  /** Asks the other service. */
  readonly request: SwitchRequest;
}

/** One request to the other service; rejects when it does not answer in time. */
export type SwitchRequest = (
  method: 'GET' | 'POST',
  path: string,
  body?: object,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** Who sets and releases what is set for want of an answer. */
const BY = 'fillchart, for want of the switch service';
const PATH = '/v1/kill-switches';
const POLL_MS = 200;
const LOST_AFTER_MS = 1_000;
const WAITS = 202;
const REFUSED = 400;

export function followedSwitches({ shared, service, clock, logger, request }: FollowedParts): FollowedSwitches {
  const { pollMs = POLL_MS, lostAfterMs = LOST_AFTER_MS } = service;
  const base = baseOf(service);
  /** Set here, and not taken by the other yet. */
  const untold = new Map<string, SwitchSetting>();
  const kept = new Map<string, string>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  /** As the other told them last. */
  let latest: readonly SwitchView[] = [];
  /** Counts what was changed from here: an answer is of before or after. */
  let changes = 0;
  let [hasLooked, isClosed] = [false, false];
  let timer: unknown;
  let problem: string | undefined = 'the switch service has not answered yet';

  let looking: Promise<void> = Promise.resolve();
  /** One look at a time. */
  function look(): Promise<void> {
    looking = looking.then(lookOnce);
    return looking;
  }

  async function lookOnce(): Promise<void> {
    if (isClosed) return;
    // A process that stood still closes its gate in the turn in which it finds out.
    if (hasLooked) await judge();
    hasLooked = true;
    const askedAt = clock.monotonic();
    try {
      for (const [key, setting] of untold) await tell(key, setting);
      const [before, known] = [changes, shared.history.length];
      const { status, body } = await request('GET', PATH);
      const there = (body as { readonly switches?: unknown } | null)?.switches;
      if (status !== 200 || !Array.isArray(there)) throw new Error(`it answered ${status}`);
      // An answer from before a change says nothing of it: the next one does.
      if (before === changes && known === shared.history.length) await take(there as readonly SwitchView[]);
      answeredAt = askedAt;
      problem = undefined;
    } catch (error) {
      problem = causeOf(error);
    }
    await judge();
  }

  const isLost = (): boolean => clock.monotonic() - answeredAt > lostAfterMs;

  /** Closes what is to be closed for want of an answer, and opens it when there is one. */
  async function judge(): Promise<void> {
    const own = shared.switches.find(({ type, target }) => type === 'RISK_LIMIT' && target === undefined);
    const isOurs = own?.state === 'ACTIVE' && own.by === BY;
    if (isLost() && own?.state !== 'ACTIVE') {
      say(`${base} does not answer: nothing new is sent`);
      const reason = `The kill switches at ${base} cannot be read (${problem ?? 'no answer'}): nothing new is sent until they can.`;
      await quietly(shared.set({ type: 'RISK_LIMIT', state: 'ACTIVE', reason, by: BY }));
    }
    if (!isLost() && isOurs) {
      say(`${base} answers again`);
      const reason = `The kill switches at ${base} can be read again.`;
      // No person set it, and what a case of this machine blocks it blocks by itself (V7).
      await quietly(shared.release({ type: 'RISK_LIMIT', by: BY, reason, force: true }));
    }
  }

  const quietly = (change: Promise<void>): Promise<void> => change.catch((error: unknown) => say(causeOf(error)));

  function say(message: string): void {
    if (logger !== false) logger.warn({ switchService: base }, message);
  }

  async function take(there: readonly SwitchView[]): Promise<void> {
    latest = there;
    const known = new Set(there.map(({ type, target }) => switchKey(type, target)));
    // What the other has never heard of, or has forgotten, it is told again.
    for (const { type, target, state, reason, by } of shared.switches)
      if (state === 'ACTIVE' && by !== BY && !known.has(switchKey(type, target)))
        untold.set(switchKey(type, target), { type, target, state, reason, by });
    for (const { type, target, state, reason, by = 'the switch service' } of there) {
      const key = switchKey(type, target);
      const here = shared.switches.find((one) => switchKey(one.type, one.target) === key);
      const before = here?.state ?? 'OFF';
      const isSame = before === state && here?.by !== BY;
      if (isSame || untold.has(key)) {
        kept.delete(key);
        continue;
      }
      // What this machine holds for want of an answer is its own affair.
      if (here?.by === BY && isMoreSevere(before, state)) continue;
      const setting = { type, target, state, reason, by };
      try {
        await (state === 'OFF' ? shared.release({ type, target, by, reason }) : shared.set(setting));
        kept.delete(key);
      } catch (error) {
        kept.set(key, `${key} is ${state} at ${base}, and stays ${before} here: ${causeOf(error)}`);
      }
    }
  }

  async function tell(key: string, setting: SwitchSetting): Promise<void> {
    changes += 1;
    const { type, target, state, reason, by } = setting;
    const { status, body } = await request('POST', PATH, { type, target, state, reason, by });
    changes += 1;
    if (status === WAITS) throw secondPerson(base);
    if (status >= REFUSED) throw refusalOf(status, body);
    if (untold.get(key) === setting) untold.delete(key);
  }

  async function set(change: SwitchSetting): Promise<void> {
    const before = shared.switches.find(
      (one) => switchKey(one.type, one.target) === switchKey(change.type, change.target),
    );
    const lowers = isMoreSevere(before?.state ?? 'OFF', change.state);
    if (!lowers) await shared.set(change);
    const key = switchKey(change.type, change.target);
    if (!lowers) untold.set(key, change);
    try {
      await tell(key, change);
    } catch (error) {
      if (error instanceof FillchartError && lowers) throw error;
      const done = lowers ? 'Nothing has changed' : 'It is set here, and is told to the others as soon as it can be';
      throw new FillchartError('NOT_READY', `${done}: ${base} does not take it now (${causeOf(error)}).`);
    }
    if (lowers) await look();
  }

  async function release({ type, target, by, reason, force }: SwitchRelease): Promise<void> {
    const asked = { type, target, by, reason, ...(force === true && { force }) };
    const { status, body } = await request('POST', `${PATH}/release`, asked).catch((error: unknown) => {
      throw new FillchartError('NOT_READY', `Nothing is released: ${base} does not answer (${causeOf(error)}).`);
    });
    changes += 1;
    if (status === WAITS) throw secondPerson(base);
    if (status >= REFUSED) throw refusalOf(status, body);
    untold.delete(switchKey(type, target));
    if (force === true) await quietly(shared.release({ type, target, by, reason, force }));
    await look();
    const why = kept.get(switchKey(type, target));
    if (why !== undefined) throw new FillchartError('KILL_SWITCH_RELEASE_REFUSED', `${why}.`);
  }

  async function follow(): Promise<void> {
    await look();
    if (!isClosed) timer = clock.setTimeout(() => void follow(), pollMs);
  }

  /** What engines set here, such as a limit that is reached, is told like what people set. */
  const own$ = shared.changes$.subscribe((change) => {
    const { type, target, state, reason, by } = change;
    if (by === BY || state !== 'ACTIVE' || isActiveIn(latest, type, target)) return;
    untold.set(switchKey(type, target), { type, target, state, reason, by });
  });

  return {
    killSwitch: Object.defineProperties(Object.create(shared) as KillSwitch, {
      set: { value: set },
      release: { value: release },
    }),
    lost: () => (isLost() ? `The kill switches at ${base} cannot be read: ${problem ?? 'no answer'}.` : undefined),
    problems: () => [...kept.values()].map((why) => `${why}.`),
    begin: follow,
    close() {
      isClosed = true;
      clock.clearTimeout(timer);
      own$.unsubscribe();
    },
  };
}

const secondPerson = (base: string) =>
  new FillchartError('SECOND_PERSON_NEEDED', `A second person releases it at ${base}.`);

const isActiveIn = (switches: readonly SwitchView[], type: SwitchView['type'], target: string | undefined): boolean =>
  switches.some((one) => switchKey(one.type, one.target) === switchKey(type, target) && one.state === 'ACTIVE');

function refusalOf(status: number, body: unknown): Error {
  const { code, message } = (body ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' && Object.hasOwn(reasons, code)
    ? new FillchartError(code as ReasonCode, String(message))
    : new Error(`the switch service answered ${status}`);
}

/** Requests over HTTP, each under a deadline over its whole answer. */
export function switchRequests(
  service: SwitchServiceOptions,
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
): SwitchRequest {
  const { token, lostAfterMs = LOST_AFTER_MS } = service;
  return async (method, path, body) => {
    const ended = new AbortController();
    const limit = clock.setTimeout(() => ended.abort(new Error(`no answer within ${lostAfterMs} ms`)), lostAfterMs);
    try {
      const answer = await fetch(`${baseOf(service)}${path}`, {
        method,
        signal: ended.signal,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: await answer.json() };
    } finally {
      clock.clearTimeout(limit);
    }
  };
}

const baseOf = ({ url }: SwitchServiceOptions): string => url.replace(/\/+$/, '');
