/**
 * One execution that runs elsewhere, as a caller sees it: folded from the facts that it took there.
 *
 * 1. It is run by `step` like every execution, and carries out nothing.
 */
import { defer, Subject } from 'rxjs';
import { startWith } from 'rxjs/operators';
import type { EngineTime } from '../../actors/engine-time.js';
import { type Execution, executionHandle } from '../../actors/execution.js';
import { endedByFault } from '../../actors/last-resort.js';
import type { ExecutionResult, ExecutionStage } from '../../domain/result.js';
import type { ExecutionCommand } from '../../machines/execution.commands.js';
import type { EngineFaultFact, ExecutionFact, ExecutionInput } from '../../machines/execution.facts.js';
import { type ExecutionSnapshot, stageOfSnapshot } from '../../machines/execution.state.js';
import { newExecutionState, type Step, step } from '../../machines/step.js';

export interface MirroredExecution {
  readonly handle: Execution;
  readonly snapshot: ExecutionSnapshot;
  /** Its first fact is known. */
  readonly hasBegun: boolean;
  readonly isDone: boolean;
  take(fact: ExecutionFact | EngineFaultFact): void;
  /** It was never recorded: this is what it came to. */
  settle(result: ExecutionResult): void;
  /** Nobody can say what became of it. */
  fail(error: unknown): void;
}

/** A fault of the engine is no event of the chart: it carries the result, once that stands (E5). */
function stepOrEnd(
  state: ExecutionSnapshot,
  fact: ExecutionFact | EngineFaultFact,
): Pick<Step<ExecutionSnapshot, ExecutionCommand>, 'state' | 'commands'> {
  if (fact.type !== 'ENGINE_FAULT') return step(state, fact);
  return { state: fact.result === undefined ? state : endedByFault(state, fact.result), commands: [] };
}

export function mirroredExecution(input: ExecutionInput, time: EngineTime): MirroredExecution {
  let state = newExecutionState(input);
  let hasBegun = false;
  const snapshot$ = new Subject<ExecutionSnapshot>();
  const command$ = new Subject<ExecutionCommand>();
  const stages$ = new Subject<ExecutionStage>();
  let resolve: (result: ExecutionResult) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const result = new Promise<ExecutionResult>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  result.catch(() => undefined);
  const stageNow = () => stageOfSnapshot(state);
  const handle = executionHandle({
    get snapshot() {
      return state;
    },
    news: { snapshot$, command$, stage$: defer(() => stages$.pipe(startWith(stageNow()))) },
    result,
    time,
  });

  function end(): void {
    for (const told of [snapshot$, command$, stages$]) told.complete();
  }

  return {
    handle,
    get snapshot() {
      return state;
    },
    get hasBegun() {
      return hasBegun;
    },
    get isDone() {
      return state.status !== 'active';
    },
    take(fact) {
      hasBegun = true;
      if (state.status !== 'active') return;
      const before = stageNow();
      const { state: after, commands } = stepOrEnd(state, fact);
      state = after;
      for (const command of commands) command$.next(command);
      snapshot$.next(state);
      if (stageNow() !== before) stages$.next(stageNow());
      const { result: reached } = state.context;
      if (reached === undefined) return;
      end();
      resolve(reached);
    },
    settle(reached) {
      end();
      resolve(reached);
    },
    fail(error) {
      end();
      reject(error);
    },
  };
}
