/**
 * What listeners of one execution are told: stages, chart snapshots and commands, when the engine says so (E6).
 *
 * 1. Nothing is told in the turn of the fact: only when the commands that it caused are on their way.
 * 2. What is told is told in order, and whole: the commands of a fact, the snapshot after it, its stage.
 * 3. A listener that throws is logged (E2).
 */
import { distinctUntilChanged, type Observable, ReplaySubject, Subject } from 'rxjs';
import { causeOf } from '../domain/reading.js';
import { ExecutionStage } from '../domain/result.js';
import { containedStream, type OnListenerError } from '../journal/contained-stream.js';
import { LISTENER_THREW, type Recorder } from '../journal/recorder.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import { type ExecutionSnapshot, stageOfSnapshot } from '../machines/execution.state.js';

export interface Announcements {
  readonly stage$: Observable<ExecutionStage>;
  readonly snapshot$: Observable<ExecutionSnapshot>;
  readonly command$: Observable<ExecutionCommand>;
  /** Keeps what a step has come to, to be told later. */
  keep(snapshot: ExecutionSnapshot, commands: readonly ExecutionCommand[]): void;
  /** Tells the oldest that has been kept, if there is one. */
  tellNext(): void;
  /** Tells all that has been kept; there will be no more. */
  complete(): void;
}

/** @param say what a listener throws is logged by it */
export const announcements = (say: Recorder['say']): Announcements => new Told(say);

/** What is to be told, and what after it. */
interface News {
  readonly snapshot: ExecutionSnapshot;
  readonly commands: readonly ExecutionCommand[];
  next: News | undefined;
}

class Told implements Announcements {
  readonly #say: Recorder['say'];
  #oldest: News | undefined;
  #latest: News | undefined;
  /** What was told last: whoever begins to listen hears of it first. */
  #stage: ExecutionStage = ExecutionStage.VALIDATING;
  #isOver = false;
  #streams: ReturnType<typeof newStreams> | undefined;

  constructor(say: Recorder['say']) {
    this.#say = say;
  }

  get stage$(): Observable<ExecutionStage> {
    return this.#listened().stage$;
  }

  get snapshot$(): Observable<ExecutionSnapshot> {
    return this.#listened().snapshot$;
  }

  get command$(): Observable<ExecutionCommand> {
    return this.#listened().command$;
  }

  keep(snapshot: ExecutionSnapshot, commands: readonly ExecutionCommand[]): void {
    const news: News = { snapshot, commands, next: undefined };
    if (this.#latest === undefined) this.#oldest = news;
    else this.#latest.next = news;
    this.#latest = news;
  }

  tellNext(): void {
    const told = this.#oldest;
    if (told === undefined) return;
    this.#oldest = told.next;
    if (told.next === undefined) this.#latest = undefined;
    this.#stage = stageOfSnapshot(told.snapshot);
    const streams = this.#streams;
    if (streams === undefined) return;
    for (const command of told.commands) streams.commands.next(command);
    streams.snapshots.next(told.snapshot);
    streams.stages.next(this.#stage);
  }

  complete(): void {
    while (this.#oldest !== undefined) this.tellNext();
    this.#isOver = true;
    if (this.#streams !== undefined) completeAll(this.#streams);
  }

  #listened(): ReturnType<typeof newStreams> {
    if (this.#streams === undefined) {
      const say = this.#say;
      this.#streams = newStreams((error) => say('error', { cause: causeOf(error) }, LISTENER_THREW));
      this.#streams.stages.next(this.#stage);
      if (this.#isOver) completeAll(this.#streams);
    }
    return this.#streams;
  }
}

/** Made when somebody wants to listen; most executions have no listener of their own. */
function newStreams(onError: OnListenerError) {
  // Replays the last stage also when the execution is done.
  const stages = new ReplaySubject<ExecutionStage>(1);
  const snapshots = new Subject<ExecutionSnapshot>();
  const commands = new Subject<ExecutionCommand>();
  return {
    ...{ stages, snapshots, commands },
    stage$: containedStream(stages.pipe(distinctUntilChanged()), onError),
    snapshot$: containedStream(snapshots, onError),
    command$: containedStream(commands, onError),
  };
}

function completeAll({ stages, snapshots, commands }: ReturnType<typeof newStreams>): void {
  commands.complete();
  snapshots.complete();
  stages.complete();
}
