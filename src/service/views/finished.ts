/**
 * Executions as lists and events ask for them again and again: remembered here, in order, and neither read from the journal nor
 * asked of the engine each time. A page costs its own length, however many are live, wait or are over.
 *
 * 1. Bounded: what is live or waits, the latest {@link MOST_LISTED} executions of an account that are over, as short entries,
 *    and the last {@link MOST_WHOLE} that were looked at as a whole.
 * 2. How what is live stands is asked of the engine each time. What is over stands as it ended, until it is run once more: cases
 *    and positions are told beside it.
 * 3. What ends is noted in the turn in which its result is told, while the engine has it in memory.
 */
import type { AuditRecord } from '../../domain/audit.js';
import type { Clock } from '../../domain/ports.js';
import { attempt } from '../../domain/reading.js';
import { isoTime } from '../../domain/time.js';
import type { Execution as Handle } from '../../index.js';
import type { OpenAccount } from '../accounts/account.js';
import { type Standing, standingOf } from './execution-view.js';
import { type OrderedList, orderedList, type Placed } from './ordered-list.js';

/** As much of an execution as lists choose and order by. */
export interface ListEntry extends Placed {
  readonly symbol: string;
  /** The final one; absent while it is live or waits. */
  readonly status?: string;
}

export interface ExecutionList {
  readonly finished: OrderedList<ListEntry>;
  /** Live, or waiting; for a moment also what is over and not durable. */
  readonly live: OrderedList<ListEntry>;
}

interface FinishedExecutions {
  /** The latest that are over, and every one that is live or waits. */
  list(account: OpenAccount): ExecutionList;
  /** What was kept of it; undefined while it is live, and when it has to be looked at. */
  kept(account: OpenAccount, advisoryId: string): Standing | undefined;
  keep(account: OpenAccount, standing: Standing): void;
  saw(account: OpenAccount, record: AuditRecord): void;
  /** Told of what was just handed to the engine, which may wait before its first record. */
  sawStart(account: OpenAccount, handle: Handle): void;
}

export const MOST_LISTED = 10_000;
const MOST_WHOLE = 2_000;
/** Dropped in one go beyond a bound, so that it costs little. */
const SLACK = 200;

interface Known {
  readonly entries: OrderedList<ListEntry>;
  readonly live: OrderedList<ListEntry>;
  readonly whole: Map<string, Standing>;
  /** Over since the last list. */
  readonly ended: Set<string>;
  isRead: boolean;
}

export function finishedExecutions(clock: Pick<Clock, 'now'>): FinishedExecutions {
  const byEngine = new WeakMap<OpenAccount['engine'], Known>();

  function knownOf({ engine }: OpenAccount): Known {
    const known = byEngine.get(engine);
    if (known !== undefined) return known;
    const made: Known = {
      entries: orderedList(),
      live: orderedList(),
      whole: new Map(),
      ended: new Set(),
      isRead: false,
    };
    byEngine.set(engine, made);
    return made;
  }

  return {
    list(account) {
      const known = knownOf(account);
      const { entries, live, ended } = known;
      // Once all that is kept; from then on it is told what changes.
      if (!known.isRead) readAll(account, known);
      for (const advisoryId of ended) {
        const entry = entryOf(account, advisoryId);
        live.delete(advisoryId);
        if (entry !== undefined) entries.put(entry);
      }
      ended.clear();
      entries.keepLast(MOST_LISTED);
      return { finished: entries, live };
    },
    kept: (account, advisoryId) => knownOf(account).whole.get(advisoryId),
    keep: (account, standing) => keepIn(knownOf(account), standing),
    saw(account, { advisoryId, event, details }) {
      if (advisoryId === undefined) return;
      if (event !== 'execution_start' && event !== 'execution_result') return;
      const known = knownOf(account);
      known.whole.delete(advisoryId);
      if (event === 'execution_result') keepNow(account, known, advisoryId);
      if (!known.isRead) return;
      if (event === 'execution_start') begun(known, entryOf(account, advisoryId));
      else over(known, advisoryId, String(details['status']));
      // Nobody has asked for long: the next who does has it read anew.
      if (known.ended.size > MOST_LISTED) forget(known);
    },
    sawStart(account, { advisoryId, snapshot: { symbol }, result }) {
      const known = knownOf(account);
      known.whole.delete(advisoryId);
      if (!known.isRead || known.live.get(advisoryId) !== undefined) return;
      const startedAt = isoTime(clock.now());
      begun(known, { advisoryId, symbol, place: placeOf(account, startedAt, advisoryId) });
      // One that is over before it was recorded is told by no record.
      const gone = (): void => {
        if (known.live.get(advisoryId) !== undefined) known.ended.add(advisoryId);
      };
      result.then(gone, gone);
    },
  };
}

function keepIn({ whole }: Known, standing: Standing): void {
  whole.set(standing.advisoryId, standing);
  trim(whole, MOST_WHOLE);
}

function keepNow(account: OpenAccount, known: Known, advisoryId: string): void {
  const standing = attempt(() => {
    const handle = account.engine.execution(advisoryId);
    return handle && standingOf(account, handle);
  });
  if (standing?.result !== undefined) keepIn(known, standing);
}

function readAll(account: OpenAccount, known: Known): void {
  known.isRead = true;
  for (const { advisoryId, symbol, stage, state, startedAt } of account.engine.executions({ limit: MOST_LISTED })) {
    const entry = { advisoryId, symbol, place: placeOf(account, startedAt, advisoryId) };
    if (state === 'done') known.entries.put({ ...entry, status: stage });
    else known.live.put(entry);
  }
}

function over({ entries, live, ended }: Known, advisoryId: string, status: string): void {
  const entry = live.get(advisoryId);
  live.delete(advisoryId);
  if (entry === undefined) {
    ended.add(advisoryId);
    return;
  }
  ended.delete(advisoryId);
  entries.put({ ...entry, status });
  if (entries.size > MOST_LISTED + SLACK) entries.keepLast(MOST_LISTED);
}

/** It is live; an earlier run of it is listed no more. */
function begun({ entries, live, ended }: Known, entry: ListEntry | undefined): void {
  if (entry === undefined) return;
  const { advisoryId } = entry;
  entries.delete(advisoryId);
  ended.delete(advisoryId);
  live.put(entry);
}

const placeOf = ({ name }: OpenAccount, startedAt: string, advisoryId: string): string =>
  `${startedAt} ${name} ${advisoryId}`;

function entryOf(account: OpenAccount, advisoryId: string): ListEntry | undefined {
  const handle = account.engine.execution(advisoryId);
  if (handle === undefined) return undefined;
  const { context } = handle.actor.getSnapshot();
  const { snapshot } = context;
  const startedAt = new Date(context.startedAt).toISOString();
  return {
    advisoryId,
    symbol: snapshot.symbol,
    ...(context.result !== undefined && { status: handle.stage }),
    place: placeOf(account, startedAt, advisoryId),
  };
}

function forget(known: Known): void {
  known.entries.clear();
  known.live.clear();
  known.ended.clear();
  known.isRead = false;
}

/** Keeps the last. */
function trim(all: Map<string, unknown>, most: number): void {
  if (all.size <= most + SLACK) return;
  for (const key of all.keys()) {
    if (all.size <= most) return;
    all.delete(key);
  }
}
