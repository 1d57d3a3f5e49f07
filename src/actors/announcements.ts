/**
 * What listeners of one execution are told: stages, chart snapshots and commands, when the engine says so (E6).
 *
 * 1. Nothing is told in the turn of the fact: only when the commands that it caused are on their way.
 * 2. What is told is told in order, and whole: the commands of a fact, the snapshot after it, its stage.
 * 3. A listener that throws is logged (E2).
 */
import { distinctUntilChanged, type Observable, ReplaySubject, Subject } from 'rxjs';
import { ExecutionStage } from '../domain/result.js';
import { containedStream, type OnListenerError } from '../journal/contained-stream.js';
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

export function announcements(onError: OnListenerError): Announcements {
  const kept: { readonly snapshot: ExecutionSnapshot; readonly commands: readonly ExecutionCommand[] }[] = [];
  /** What was told last: whoever begins to listen hears of it first. */
  let stage: ExecutionStage = ExecutionStage.VALIDATING;
  let isOver = false;
  let streams: ReturnType<typeof newStreams> | undefined;

  function listened(): ReturnType<typeof newStreams> {
    if (streams === undefined) {
      streams = newStreams(onError);
      streams.stages.next(stage);
      if (isOver) completeAll(streams);
    }
    return streams;
  }

  function tellNext(): void {
    const next = kept.shift();
    if (next === undefined) return;
    stage = stageOfSnapshot(next.snapshot);
    if (streams === undefined) return;
    for (const command of next.commands) streams.commands.next(command);
    streams.snapshots.next(next.snapshot);
    streams.stages.next(stage);
  }

  return {
    get stage$() {
      return listened().stage$;
    },
    get snapshot$() {
      return listened().snapshot$;
    },
    get command$() {
      return listened().command$;
    },
    keep: (snapshot, commands) => kept.push({ snapshot, commands }),
    tellNext,
    complete() {
      while (kept.length > 0) tellNext();
      isOver = true;
      if (streams !== undefined) completeAll(streams);
    },
  };
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
