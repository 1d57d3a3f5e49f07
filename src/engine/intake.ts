/**
 * From an advisory to its execution: one for each, whatever is sent and however often (E1), let in as there is room (E4).
 */
import { type EngineTime, readingOf } from '../actors/engine-time.js';
import type { Execution } from '../actors/execution.js';
import type { ExecutionHost, HostServices } from '../actors/execution-host.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import { isoTime } from '../domain/time.js';
import { conflicting, inputOf, isRegistered, unreadable } from '../machines/advisory.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { ExecutionMap } from '../views/execution-map.js';
import { type ExecutionsQuery, type FinishedPages, listed } from '../views/execution-pages.js';
import { type ExecutionView, viewOf } from '../views/execution-view.js';
import type { FinishedExecutions, KnownExecution } from '../views/finished-executions.js';
import type { Admission } from './admission.js';
import { type WaitingExecution, waitingExecution } from './waiting-execution.js';

interface IntakeParts {
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly gate: HostServices['gate'];
  readonly executions: ExecutionMap;
  /** What is over, from the journal. */
  readonly finished: Pick<FinishedExecutions, 'find'>;
  readonly pages: FinishedPages;
  /** The journal cannot be read, or is not as it was written. */
  readonly onUnreadable: (cause: string) => void;
  readonly admission: Admission;
  /** Makes the host of an execution, which takes its place among the others when it begins. */
  readonly makeHost: (input: ExecutionInput) => ExecutionHost;
}

export interface Intake {
  start(raw: unknown, again: boolean): Execution;
  find(advisoryId: string): Execution | undefined;
  /** Every execution that is live or waits, and a page of those that are over. */
  views(query: ExecutionsQuery): readonly ExecutionView[];
  /** The handle that callers have of it. */
  handleOf(host: KnownExecution): Execution;
  /** Results of what waits. */
  results(): readonly Promise<unknown>[];
  /** Ends what waits; returns how many there were. */
  abandon(): number;
}

export function intake(parts: IntakeParts): Intake {
  const { clock, time, gate, executions, finished, pages, admission, makeHost } = parts;
  const waiting = new Map<ExecutionInput, WaitingExecution>();
  const byAdvisory = new Map<string, ExecutionInput>();
  /** Handles that were given out before the host was there. */
  const handles = new WeakMap<KnownExecution, Execution>();
  const handleOf = (host: KnownExecution): Execution => handles.get(host) ?? host.execution;
  const knownBy = (advisoryId: string): KnownExecution | undefined =>
    executions.find(advisoryId) ?? finished.find(advisoryId);

  function begin(input: ExecutionInput, host: ExecutionHost): void {
    executions.add(input, host);
    const now = { at: time(), ...readingOf(clock) };
    host.send({ type: 'START', ...now, gate: gate(input.snapshot.symbol), advisory: input });
  }

  function beginWaiting(input: ExecutionInput): void {
    const entry = waiting.get(input);
    if (entry === undefined) return;
    waiting.delete(input);
    if (byAdvisory.get(input.advisoryId) === input) byAdvisory.delete(input.advisoryId);
    const host = entry.host();
    handles.set(host, entry.handle);
    begin(input, host);
    entry.follow();
  }

  function letIn(input: ExecutionInput): Execution {
    let host: ExecutionHost | undefined;
    const hasBegun = admission.enter({
      input,
      begin() {
        if (waiting.has(input)) return beginWaiting(input);
        host = makeHost(input);
        begin(input, host);
      },
    });
    if (hasBegun && host !== undefined) return host.execution;
    const entry = waitingExecution(input, time(), makeHost);
    waiting.set(input, entry);
    if (isRegistered(input)) byAdvisory.set(input.advisoryId, input);
    return entry.handle;
  }

  function start(raw: unknown, again: boolean): Execution {
    const input = inputOf(raw);
    if (!isRegistered(input)) return letIn(input);
    const queued = byAdvisory.get(input.advisoryId);
    let known: KnownExecution | undefined;
    try {
      known = knownBy(input.advisoryId);
    } catch (error) {
      // Whether it has been run nobody can tell: it is not run (S1).
      parts.onUnreadable(causeOf(error));
      return letIn(unreadable(input, causeOf(error)));
    }
    const hash = queued?.snapshotHash ?? known?.context.snapshotHash;
    if (hash !== undefined && hash !== input.snapshotHash) return letIn(conflicting(input));
    const handle = queued === undefined ? undefined : waiting.get(queued)?.handle;
    if (handle !== undefined) return handle;
    return known === undefined || (again && neverLeft(known)) ? letIn(input) : handleOf(known);
  }

  return {
    start,
    find(advisoryId) {
      const queued = byAdvisory.get(advisoryId);
      if (queued !== undefined) return waiting.get(queued)?.handle;
      const known = typeof advisoryId === 'string' ? knownBy(advisoryId) : undefined;
      return known === undefined ? undefined : handleOf(known);
    },
    views(query) {
      const waits = [...waiting].map(([input, { handle, handedInAt }]) => viewOfWaiting(input, handle, handedInAt));
      return listed(query, pages, [...executions.all().map(({ snapshot }) => viewOf(snapshot, time)), ...waits]);
    },
    handleOf,
    results: () => [...waiting.values()].map(({ handle }) => handle.result),
    abandon() {
      const count = waiting.size;
      for (const [{ advisoryId }, entry] of waiting) entry.reject(neverBegun(advisoryId));
      waiting.clear();
      byAdvisory.clear();
      return count;
    },
  };
}

/** Refused before anything left the process: such an advisory may be run once more (E1). */
const neverLeft = ({ context: { result } }: KnownExecution): boolean =>
  result?.status === 'REJECTED' && result.attempts.length === 0;

const neverBegun = (advisoryId: string): FillchartError =>
  new FillchartError('ENGINE_CLOSED', `The engine was closed before ${advisoryId} began: nothing was sent.`);

const viewOfWaiting = (
  { advisoryId, clientOrderId, snapshot }: ExecutionInput,
  { stage }: Execution,
  handedInAt: number,
): ExecutionView => ({
  ...{ advisoryId, clientOrderId, stage },
  symbol: snapshot.symbol,
  side: snapshot.side,
  positionSize: snapshot.positionSize,
  state: 'validating.waiting',
  cumQty: '0',
  startedAt: isoTime(handedInAt),
  t: 0,
});
