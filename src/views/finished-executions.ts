/**
 * Executions that are over, found in the journal (E7): nothing of them stays in memory but what a caller holds on to.
 *
 * 1. What is found is folded from its records, and held against the recorded result (A7).
 * 2. As long as somebody holds the handle of a finished execution, or its result, whoever asks again gets the very same (E1).
 */
import { EMPTY, of } from 'rxjs';
import type { EngineTime } from '../actors/engine-time.js';
import { type Execution, executionHandle } from '../actors/execution.js';
import type { RecordLookup } from '../domain/journal-index.js';
import type { ExecutionResult } from '../domain/result.js';
import { lifeOf } from '../journal/lives.js';
import { type Difference, refold } from '../journal/refold.js';
import { inputOf } from '../machines/advisory.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { FactOf } from '../machines/execution.facts.js';
import { type ExecutionSnapshot, stageOfSnapshot } from '../machines/execution.state.js';

/** An execution as far as others need it, live or not. */
export interface KnownExecution {
  readonly context: ExecutionContext;
  readonly snapshot: ExecutionSnapshot;
  readonly execution: Execution;
}

export interface FinishedExecutions {
  /** @throws when the journal cannot be read, or is not as it was written */
  find(advisoryId: string): KnownExecution | undefined;
  /** @throws the same */
  byOrder(clientOrderId: string): KnownExecution | undefined;
  /** It is over, and durable: from now on it is found in the journal. */
  remember(known: KnownExecution): void;
}

interface FinishedParts {
  readonly lookup: RecordLookup;
  readonly time: EngineTime;
  /** Told when what is folded is not what was recorded. */
  readonly onDifference: (advisoryId: string, difference: Difference) => void;
}

interface Remembered {
  readonly execution: WeakRef<Execution>;
  readonly result: WeakRef<ExecutionResult>;
}

export function finishedExecutions({ lookup, time, onDifference }: FinishedParts): FinishedExecutions {
  const remembered = new Map<string, Remembered>();
  const byHandle = new WeakMap<Execution, KnownExecution>();
  // The execution holds its result, so the result goes last.
  const forgotten = new FinalizationRegistry<string>((advisoryId) => {
    if (remembered.get(advisoryId)?.result.deref() === undefined) remembered.delete(advisoryId);
  });

  function keep(known: KnownExecution, result: ExecutionResult, isNew: boolean): KnownExecution {
    const { advisoryId } = known.context;
    byHandle.set(known.execution, known);
    remembered.set(advisoryId, { execution: new WeakRef(known.execution), result: new WeakRef(result) });
    if (isNew) forgotten.register(result, advisoryId);
    return known;
  }

  function held(advisoryId: string): KnownExecution | undefined {
    const handle = remembered.get(advisoryId)?.execution.deref();
    return handle && byHandle.get(handle);
  }

  function read(advisoryId: string): KnownExecution | undefined {
    const life = lifeOf(lookup.ofAdvisory(advisoryId));
    const [first] = life;
    if (first === undefined) return undefined;
    const input = inputOf((first.fact as unknown as FactOf<'START'>).advisory.snapshot);
    const { snapshot: folded, difference } = refold(input, life);
    if (difference !== undefined) onDifference(advisoryId, difference);
    const { context } = folded;
    if (context.result === undefined) return undefined;
    const before = remembered.get(advisoryId)?.result.deref();
    const result = before ?? context.result;
    const snapshot = result === context.result ? folded : { ...folded, context: { ...context, result } };
    const execution = finishedHandle(snapshot as ExecutionSnapshot, result, time);
    return keep(
      { context: snapshot.context, snapshot: snapshot as ExecutionSnapshot, execution },
      result,
      before === undefined,
    );
  }

  const find = (advisoryId: string) => held(advisoryId) ?? read(advisoryId);

  return {
    find,
    byOrder(clientOrderId) {
      const advisoryId = lookup.advisoryOf(clientOrderId);
      const known = advisoryId === undefined ? undefined : find(advisoryId);
      // A conflicting advisory has an order id of its own, and no order.
      return known?.context.clientOrderId === clientOrderId ? known : undefined;
    },
    remember({ context, snapshot, execution }) {
      if (context.result !== undefined) keep({ context, snapshot, execution }, context.result, true);
    },
  };
}

/** The handle of an execution that is over: nothing more is heard of it. */
function finishedHandle(snapshot: ExecutionSnapshot, result: ExecutionResult, time: EngineTime): Execution {
  const news = { stage$: of(stageOfSnapshot(snapshot)), snapshot$: EMPTY, command$: EMPTY };
  return executionHandle({ snapshot, news, result: Promise.resolve(result), time });
}
