/**
 * The executions of a run: those that the journal brought along and those of the file, at most so many at a time.
 *
 * 1. The run is over when nothing in its engine is live, recovered executions included (C1).
 * 2. What has ended is handed on and let go; the memory that a run takes follows what is live, not the file (C2).
 * 3. The same advisory on several lines is one execution, and said to be (E1).
 * 4. A line that the engine cannot take at all is malformed; the others run (C2).
 */

import type { Execution } from '../../actors/execution.js';
import type { ExecutionResult } from '../../domain/result.js';
import type { Engine } from '../../engine/engine.js';
import { feed } from './feed.js';
import { inOrder } from './in-order.js';
import type { ExecutedLine } from './outcome.js';
import type { AdvisoryLine } from './read-advisories.js';
import type { RecordedAt } from './recorded.js';
import { track } from './tracked.js';
import type { RunPlan, RunView } from './view.js';

export interface ExecutionsRequest {
  readonly engine: Engine;
  readonly lines: readonly AdvisoryLine[];
  /** At most so many advisories of the file are under way. */
  readonly concurrency: number;
  readonly view: RunView;
  readonly recordedAt: RecordedAt;
  readonly isStopped: () => boolean;
  /** Gets each execution when it is over: those of the file in its order, then the others. */
  readonly onExecuted: (executed: ExecutedLine) => void;
  /** Told of a line that the engine cannot take, and why. */
  readonly onUnusable: (line: number, problem: string) => void;
}

/** What the journal holds without a result. */
export const liveBefore = (engine: Engine): readonly Execution[] =>
  engine
    .executions({ live: true })
    .filter(({ state }) => state !== 'done')
    .flatMap(({ advisoryId }) => engine.execution(advisoryId) ?? []);

export function planOf(recovered: readonly Execution[], lines: readonly AdvisoryLine[]): RunPlan {
  const found = recovered.map(({ advisoryId, snapshot: { symbol, positionSize } }) => ({
    advisoryId,
    symbol,
    size: positionSize,
  }));
  const read = lines.map(({ input }) => ({
    advisoryId: String(input.advisoryId),
    symbol: String(input.symbol),
    size: String(input.positionSize),
  }));
  return { recovered: recovered.length, advisories: [...found, ...read] };
}

/** Runs them to their ends; resolves with the number of advisories that were not started. */
export async function runExecutions(request: ExecutionsRequest, recovered: readonly Execution[]): Promise<number> {
  const { engine, lines, concurrency, view, onExecuted, onUnusable, isStopped } = request;
  const ordered = inOrder(onExecuted);
  const seen = seenIds();
  const isRecovered = new Set(recovered);
  const inFile = new Set<Execution>();

  async function toItsEnd(execution: Execution): Promise<ExecutionResult> {
    const one = track(execution, view.changed);
    view.started(one);
    const result = await execution.result;
    view.ended(one);
    return result;
  }

  async function ofLine({ line, input }: AdvisoryLine, place: number): Promise<void> {
    let execution: Execution;
    try {
      execution = engine.start(input);
    } catch (error) {
      onUnusable(line, `the engine cannot take it: ${error instanceof Error ? error.message : String(error)}`);
      return ordered.at(place, undefined);
    }
    if (isRecovered.has(execution)) inFile.add(execution);
    const repeated = seen.at(execution, line);
    const isFollowed = isRecovered.has(execution) || 'repeats' in repeated;
    const result = isFollowed ? await execution.result : await toItsEnd(execution);
    ordered.at(place, executedLine(execution, result, { line, ...repeated, isRecovered: isRecovered.has(execution) }));
  }

  function executedLine(
    execution: Execution,
    result: ExecutionResult,
    about: Pick<ExecutedLine, 'line' | 'isRecovered' | 'repeats' | 'conflictsWith'>,
  ): ExecutedLine {
    const { symbol, side, positionSize } = execution.snapshot;
    const recorded = request.recordedAt(execution);
    // A refused advisory has no case of its own; one of the same id may belong to another snapshot.
    const own = result.status === 'REJECTED' ? [] : engine.cases.open();
    const caseIds = own.filter(({ advisoryId }) => advisoryId === result.advisoryId).map(({ caseId }) => caseId);
    const executed = { ...about, symbol, side, positionSize, result, caseIds };
    return recorded === undefined ? executed : { ...executed, recordedAt: recorded };
  }

  const ends = recovered.map(async (execution) => ({ execution, result: await toItsEnd(execution) }));
  const notStarted = await feed(lines, { room: concurrency, isStopped, begin: ofLine });
  for (const { execution, result } of await Promise.all(ends))
    if (!inFile.has(execution)) onExecuted(executedLine(execution, result, { isRecovered: true }));
  return notStarted;
}

/** Which line had an id first, and what stood there. */
function seenIds() {
  const first = new Map<string, { readonly line: number; readonly hash: string }>();
  return {
    at({ actor, advisoryId }: Execution, line: number): Pick<ExecutedLine, 'repeats' | 'conflictsWith'> {
      const hash = actor.getSnapshot().context.snapshotHash;
      const known = first.get(advisoryId);
      if (known === undefined) {
        first.set(advisoryId, { line, hash });
        return {};
      }
      return known.hash === hash ? { repeats: known.line } : { conflictsWith: known.line };
    },
  };
}
