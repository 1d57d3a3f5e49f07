/**
 * A whole journal folded into what the views hold at its end: where a start without a usable checkpoint begins, and what a
 * checkpoint is held against (E7).
 *
 * 1. It is pure: nothing is carried out, and nothing but the records decides.
 * 2. A fact that cannot be folded costs its own execution, position, switch or case, and nothing else (E2); it is told.
 * 3. The folded result of each execution is held against the recorded one (A7).
 */

import { pastTimeOf } from '../actors/engine-time.js';
import { untoldOf } from '../actors/exit-cases.js';
import { type FilledTotals, filledTotals } from '../actors/filled-totals.js';
import { inSlices } from '../actors/next-turn.js';
import { type Case, type CaseFact, withCaseFact } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import type { ArchiveAnchor } from '../domain/journal-index.js';
import { hasFill } from '../domain/order.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { beginsLife, exitFactsOf, isStart } from '../journal/lives.js';
import { endOfRecords } from '../journal/recorder.js';
import { type Difference, type Refolded, refold } from '../journal/refold.js';
import { refoldProtection } from '../journal/refold-protection.js';
import { recordedInput } from '../machines/advisory.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionInput, FactOf } from '../machines/execution.facts.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { type Metrics, metrics } from '../views/metrics.js';
import { type Holdings, holdings } from './holdings.js';
import { closedOf, RETAINED } from './protections.js';
import { riskCounters } from './risk-counters.js';
import { isUncertain } from './sweep.js';
import type { ViewsState } from './views-state.js';

/** Where a fault of a single record goes. */
interface FoldEvents {
  onDifference(advisoryId: string, difference: Difference): void;
  onUnfoldable(what: object, cause: string): void;
}

/** What is counted of an execution that is over. */
export interface EndedViews {
  readonly filled: FilledTotals;
  readonly metrics: Pick<Metrics, 'finished'>;
  readonly holdings: Holdings;
  readonly uncertain: Set<string>;
}

/** Counts an execution that is over, once. */
export function countEnded(context: ExecutionContext, views: EndedViews): void {
  const { result, advisoryId, clientOrderId } = context;
  views.filled.update(context, false);
  views.filled.leave(clientOrderId);
  views.holdings.noteBaseline(context);
  if (result !== undefined) views.metrics.finished(result);
  if (isUncertain(context)) views.uncertain.add(advisoryId);
}

/** One life, folded. @throws what cannot be folded at all */
export function refoldLife(life: readonly JournalRecord[]): Refolded & { readonly input: ExecutionInput } {
  const { advisory } = (life[0] as JournalRecord).fact as unknown as FactOf<'START'>;
  const input = recordedInput(advisory);
  return { input, ...refold(input, life) };
}

export const isArchived = ({ stream, fact }: JournalRecord): boolean => stream === 'engine' && fact.type === 'ARCHIVED';

export function anchorOf({ fact }: JournalRecord): ArchiveAnchor {
  const { firstSeq, lastSeq, lastHash, file, sha256 } = fact as unknown as ArchiveAnchor;
  return { firstSeq, lastSeq, lastHash, file, sha256 };
}

/** The records of a journal by what they belong to. */
interface Sorted {
  readonly lives: Map<string, JournalRecord[]>;
  readonly exits: Map<string, JournalRecord[]>;
  readonly switches: KillSwitchFact[];
  cases: readonly Case[];
  readonly archives: ArchiveAnchor[];
}

export function foldViews(records: readonly JournalRecord[], events: FoldEvents): ViewsState {
  const folding = foldSteps(records, events);
  for (;;) {
    const { done, value } = folding.next();
    if (done === true) return value;
  }
}

/** The same, and the event loop goes on in between. */
export async function foldViewsInSlices(
  clock: Clock,
  records: readonly JournalRecord[],
  events: FoldEvents,
): Promise<ViewsState> {
  const folding = foldSteps(records, events);
  let next = folding.next();
  const steps = (function* () {
    for (; next.done !== true; next = folding.next()) yield;
  })();
  await inSlices(clock, steps, () => undefined);
  if (next.done !== true) throw new Error('the fold was not carried to its end');
  return next.value;
}

/** The same, record by record and life by life: whoever goes through the steps may do something else in between. */
function* foldSteps(
  records: readonly JournalRecord[],
  events: FoldEvents,
): Generator<undefined, ViewsState, undefined> {
  const attempt = (what: object, fold: () => void) => {
    try {
      fold();
    } catch (error) {
      events.onUnfoldable(what, causeOf(error));
    }
  };
  const counters = riskCounters();
  const sorted: Sorted = { lives: new Map(), exits: new Map(), switches: [], cases: [], archives: [] };
  for (const record of records) {
    const { seq, stream, audit, at } = record;
    attempt({ seq, stream }, () => sort(record, sorted));
    counters.heed(audit, at);
    yield;
  }
  const executions = yield* foldLives(sorted, events, attempt);
  const positions = yield* foldExits(sorted, executions.views, attempt);
  const { cases, switches } = sorted;
  const begun = new Set(sorted.exits.keys());
  return {
    end: endOfRecords(records),
    past: pastTimeOf(records),
    ...{ switches, cases },
    live: executions.live,
    uncertain: [...executions.views.uncertain],
    unbegun: executions.withFill.filter((advisoryId) => !begun.has(advisoryId)),
    untold: executions.manual.filter((id) => !cases.some(({ advisoryId }) => advisoryId === id)),
    ...positions,
    symbols: [...executions.symbols],
    archives: sorted.archives,
    filled: executions.views.filled.state(),
    holdings: executions.views.holdings.state(),
    counts: executions.counts(),
    risk: counters.state(),
  };
}

function sort(record: JournalRecord, sorted: Sorted): void {
  const { stream, advisoryId = '', fact } = record;
  if (stream === 'kill-switch') sorted.switches.push(fact as unknown as KillSwitchFact);
  else if (stream === 'case') sorted.cases = withCaseFact(sorted.cases, fact as unknown as CaseFact);
  else if (isArchived(record)) sorted.archives.push(anchorOf(record));
  else if (stream === 'protection') listed(sorted.exits, advisoryId).push(record);
  else if (beginsLife(record)) sorted.lives.set(advisoryId, [record]);
  else if (stream === 'execution' && !isStart(record)) sorted.lives.get(advisoryId)?.push(record);
}

function listed(lists: Map<string, JournalRecord[]>, key: string): JournalRecord[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const fresh: JournalRecord[] = [];
  lists.set(key, fresh);
  return fresh;
}

type Attempt = (what: object, fold: () => void) => void;

function* foldLives({ lives }: Sorted, { onDifference }: FoldEvents, attempt: Attempt) {
  const counted = metrics();
  const views = { filled: filledTotals(), metrics: counted, holdings: holdings(), uncertain: new Set<string>() };
  const found = { live: [] as string[], withFill: [] as string[], manual: [] as string[], symbols: new Set<string>() };
  for (const [advisoryId, life] of lives) {
    attempt({ advisoryId }, () => {
      const { input, snapshot, difference, takenBack } = refoldLife(life);
      if (difference !== undefined) onDifference(advisoryId, difference);
      found.symbols.add(input.snapshot.symbol);
      if (snapshot.status === 'active') {
        found.live.push(advisoryId);
        return;
      }
      const { context } = snapshot;
      views.filled.recall(context.clientOrderId, takenBack);
      countEnded(context, views);
      if (hasFill(context.order)) found.withFill.push(advisoryId);
      if (difference === undefined && context.report?.requiresManualResolution === true) found.manual.push(advisoryId);
    });
    yield;
  }
  return { views, counts: counted.state, ...found };
}

function* foldExits(
  { exits, cases }: Sorted,
  { holdings: held, filled }: Pick<EndedViews, 'holdings' | 'filled'>,
  attempt: Attempt,
): Generator<undefined, Pick<ViewsState, 'open' | 'closed'>, undefined> {
  const open: string[] = [];
  const closed: string[] = [];
  for (const [advisoryId, records] of exits) {
    attempt({ advisoryId, stream: 'protection' }, () => {
      const folded = refoldProtection(exitFactsOf(records));
      if (folded === undefined) return;
      held.set(folded.context);
      // Of one that is over and whose case is not written down, the recovery opens the case.
      const isOver = folded.isOver && untoldOf(folded.asked, cases, advisoryId).length === 0;
      (isOver ? closed : open).push(advisoryId);
      if (!isOver) return;
      const { clientOrderId, symbol, side } = folded.context;
      filled.close(clientOrderId, symbol, side, closedOf(folded.context));
      filled.recallReopened(clientOrderId, symbol, side, folded.reopened);
      filled.leaveClosed(clientOrderId);
    });
    yield;
  }
  return { open, closed: closed.slice(-RETAINED) };
}
