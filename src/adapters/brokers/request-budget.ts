/**
 * What a venue lets an account ask, divided by what it is for.
 *
 * 1. `safety` (cancel, exits) is counted and never held back: it goes out ahead of everything (K3).
 * 2. `look` (the last look at an order, the reconciliation) and `watch` (the polls of a live order) may use all that the
 *    venue takes. A look that does not fit waits a moment and then goes all the same; a poll is left out.
 * 3. `read` (what is asked before an entry) and `submit` leave the reserve to them; `background` (sweeps, closed orders)
 *    leaves further room for the lives that have begun.
 * 4. `capacity` counts whole lives: what those in flight have not yet spent of theirs is taken already.
 * 5. A refusal by the venue (429, or 418, a ban) holds back what uses the same limits until `Retry-After` is over; looks
 *    and safety go on, for they decide about money.
 */
import type { Clock } from '../../domain/ports.js';
import { type LifeSpending, lifeSpending } from './life-spending.js';
import { type Cost, type Meter, type RateMeter, rateMeter, type Told } from './rate-meter.js';

export type Purpose = 'background' | 'read' | 'submit' | 'watch' | 'look' | 'safety';

export interface BudgetRules {
  /** The venue's limits by name. */
  readonly meters: Readonly<Record<string, Meter>>;
  /** What a whole life takes of each: reads before the entry, submit, first polls, exits, look-ups, reconciliation. */
  readonly life: Cost;
  /** Part of each limit that entries and the reads before them leave to cancels, exits and looks. */
  readonly reserve: number;
  /** Part of each limit that is left to the polls of orders that rest. */
  readonly watchShare: number;
  /** Part of each limit that such polls may take while it is not needed; twice `watchShare` by default. */
  readonly pollShare?: number;
  /** What the headers of an answer tell, by limit; `cost` is that of the request. */
  readonly told?: (headers: Pick<Headers, 'get'>, cost: Cost, now: number) => Readonly<Record<string, Told>>;
}

/** A request that may go out, or the reason why it may not. */
export interface Ticket {
  /** Why it may not be sent now, in one phrase. */
  readonly held?: string;
  /** Until it may be, in ms. */
  readonly waitMs: number;
  /** Reads what the venue says of its limits with the answer. */
  note(status: number, headers: Pick<Headers, 'get'>): void;
  /** Holds back what uses the same limits, where the venue says in its own words that it was too much. */
  pause(ms: number): void;
}

export interface RequestBudget {
  /** Counts a request, unless it is held. `tag` is the life that it belongs to, by the entry's id, or a name of its own. */
  take(purpose: Purpose, cost?: Cost, tag?: string): Ticket;
  /** The same; one that does not fit waits as long as its purpose allows. */
  admit(purpose: Purpose, signal: AbortSignal, cost?: Cost, tag?: string): Promise<Ticket>;
  /** An entry goes out: what was spent under `before` (its symbol) was spent for this life. */
  begin(life: string, before?: string): void;
  /** A life has come to its end, as far as the adapter sees. */
  end(life: string): void;
  /** How many further lives fit while `inFlight` have begun and not ended. */
  capacity(inFlight: number): number;
  /** Least time between two polls of one order, in ms, when so many are polled and each poll costs `cost`. */
  pollGapMs(orders: number, cost?: Cost): number;
  /** Units in use, of the limit of that name. */
  used(meter?: string): number;
  /** The limit of that name as configured, or as the venue told it last. */
  limit(meter?: string): { readonly limit: number; readonly perMs: number } | undefined;
}

/** The one limit of a venue that counts requests. */
const REQUESTS = 'requests';
export const ONE_REQUEST: Cost = { [REQUESTS]: 1 };

/** Wait after a 429 that names no time. */
const BLIND_WAIT_MS = 1_000;
/** Whatever a header says, it is not believed for longer. */
const LONGEST_PAUSE_MS = 60_000;
/** A shorter window is seen as a rate, and lives are let in at that rate. */
const SHORT_MS = 10_000;

/** How long a request may wait for room. Entries never wait: what was checked before them must still hold. */
const PATIENCE_MS: Readonly<Record<Purpose, number>> = {
  background: 4_000,
  read: 4_000,
  submit: 0,
  watch: 0,
  look: 1_500,
  safety: 0,
};

/** So many requests in any minute, of which `reserved` are left to cancels, exits and looks. */
export const minuteRules = (perMinute: number, reserved: number, lifeRequests: number): BudgetRules => ({
  meters: { [REQUESTS]: { kind: 'window', limit: perMinute, perMs: 60_000 } },
  life: { [REQUESTS]: lifeRequests },
  reserve: reserved / perMinute,
  watchShare: 0.2,
  told: rateLimitHeaders,
});

/** `x-ratelimit-limit`, `-remaining` and `-reset` (epoch seconds) of a venue that counts requests. */
function rateLimitHeaders(headers: Pick<Headers, 'get'>, _cost: Cost, now: number): Record<string, Told> {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    wholeOf(headers.get(`x-ratelimit-${name}`)),
  );
  if (limit === undefined && remaining === undefined) return {};
  return {
    [REQUESTS]: {
      ...(limit !== undefined && { limit }),
      ...(remaining !== undefined && { remaining }),
      ...(reset !== undefined && { resetMs: Math.max(0, reset * 1_000 - now) }),
    },
  };
}

export const wholeOf = (value: string | null): number | undefined =>
  value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;

export function requestBudget(clock: Clock, rules: BudgetRules): RequestBudget {
  const meters = new Map(Object.entries(rules.meters).map(([name, meter]) => [name, rateMeter(meter)]));
  const pausedUntil = new Map<string, number>();
  const lives = lifeSpending();
  let mark = 0;

  const metersOf = (cost: Cost): readonly (readonly [string, RateMeter, number])[] =>
    Object.entries(cost).flatMap(([name, units]) => {
      const meter = meters.get(name);
      return meter === undefined ? [] : [[name, meter, units] as const];
    });

  /** How long the request must wait, and why. */
  function hindrance(purpose: Purpose, cost: Cost): { readonly waitMs: number; readonly why: string } | undefined {
    if (purpose === 'safety') return undefined;
    const now = clock.monotonic();
    let worst: { readonly waitMs: number; readonly why: string } | undefined;
    for (const [name, meter, units] of metersOf(cost)) {
      const pauseMs = purpose === 'look' ? 0 : (pausedUntil.get(name) ?? now) - now;
      const most = meter.limit * partOf(purpose, rules);
      const roomMs = meter.waitMs(now, units, Math.max(most, units));
      const waitMs = Math.max(pauseMs, roomMs);
      if (waitMs <= (worst?.waitMs ?? 0)) continue;
      const spent = Math.ceil(meter.used(now));
      const why =
        pauseMs >= roomMs
          ? `rate limit: ${Math.ceil(pauseMs)} ms to wait`
          : `rate budget: ${spent} of ${meter.limit} ${name} in the last ${meter.perMs / 1_000} s`;
      worst = { waitMs, why };
    }
    return worst;
  }

  function ticket(cost: Cost, own: number, held?: { readonly waitMs: number; readonly why: string }): Ticket {
    function pause(ms: number): void {
      const until = clock.monotonic() + Math.min(LONGEST_PAUSE_MS, Math.max(0, ms));
      for (const [name] of metersOf(cost)) pausedUntil.set(name, Math.max(pausedUntil.get(name) ?? 0, until));
    }
    return {
      ...(held !== undefined && { held: held.why }),
      waitMs: held?.waitMs ?? 0,
      pause,
      note(status, headers) {
        if (status === 429 || status === 418) pause(retryAfterMs(headers, clock) ?? BLIND_WAIT_MS);
        const told = rules.told?.(headers, cost, clock.now()) ?? {};
        for (const [name, said] of Object.entries(told)) meters.get(name)?.believe(clock.monotonic(), said, own);
      },
    };
  }

  function send(purpose: Purpose, cost: Cost, tag: string | undefined): Ticket {
    mark += 1;
    const now = clock.monotonic();
    for (const [, meter, units] of metersOf(cost)) meter.spend(now, units, mark, purpose === 'watch');
    if (tag !== undefined) lives.spend(tag, cost, now);
    return ticket(cost, mark);
  }

  function take(purpose: Purpose, cost: Cost = ONE_REQUEST, tag?: string): Ticket {
    const held = hindrance(purpose, cost);
    return held === undefined ? send(purpose, cost, tag) : ticket(cost, mark, held);
  }

  return {
    take,
    async admit(purpose, signal, cost = ONE_REQUEST, tag) {
      const end = clock.monotonic() + PATIENCE_MS[purpose];
      for (;;) {
        const now = clock.monotonic();
        const held = hindrance(purpose, cost);
        if (held === undefined || (purpose === 'look' && now >= end)) return send(purpose, cost, tag);
        const waitMs = purpose === 'look' ? Math.min(held.waitMs, end - now) : held.waitMs;
        if (now + waitMs > end || signal.aborted) return ticket(cost, mark, held);
        await pauseOf(clock, Math.max(1, waitMs), signal);
      }
    },
    begin: (life, before) => lives.begin(life, before, clock.monotonic()),
    end: lives.end,
    capacity: (inFlight) => capacityOf({ rules, meters, pausedUntil, lives, now: clock.monotonic() }, inFlight),
    pollGapMs(orders, cost = ONE_REQUEST) {
      const gaps = metersOf(cost).map(
        ([, meter, units]) =>
          (orders * units * meter.perMs) / (meter.limit * (rules.pollShare ?? 2 * rules.watchShare)),
      );
      return Math.ceil(Math.max(0, ...gaps));
    },
    used: (name = REQUESTS) => Math.ceil(meters.get(name)?.used(clock.monotonic()) ?? 0),
    limit(name = REQUESTS) {
      const meter = meters.get(name);
      return meter && { limit: meter.limit, perMs: meter.perMs };
    },
  };
}

function partOf(purpose: Purpose, { reserve, watchShare }: BudgetRules): number {
  if (purpose === 'background') return Math.max(0.1, 1 - 2 * reserve - watchShare);
  if (purpose === 'read') return 1 - reserve;
  return purpose === 'submit' ? 1 - reserve / 2 : 1;
}

interface CapacityView {
  readonly rules: BudgetRules;
  readonly meters: ReadonlyMap<string, RateMeter>;
  readonly pausedUntil: ReadonlyMap<string, number>;
  readonly lives: LifeSpending;
  readonly now: number;
}

function capacityOf({ rules, meters, pausedUntil, lives, now }: CapacityView, inFlight: number): number {
  let least = Number.MAX_SAFE_INTEGER;
  for (const [name, meter] of meters) {
    const units = rules.life[name] ?? 0;
    if (units <= 0) continue;
    if ((pausedUntil.get(name) ?? now) > now) return 0;
    const part = 1 - rules.reserve - rules.watchShare;
    const life = Math.min(units, meter.limit * part);
    const rest = Math.max(0, inFlight * life - lives.spentBy(inFlight, name, life));
    const isShort = meter.perMs < SHORT_MS;
    const whole = meter.limit * part * (isShort ? SHORT_MS / meter.perMs : 1);
    const byWatch = Math.min(meter.usedByWatch(now), meter.limit * rules.watchShare);
    const used = meter.used(now) - byWatch;
    const room = (whole - (isShort ? 0 : used) - rest) / life;
    least = Math.min(least, room);
    if (!isShort) continue;
    // At this moment: entries that are still to come, and what the latest of them have yet to ask.
    const coming = lives.pending(inFlight) * life + lives.restOfBegunSince(now - meter.perMs, name, life);
    const burst = (Math.max(life, meter.limit * part) - used - coming) / life;
    least = Math.min(least, burst);
  }
  return Math.max(0, Math.floor(least + 1e-9));
}

/** `Retry-After`: seconds, or a date. */
function retryAfterMs(headers: Pick<Headers, 'get'>, clock: Clock): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - clock.now();
  return Number.isFinite(ms) ? ms : undefined;
}

function pauseOf(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
