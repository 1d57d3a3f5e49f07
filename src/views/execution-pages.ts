/**
 * Lists of executions: those in memory, and those that are over, a page at a time from the journal (E7).
 *
 * 1. A list is in the order in which executions began, oldest first. Each advisory stands in it once, with its last run.
 * 2. What is not as it was written is left out, and told; it hides no other (A9).
 * 3. A page costs its own length, whatever the journal holds. A result in it is read when somebody looks at it.
 */
import type { AuditEntry } from '../domain/audit.js';
import type { JournalRecord } from '../domain/journal.js';
import type { RecordLookup } from '../domain/journal-index.js';
import { causeOf } from '../domain/reading.js';
import { type ExecutionResult, ExecutionStage } from '../domain/result.js';
import { isoTime } from '../domain/time.js';
import { isDamage } from '../journal/damage.js';
import { beginsLife, lifeOf } from '../journal/lives.js';
import type { ExecutionInput, FactOf } from '../machines/execution.facts.js';
import type { ExecutionView } from './execution-view.js';

/** Which executions `engine.executions` lists. @public @since 0.1.0 */
export interface ExecutionsQuery {
  /** The next page: those that are over and began after this advisory's execution, the first `limit` of them. */
  readonly after?: string | undefined;
  /** The page before: those that are over and began before this advisory's execution, the last `limit` of them. */
  readonly before?: string | undefined;
  /**
   * At most so many that are over, 1 to 10,000; 1,000 by default. Without `after` and `before` the list holds the latest of
   * these, and every execution that is live or waits.
   */
  readonly limit?: number | undefined;
  /** Only those at this stage, of the latest 10,000: a final status, or an internal one. */
  readonly stage?: ExecutionStage | undefined;
  /** Only those that are live or wait, and those whose result is not durable yet: the journal is not read. */
  readonly live?: boolean | undefined;
}

const DEFAULT_LIMIT = 1_000;

/** With a stage asked for, so many executions are looked through for it, at most. */
const MOST_LOOKED_AT = 10_000;
/** Read at once, at most and at least. */
const CHUNK = 256;
const LEAST_CHUNK = 16;

export interface FinishedPages {
  /** Executions of the journal that are not in memory, oldest first. */
  page(query: ExecutionsQuery): readonly ExecutionView[];
  /** The record that begins the advisory's last run. */
  beginOf(advisoryId: string): JournalRecord | undefined;
}

interface PagesParts {
  readonly lookup: RecordLookup;
  /** Listed from memory. */
  readonly isInMemory: (advisoryId: string) => boolean;
  readonly resultOf: (advisoryId: string) => ExecutionResult | undefined;
  /** Told of an execution that is left out, because its records are not as they were written. */
  readonly onDamage: (cause: string) => void;
}

export function finishedPages({ lookup, isInMemory, resultOf, onDamage }: PagesParts): FinishedPages {
  const beginOf = (advisoryId: string) => lifeOf(lookup.ofAdvisory(advisoryId))[0];

  /** First records of executions in one direction, without end. */
  function* starts({ after, before, limit = DEFAULT_LIMIT }: ExecutionsQuery): Generator<JournalRecord> {
    const isForward = after !== undefined;
    const size = Math.min(CHUNK, Math.max(LEAST_CHUNK, limit));
    let seq = placeOf(after ?? before, isForward);
    for (;;) {
      const chunk = isForward ? lookup.startsAfter(seq, size) : lookup.startsBefore(seq, size);
      yield* chunk;
      const last = chunk.at(-1);
      if (last === undefined || chunk.length < size) return;
      seq = last.seq;
    }
  }

  function placeOf(advisoryId: string | undefined, isForward: boolean): number {
    if (advisoryId === undefined) return Number.MAX_SAFE_INTEGER;
    // Nothing comes after, or before, what is not there.
    return beginOf(advisoryId)?.seq ?? (isForward ? Number.MAX_SAFE_INTEGER : 0);
  }

  function viewOf(start: JournalRecord): ExecutionView | undefined {
    const { advisoryId = '' } = start;
    // One without lines cannot be read: its life says why.
    const isBegin = beginsLife(start) || start.audit.length === 0;
    if (!isBegin || isInMemory(advisoryId)) return undefined;
    const life = lifeOf(lookup.ofAdvisory(advisoryId));
    if (life[0]?.seq !== start.seq) return undefined;
    const end = life.flatMap(({ audit }) => audit).findLast(({ event }) => event === 'execution_result');
    return end === undefined ? undefined : finishedView(start, end, () => resultOf(advisoryId));
  }

  function readableView(start: JournalRecord): ExecutionView | undefined {
    try {
      return viewOf(start);
    } catch (error) {
      if (!isDamage(error)) throw error;
      onDamage(causeOf(error));
      return undefined;
    }
  }

  function page(query: ExecutionsQuery): readonly ExecutionView[] {
    const { limit = DEFAULT_LIMIT, stage, after } = query;
    const found: ExecutionView[] = [];
    let looked = 0;
    for (const start of starts(query)) {
      if (found.length >= limit || looked >= Math.max(limit, MOST_LOOKED_AT)) break;
      looked += 1;
      const view = readableView(start);
      if (view !== undefined && (stage === undefined || view.stage === stage)) found.push(view);
    }
    return after === undefined ? found.reverse() : found;
  }

  return { page, beginOf };
}

/**
 * The list that a caller gets: with a cursor a page of what is over; without one the latest of that, and all that is in memory;
 * or what is live alone.
 *
 * @param inMemory live, waiting, or not yet durable: in the order in which they began
 */
export function listed(
  query: ExecutionsQuery,
  pages: FinishedPages,
  inMemory: readonly ExecutionView[],
): readonly ExecutionView[] {
  const { after, before, stage, live } = query;
  const finished = live === true ? [] : pages.page(query);
  if (after !== undefined || before !== undefined) return finished;
  const wanted = inMemory.filter((view) => stage === undefined || view.stage === stage);
  return live === true ? wanted : inOrder(finished, wanted);
}

/** Two lists as one; each is in order of beginning. */
function inOrder(one: readonly ExecutionView[], other: readonly ExecutionView[]): readonly ExecutionView[] {
  if (one.length === 0 || other.length === 0) return [...one, ...other];
  return [...one, ...other].sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
}

function finishedView(
  start: JournalRecord,
  end: AuditEntry & { readonly t?: number },
  result: () => ExecutionResult | undefined,
): ExecutionView {
  const { advisoryId, clientOrderId, snapshot } = (start.fact as unknown as FactOf<'START'>).advisory as ExecutionInput;
  const { finalPositionSize, finalFillPrice, status } = end.details as Readonly<Record<string, string | undefined>>;
  const { symbol, side, positionSize } = snapshot;
  const view = {
    ...{ advisoryId, clientOrderId, symbol, side, positionSize },
    state: 'done',
    stage: ExecutionStage[status as ExecutionStage] ?? ExecutionStage.FAILED,
    cumQty: finalPositionSize ?? '0',
    ...(finalFillPrice !== undefined && { avgPrice: finalFillPrice }),
    startedAt: isoTime(start.at),
    t: end.t ?? 0,
  };
  return Object.defineProperty(view, 'result', { enumerable: true, get: result }) as ExecutionView;
}
