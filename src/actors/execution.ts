/**
 * What a caller sees of one execution: live while it runs, still there when it is over.
 */
import { filter, type Observable } from 'rxjs';
import { createActor } from 'xstate';
import { HARD_TIMEOUT_MS } from '../domain/limits.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult, ExecutionStage } from '../domain/result.js';
import type { FrozenSnapshot } from '../domain/snapshot.js';
import { isoTime } from '../domain/time.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import { type ExecutionContext, elapsedSinceSubmit } from '../machines/execution.context.js';
import { executionMachine } from '../machines/execution.machine.js';
import { type ExecutionActor, type ExecutionSnapshot, stageOfSnapshot } from '../machines/execution.state.js';
import type { EngineTime } from './engine-time.js';

/** T as a caller sees it: read only, extended by nothing (T1). @public @since 0.1.0 */
export interface TimeoutView {
  /** When the first submission began, ISO 8601 UTC; absent before it. */
  readonly startedAt?: string;
  /** Seconds since the first submission began; 0 before it. Stands still when the execution is done. */
  elapsedSeconds(): number;
  /** Seconds left until T = 30 s, never below 0. */
  timeRemainingSeconds(): number;
  /** T has reached 30 s. */
  isExpired(): boolean;
}

/**
 * The chart's actor to read and to subscribe to. What feeds, starts or stops it is missing here, and throws all the
 * same.
 * @public @since 0.1.0
 */
export type ReadOnlyActor = Omit<ExecutionActor, 'send' | 'start' | 'stop' | 'system'>;

/** The live handle. @public @since 0.1.0 */
export interface Execution {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly snapshot: FrozenSnapshot;
  readonly stage: ExecutionStage;
  /** The stage now, then each change; completes when the execution is done, or the engine is closed. */
  readonly stage$: Observable<ExecutionStage>;
  readonly timeout: TimeoutView;
  readonly result: Promise<ExecutionResult>;
  /** The chart's actor, to look at and subscribe to. Only the engine feeds, starts and stops it: those methods throw. */
  readonly actor: ReadOnlyActor;
}

/** When it was done, engine ms. */
export function endOf({ result, startedAt }: ExecutionContext): number | undefined {
  return result === undefined ? undefined : startedAt + Math.round(result.totalDurationSeconds * MS_PER_SECOND);
}

const MS_PER_SECOND = 1_000;

function timeoutView(context: () => ExecutionContext, time: EngineTime): TimeoutView {
  const elapsedMs = () => elapsedSinceSubmit(context(), endOf(context()) ?? time());
  const view = {
    elapsedSeconds: () => elapsedMs() / MS_PER_SECOND,
    timeRemainingSeconds: () => Math.max(0, HARD_TIMEOUT_MS - elapsedMs()) / MS_PER_SECOND,
    isExpired: () => elapsedMs() >= HARD_TIMEOUT_MS,
  };
  return Object.defineProperty(view, 'startedAt', {
    enumerable: true,
    get: () => {
      const { firstSubmitAt } = context();
      return firstSubmitAt === undefined ? undefined : isoTime(firstSubmitAt);
    },
  });
}

/** What callers hear of the actor: told by the engine, after the commands of each fact are on their way (E6). */
interface ActorNews {
  readonly snapshot$: Observable<ExecutionSnapshot>;
  readonly command$: Observable<ExecutionCommand>;
}

/**
 * The actor as callers get it: to read and to subscribe to. It is made when somebody asks for it, and never started: the host
 * takes the steps, and what subscribers hear comes from the engine and not from the chart in its step, so that none runs
 * between a check and a call (E6), and one that throws is logged (E2). `send`, `start` and `stop` are refused: a fact that the
 * journal does not know would break the replay (A3).
 */
function readOnlyActor(now: () => ExecutionSnapshot, { snapshot$, command$ }: ActorNews): ReadOnlyActor {
  const { clientOrderId, advisoryId, snapshot, snapshotHash, problems } = now().context;
  const input = { advisoryId, clientOrderId, snapshot, snapshotHash, problems };
  const actor = createActor(executionMachine, { input, id: clientOrderId });
  const refuse = () => {
    throw new FillchartError('READ_ONLY');
  };
  const face = {
    getSnapshot: now,
    getPersistedSnapshot: (options?: unknown) => executionMachine.getPersistedSnapshot(now(), options),
    subscribe: snapshot$.subscribe.bind(snapshot$),
    on: (type: string, listener: (command: ExecutionCommand) => void) =>
      command$.pipe(filter((command) => type === '*' || command.type === type)).subscribe(listener),
    send: refuse,
    start: refuse,
    stop: refuse,
    // The system would tell of each step while it is taken.
    system: undefined,
  };
  return Object.create(actor, Object.getOwnPropertyDescriptors(face)) as ReadOnlyActor;
}

export interface HandleParts {
  /** Where the chart stands now. */
  readonly snapshot: ExecutionSnapshot;
  readonly news: ActorNews & { readonly stage$: Observable<ExecutionStage> };
  readonly result: Promise<ExecutionResult>;
  readonly time: EngineTime;
}

export const executionHandle = (parts: HandleParts): Execution => new Handle(parts);

class Handle implements Execution {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly snapshot: FrozenSnapshot;
  readonly result: Promise<ExecutionResult>;
  readonly #parts: HandleParts;
  // Made when somebody asks for them; few do.
  #timeout: TimeoutView | undefined;
  #actor: ReadOnlyActor | undefined;

  constructor(parts: HandleParts) {
    const { advisoryId, clientOrderId, snapshot } = parts.snapshot.context;
    this.advisoryId = advisoryId;
    this.clientOrderId = clientOrderId;
    this.snapshot = snapshot;
    this.result = parts.result;
    this.#parts = parts;
  }

  get stage(): ExecutionStage {
    return stageOfSnapshot(this.#parts.snapshot);
  }

  get stage$(): Observable<ExecutionStage> {
    return this.#parts.news.stage$;
  }

  get timeout(): TimeoutView {
    const parts = this.#parts;
    this.#timeout ??= timeoutView(() => parts.snapshot.context, parts.time);
    return this.#timeout;
  }

  get actor(): ReadOnlyActor {
    const parts = this.#parts;
    this.#actor ??= readOnlyActor(() => parts.snapshot, parts.news);
    return this.#actor;
  }
}
