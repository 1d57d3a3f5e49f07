/**
 * What is over, as lists and events ask for it again and again: remembered here, and not read from the journal each time.
 *
 * 1. Bounded: the latest {@link MOST_LISTED} executions of an account as short entries, the last {@link MOST_WHOLE} that were
 *    looked at as a whole.
 * 2. Each record about an advisory makes its execution be looked at anew: a late fill, a case, another run.
 * 3. What is live is asked of the engine each time.
 */
import type { AuditRecord } from '../../domain/audit.js';
import type { OpenAccount } from '../accounts/account.js';
import type { Execution } from '../api/executions.js';
import { type OrderedList, orderedList, type Placed } from './ordered-list.js';

/** As much of an execution as lists choose and order by. */
export interface ListEntry extends Placed {
  readonly symbol: string;
  readonly status: string;
  readonly isOver: boolean;
  readonly startedAt: string;
}

export interface ExecutionList {
  readonly finished: OrderedList<ListEntry>;
  /** Live, or waiting; in no order. */
  readonly live: readonly ListEntry[];
}

/** What of an execution does not change with its cases, its position and its place in line. */
export type Standing = Omit<Execution, 'openCases' | 'needsAttention' | 'group'>;

export interface FinishedExecutions {
  /** The latest that are over, and every one that is live or waits. */
  list(account: OpenAccount): ExecutionList;
  /** What was kept of it; undefined while it is live, and when it has to be looked at. */
  kept(account: OpenAccount, advisoryId: string): Standing | undefined;
  keep(account: OpenAccount, standing: Standing): void;
  saw(account: OpenAccount, record: AuditRecord): void;
}

export const MOST_LISTED = 10_000;
export const MOST_WHOLE = 2_000;
/** Dropped in one go beyond a bound, so that it costs little. */
const SLACK = 200;

interface Known {
  readonly entries: OrderedList<ListEntry>;
  readonly whole: Map<string, Standing>;
  /** Over since the last list. */
  readonly ended: Set<string>;
  isRead: boolean;
}

export function finishedExecutions(): FinishedExecutions {
  const byEngine = new WeakMap<OpenAccount['engine'], Known>();

  function knownOf({ engine }: OpenAccount): Known {
    const known = byEngine.get(engine);
    if (known !== undefined) return known;
    const made: Known = { entries: orderedList(), whole: new Map(), ended: new Set(), isRead: false };
    byEngine.set(engine, made);
    return made;
  }

  return {
    list(account) {
      const known = knownOf(account);
      const { entries, ended } = known;
      // Once all that is kept; from then on what is in memory, and what has ended since.
      const told = account.engine.executions(known.isRead ? { live: true } : { limit: MOST_LISTED });
      known.isRead = true;
      const live: ListEntry[] = [];
      for (const { advisoryId, symbol, stage, state, startedAt } of told) {
        const place = placeOf(account, startedAt, advisoryId);
        const entry = { advisoryId, symbol, status: stage, isOver: state === 'done', startedAt, place };
        ended.delete(advisoryId);
        if (entry.isOver) {
          entries.put(entry);
          continue;
        }
        live.push(entry);
        entries.delete(advisoryId);
      }
      for (const advisoryId of ended) {
        const entry = entryOf(account, advisoryId);
        if (entry !== undefined) entries.put(entry);
      }
      ended.clear();
      entries.keepLast(MOST_LISTED);
      return { finished: entries, live };
    },
    kept: (account, advisoryId) => knownOf(account).whole.get(advisoryId),
    keep(account, standing) {
      const { whole } = knownOf(account);
      whole.set(standing.advisoryId, standing);
      trim(whole, MOST_WHOLE);
    },
    saw(account, { advisoryId, event }) {
      if (advisoryId === undefined) return;
      const known = knownOf(account);
      known.whole.delete(advisoryId);
      if (event === 'execution_start') known.entries.delete(advisoryId);
      if (event !== 'execution_result' || !known.isRead) return;
      known.ended.add(advisoryId);
      // Nobody has asked for long: the next who does has it read anew.
      if (known.ended.size > MOST_LISTED) forget(known);
    },
  };
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
    status: handle.stage,
    isOver: context.result !== undefined,
    startedAt,
    place: placeOf(account, startedAt, advisoryId),
  };
}

function forget(known: Known): void {
  known.entries.clear();
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
