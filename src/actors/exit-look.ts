/**
 * One look at some exits, with as few calls as the adapter allows: in batches where it has them, else the list of open orders
 * first and then, a few at a time, those that it does not show. Failures in a row end a look.
 *
 * 1. A failed call is no news (M4). "Not found" proves nothing by itself; whoever looks is told whether the open orders show it.
 * 2. There may be ten thousand of them: what is told of them is published in slices, and the event loop goes on in between.
 */
import type { BrokerAdapter, BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import { callBroker } from './calls.js';
import { type Rest, SHORT_SLICE_MS, slices } from './next-turn.js';

interface ExitLookOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly statusDeadlineMs: number;
}

/** What a look at some exits came to. */
export interface ExitAnswers {
  /** Their state is known now. */
  readonly told: ReadonlySet<string>;
  /** The broker does not know them by their id, which proves nothing. */
  readonly notFound: ReadonlySet<string>;
  /** Why another was not answered, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  /** Why the rest was not asked, or the last word that the broker gave instead of an answer. */
  readonly failure?: string;
}

export interface LookLimits {
  /** No question is begun after so many ms. */
  readonly limitMs?: number;
  /** The open orders, when they were asked for just now. */
  readonly listed?: readonly unknown[];
  /** Asked for in a batch, if there is one, and not by themselves. */
  readonly along?: readonly OrderRef[];
}

/** Most single questions of one look: the rest has its turn in the next, longest unasked first. */
const MOST_SINGLES = 60;
/** Single questions under way at once. */
const AT_ONCE = 4;
/** So many failures in a row, and the broker is asked for nothing more in this round. */
const MOST_FAILURES = 3;
/** Most exits in one batch. */
const BATCH = 50;
/** From here on the list of open orders is asked for before single exits. */
const WORTH_A_LIST = 3;

interface LookEvents {
  onAsked(id: string): void;
  onRow(id: string, raw: unknown): void;
  onNotFound(id: string, isListed: boolean): void;
}

interface Look {
  (refs: readonly OrderRef[], limits?: LookLimits): Promise<ExitAnswers>;
  calls(): number;
}

/** Counts what is about to be asked, so that it is not asked beside that. */
export function counting(look: Look, pending: Map<string, number>): Look {
  async function counted(refs: readonly OrderRef[], limits?: LookLimits): Promise<ExitAnswers> {
    for (const { clientOrderId: id } of refs) pending.set(id, (pending.get(id) ?? 0) + 1);
    const answers = await look(refs, limits);
    for (const { clientOrderId: id } of refs) {
      const left = (pending.get(id) ?? 1) - 1;
      if (left === 0) pending.delete(id);
      else pending.set(id, left);
    }
    return answers;
  }
  return Object.assign(counted, { calls: look.calls });
}

/** One look at some exits, with as few calls as the adapter allows. */
export function exitLook({ broker, capabilities, clock, statusDeadlineMs }: ExitLookOptions, events: LookEvents): Look {
  let calls = 0;

  function call(make: (signal: AbortSignal) => Promise<unknown>): Promise<{ value?: unknown; failure?: string }> {
    calls += 1;
    return callBroker(clock, statusDeadlineMs, make).then((outcome) =>
      outcome.kind === 'answered' ? { value: outcome.value } : { failure: outcome.cause },
    );
  }

  /** Publishes the rows about these exits, and notes the ids that they name. */
  async function publish(
    rows: readonly unknown[],
    wanted: ReadonlySet<string>,
    named: Set<string>,
    rest: Rest = slices(clock, SHORT_SLICE_MS),
  ): Promise<void> {
    for (const row of rows) {
      const id = idOf(row);
      if (id === undefined || !wanted.has(id)) continue;
      const turn = rest();
      if (turn !== undefined) await turn;
      events.onRow(id, row);
      named.add(id);
    }
  }

  async function batches(refs: readonly OrderRef[], found: Set<string>): Promise<string | undefined> {
    // One for all: a broker that answers at once must not have many batches go through in one turn.
    const rest = slices(clock, SHORT_SLICE_MS);
    for (let next = 0; next < refs.length; next += BATCH) {
      const part = refs.slice(next, next + BATCH);
      for (const { clientOrderId } of part) events.onAsked(clientOrderId);
      const { value, failure } = await call((signal) => broker.getOrderStatuses?.(part, signal) ?? Promise.resolve([]));
      if (!Array.isArray(value)) return failure ?? 'unreadable answer';
      await publish(value, idsOf(part), found, rest);
    }
    return undefined;
  }

  async function openOrders(): Promise<readonly unknown[] | undefined> {
    if (broker.getOpenOrders === undefined) return undefined;
    const { value } = await call((signal) => broker.getOpenOrders?.(signal) ?? Promise.resolve(undefined));
    return Array.isArray(value) ? value : undefined;
  }

  async function look(refs: readonly OrderRef[], limits: LookLimits = {}): Promise<ExitAnswers> {
    const { limitMs = Number.POSITIVE_INFINITY, along = [] } = limits;
    const endsAt = clock.monotonic() + limitMs;
    const found = { told: new Set<string>(), notFound: new Set<string>(), failures: new Map<string, string>() };
    const left = () => refs.filter(({ clientOrderId }) => !found.told.has(clientOrderId));
    let { listed } = limits;
    if (listed !== undefined) await publish(listed, idsOf(refs), found.told);
    const asked = [...left(), ...along];
    const isBatch = capabilities.batchStatus && broker.getOrderStatuses !== undefined && asked.length > 1;
    const failed = isBatch ? await batches(asked, found.told) : undefined;
    if (failed !== undefined) return { ...found, failure: failed };
    if (!isBatch && listed === undefined && refs.length >= WORTH_A_LIST) {
      listed = await openOrders();
      if (listed !== undefined) await publish(listed, idsOf(refs), found.told);
    }
    const failure = await singles(left().slice(0, MOST_SINGLES), endsAt, found);
    if (found.notFound.size > 0) listed ??= await openOrders();
    for (const id of found.notFound) events.onNotFound(id, listed?.some((row) => idOf(row) === id) === false);
    return { ...found, ...(failure !== undefined && { failure }) };
  }

  return Object.assign(look, { calls: () => calls });

  /** A few at a time. A broker that fails several times in a row is not asked for the rest. */
  async function singles(refs: readonly OrderRef[], endsAt: number, found: Found): Promise<string | undefined> {
    const waiting = [...refs];
    let failure: string | undefined;
    let inARow = 0;
    async function work(): Promise<void> {
      for (let ref = waiting.shift(); ref !== undefined; ref = waiting.shift()) {
        if (inARow >= MOST_FAILURES) return;
        if (clock.monotonic() >= endsAt) {
          failure ??= 'no time was left to ask';
          return;
        }
        const cause = await single(ref, found);
        inARow = cause === undefined ? 0 : inARow + 1;
        failure = cause ?? failure;
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, refs.length) }, work));
    return failure;
  }

  /** Returns why there is no answer. */
  async function single(ref: OrderRef, { told, notFound, failures }: Found): Promise<string | undefined> {
    const id = ref.clientOrderId;
    events.onAsked(id);
    const { value, failure = 'unreadable answer' } = await call((signal) => broker.getOrderStatus(ref, signal));
    if (value === 'not_found') {
      notFound.add(id);
      return undefined;
    }
    const named = new Set<string>();
    await publish([value], idsOf([ref]), named);
    if (named.size === 0) {
      failures.set(id, failure);
      return failure;
    }
    told.add(id);
    return undefined;
  }
}

interface Found {
  readonly told: Set<string>;
  readonly notFound: Set<string>;
  readonly failures: Map<string, string>;
}

const idsOf = (refs: readonly OrderRef[]): ReadonlySet<string> =>
  new Set(refs.map(({ clientOrderId }) => clientOrderId));

function idOf(row: unknown): string | undefined {
  const id = attempt(() => (row as { clientOrderId?: unknown }).clientOrderId);
  return typeof id === 'string' ? id : undefined;
}
