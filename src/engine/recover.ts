/**
 * Going on where the last process stopped (A6): the views are as a checkpoint, or a fold of all records, has them; what was
 * recorded since is folded on top; and each execution that is not done is told so, under its original deadlines. The chart
 * decides what that means.
 *
 * 1. Only what is live, open, or newer than the checkpoint is read (E7).
 * 2. A fact that cannot be folded costs its own execution, position, switch or case, and nothing else (E2); it is said aloud.
 * 3. The folded result is held against the recorded one: what ended stays ended, and a difference closes the gate (A7).
 * 4. A mismatch whose case was not written down before the end gets its case now (M1).
 * 5. Very many are folded in slices, and none acts before all are folded: what one reads of the others is whole (R6.2).
 *    Then those with a live order go first.
 * 6. Positions go on where their exits stood; a finished execution that holds a fill and has no position yet gets it (B7).
 */
import type { CaseRegister } from '../actors/cases.js';
import { type EngineTime, readingOf } from '../actors/engine-time.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import { movedByReport } from '../actors/moved-since-end.js';
import { inSlices } from '../actors/next-turn.js';
import type { Turns } from '../actors/turns.js';
import { type CaseFact, caseKindOf } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import type { ArchiveAnchor, RecordLookup } from '../domain/journal-index.js';
import { cancelsLiveOrders } from '../domain/kill-switch.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { beginsLife, exitFactsOf, lifeOf } from '../journal/lives.js';
import type { Recorder } from '../journal/recorder.js';
import type { Difference } from '../journal/refold.js';
import type { inputOf } from '../machines/advisory.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { type ExecutionSnapshot, isOrderLive } from '../machines/execution.state.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { ExecutionMap } from '../views/execution-map.js';
import { anchorOf, countEnded, type EndedViews, foldViewsInSlices, isArchived, refoldLife } from './fold-views.js';
import type { Past } from './known-past.js';
import type { Protections } from './protections.js';
import type { RiskCounters } from './risk-counters.js';
import type { Switchboard } from './switchboard.js';
import type { ViewsState } from './views-state.js';

interface RecoveryParts extends Omit<EndedViews, 'metrics'> {
  readonly makeHost: (input: ReturnType<typeof inputOf>, from: ExecutionSnapshot) => ExecutionHost;
  readonly executions: Pick<ExecutionMap, 'add'>;
  readonly board: Pick<Switchboard, 'killSwitch' | 'restore' | 'tell'>;
  readonly cases: CaseRegister;
  readonly counters: RiskCounters;
  readonly metrics: EndedViews['metrics'] & { restore(counts: ViewsState['counts']): void };
  readonly protections: Protections;
  readonly symbols: Set<string>;
  readonly anchors: ArchiveAnchor[];
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly recorder: Pick<Recorder, 'say'>;
  readonly turns: Pick<Turns, 'hold'>;
}

type Attempt = (what: object, act: () => void) => void;

/** Returns why the gate must be closed, naming the first record that does not lead to what was recorded. */
export async function recover(past: Past, parts: RecoveryParts): Promise<string | undefined> {
  const { recorder } = parts;
  const differences = new Map<string, Difference>();
  const onUnfoldable = (what: object, cause: string) =>
    recorder.say('error', { ...what, cause }, 'a record cannot be folded');
  const onDifference = (advisoryId: string, difference: Difference) => {
    if (differences.has(advisoryId)) return;
    differences.set(advisoryId, difference);
    recorder.say('error', { advisoryId, ...difference }, 'a record does not lead to what was recorded');
  };
  const attempt: Attempt = (what, act) => {
    try {
      act();
    } catch (error) {
      onUnfoldable(what, causeOf(error));
    }
  };
  const base = past.base ?? (await foldViewsInSlices(parts.clock, past.records, { onDifference, onUnfoldable }));
  // A fold of all records has all of them in it.
  const since = past.base === undefined ? [] : past.records;
  restoreViews(base, since, parts, attempt);
  const begun = begunIn(past.records);
  await resumeExecutions(base, since, { begun, lookup: past.lookup, onDifference, attempt }, parts);
  const [first] = differences;
  if (first === undefined) return undefined;
  const [advisoryId, { seq, problem }] = first;
  const others = differences.size === 1 ? '' : `, and ${differences.size - 1} more executions differ`;
  return `The journal does not lead to what it says: record ${seq} (${advisoryId}) ${problem}${others}`;
}

function restoreViews(
  base: ViewsState,
  since: readonly JournalRecord[],
  { board, cases, filled, holdings, metrics, counters, uncertain, symbols, protections, anchors }: RecoveryParts,
  attempt: Attempt,
): void {
  filled.restore(base.filled);
  holdings.restore(base.holdings);
  metrics.restore(base.counts);
  counters.restore(base.risk);
  cases.restoreAll(base.cases);
  for (const advisoryId of base.uncertain) uncertain.add(advisoryId);
  for (const symbol of base.symbols) symbols.add(symbol);
  for (const fact of base.switches) attempt({ stream: 'kill-switch' }, () => board.restore(fact));
  for (const { seq, stream, fact, audit, at } of since) {
    attempt({ seq, stream }, () => {
      if (stream === 'kill-switch') board.restore(fact as unknown as KillSwitchFact);
      else if (stream === 'case') cases.restore(fact as unknown as CaseFact);
    });
    counters.heed(audit, at);
  }
  anchors.push(...base.archives, ...since.filter(isArchived).map(anchorOf));
  protections.restoreClosed(base.closed);
}

interface Reading {
  /** Lives that were read already, whole. */
  readonly begun: ReadonlyMap<string, readonly JournalRecord[]>;
  readonly lookup: RecordLookup;
  readonly onDifference: (advisoryId: string, difference: Difference) => void;
  readonly attempt: Attempt;
}

/** Executions and positions that are not over, or ended since the checkpoint. */
async function resumeExecutions(
  base: ViewsState,
  since: readonly JournalRecord[],
  { begun, lookup, onDifference, attempt }: Reading,
  parts: RecoveryParts,
): Promise<void> {
  const idsOf = (records: readonly JournalRecord[]) => records.map(({ advisoryId = '' }) => advisoryId);
  const resumed = new Set([...base.live, ...idsOf(since.filter(beginsLife))]);
  const withExits = idsOf(since.filter(({ stream, fact }) => stream === 'protection' && fact.type === 'START'));
  const open = new Set([...base.open, ...withExits]);
  const unbegun: ExecutionContext[] = [];
  const read = readAhead(
    lookup,
    [...resumed].filter((advisoryId) => !begun.has(advisoryId)),
  );
  const held = parts.turns.hold();
  await inSlices(parts.clock, resumed, (advisoryId) =>
    attempt({ advisoryId }, () => {
      const life = lifeOf(begun.get(advisoryId) ?? read(advisoryId));
      if (life.length === 0) throw new Error('its records are not there');
      const { input, snapshot, difference, takenBack } = refoldLife(life);
      if (difference !== undefined) onDifference(advisoryId, difference);
      parts.filled.recall(snapshot.context.clientOrderId, takenBack);
      if (snapshot.status === 'active') return resume(parts, life, hostOf(parts, input, snapshot));
      countEnded(snapshot.context, parts);
      parts.symbols.add(input.snapshot.symbol);
      if (!open.has(advisoryId)) unbegun.push(snapshot.context);
      if (difference === undefined) openForgottenCase(snapshot.context, parts.cases);
    }),
  );
  await held.release();
  const contextOf = (advisoryId: string) => refoldLife(lifeOf(lookup.ofAdvisory(advisoryId))).snapshot.context;
  for (const id of base.untold) attempt({ advisoryId: id }, () => openForgottenCase(contextOf(id), parts.cases));
  const readExits = readAhead(lookup, [...open]);
  await inSlices(parts.clock, open, (advisoryId) => {
    const goOn = () => parts.protections.goOn(exitFactsOf(readExits(advisoryId)));
    attempt({ advisoryId, stream: 'protection' }, goOn);
  });
  for (const id of base.unbegun) attempt({ advisoryId: id }, () => void unbegun.push(contextOf(id)));
  for (const context of unbegun) {
    attempt({ advisoryId: context.advisoryId, stream: 'protection' }, () => parts.protections.take(context));
  }
}

/** So many lives are read together. */
const READ_AHEAD = 32;

/**
 * Reads the records of these advisories, asked for in their order, several at a time. Where one of them cannot be read, each is
 * read by itself: it keeps no other from going on (E2).
 */
function readAhead(lookup: RecordLookup, ids: readonly string[]): (advisoryId: string) => readonly JournalRecord[] {
  const ahead = new Map<string, readonly JournalRecord[]>();
  let next = 0;

  function readMore(): void {
    const more = ids.slice(next, next + READ_AHEAD);
    next += READ_AHEAD;
    try {
      const lives = lookup.ofAdvisories?.(more) ?? [];
      for (const [index, life] of lives.entries()) ahead.set(more[index] ?? '', life);
    } catch {
      // Who asks for the one that cannot be read is told why.
    }
  }

  return (advisoryId) => {
    if (ids[next] === advisoryId) readMore();
    const records = ahead.get(advisoryId);
    ahead.delete(advisoryId);
    return records ?? lookup.ofAdvisory(advisoryId);
  };
}

/** The lives that begin in these records: they are read and checked already, whole. */
function begunIn(since: readonly JournalRecord[]): ReadonlyMap<string, readonly JournalRecord[]> {
  const lives = new Map<string, JournalRecord[]>();
  for (const record of since) {
    const { advisoryId = '' } = record;
    if (beginsLife(record)) lives.set(advisoryId, [record]);
    else lives.get(advisoryId)?.push(record);
  }
  return lives;
}

function hostOf(
  { makeHost, executions }: RecoveryParts,
  input: ReturnType<typeof inputOf>,
  from: ExecutionSnapshot,
): ExecutionHost {
  const host = makeHost(input, from);
  executions.add(input, host);
  return host;
}

function resume({ time, clock, board }: RecoveryParts, life: readonly JournalRecord[], host: ExecutionHost): void {
  host.resume();
  const urgency = isOrderLive(host.snapshot) ? 'act' : 'book';
  host.send({ type: 'RECOVERED', at: time(), ...readingOf(clock), intentAt: life.at(-1)?.at ?? time() }, urgency);
  // A switch may have been set, and the process have ended before the execution was told.
  for (const known of board.killSwitch.switches) {
    const { type, state } = known;
    const isUntold = state === 'ACTIVE' && cancelsLiveOrders(type) && !host.context.killSwitch.cancelWanted;
    if (isUntold) board.tell(host, known, urgency);
  }
}

/** The process may have ended between the verdict and its case. */
function openForgottenCase(context: ExecutionContext, cases: CaseRegister): void {
  const { advisoryId, snapshotHash, snapshot, report } = context;
  if (report?.requiresManualResolution !== true) return;
  if (cases.all().some((known) => known.advisoryId === advisoryId)) return;
  const [{ mismatches }, moved] = [report, movedByReport(context)];
  void cases.raise({ kind: caseKindOf(report), symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches, moved });
}
