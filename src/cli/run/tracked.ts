/**
 * An execution as the views see it: its life so far, remembered as it happens.
 */

import type { Execution } from '../../actors/execution.js';
import type { ExecutionState } from '../../domain/reasons.js';
import type { ExecutionStage, FinalStatus } from '../../domain/result.js';
import { type ExecutionSnapshot, stageOfSnapshot, statePath, topState } from '../../machines/execution.state.js';
import type { Tone } from '../terminal/paint.js';

/** What is to be shown of an execution now. */
export interface TrackedView {
  readonly advisoryId: string;
  readonly symbol: string;
  readonly side: string;
  readonly size: string;
  readonly filled: string;
  readonly avgPrice?: string;
  /** Top states of the chart so far, the present one last. */
  readonly trail: readonly ExecutionState[];
  /** The chart's state now, innermost last, such as `pending.partiallyFilled`. */
  readonly state: string;
  readonly stage: ExecutionStage;
  /** T in seconds of the engine's clock; absent before the first submission. */
  readonly tSeconds?: number;
  readonly status?: FinalStatus;
}

export interface Tracked {
  readonly execution: Execution;
  view(): TrackedView;
}

/**
 * Follows an execution that was just started; calls back after each change of stage, state or filled quantity. What is shown is
 * what was heard: the engine tells a fact when its commands are on their way, so that several may be told in one turn (E6).
 */
export function track(execution: Execution, onChange: (tracked: Tracked) => void): Tracked {
  const { actor } = execution;
  const trail: ExecutionState[] = ['validating'];
  let heard: ExecutionSnapshot = actor.getSnapshot();
  let shown = '';

  function look(snapshot: ExecutionSnapshot): boolean {
    heard = snapshot;
    const state = topState(snapshot);
    if (trail.at(-1) !== state) trail.push(state);
    const now = `${state} ${stageOfSnapshot(snapshot)} ${snapshot.context.order.cumQty}`;
    const isNews = now !== shown;
    shown = now;
    return isNews;
  }

  const tracked: Tracked = { execution, view: () => viewOf(execution, heard, [...trail]) };
  look(heard);
  actor.subscribe({ next: (snapshot) => void (look(snapshot) && onChange(tracked)), error: () => undefined });
  return tracked;
}

function viewOf(execution: Execution, heard: ExecutionSnapshot, trail: readonly ExecutionState[]): TrackedView {
  const { snapshot, timeout } = execution;
  const { order, verdict, firstSubmitAt } = heard.context;
  return {
    advisoryId: execution.advisoryId,
    symbol: snapshot.symbol ?? '',
    side: snapshot.side,
    size: snapshot.positionSize ?? '',
    filled: order.cumQty,
    ...(order.avgPrice !== undefined && { avgPrice: order.avgPrice }),
    trail,
    state: statePath(heard.value),
    stage: stageOfSnapshot(heard),
    ...(firstSubmitAt !== undefined && { tSeconds: timeout.elapsedSeconds() }),
    ...(trail.at(-1) === 'done' && verdict !== undefined && { status: verdict.status }),
  };
}

interface Look {
  readonly tone: Tone;
  readonly glyph: string;
}

/** How final statuses look; the word stands beside the sign everywhere. */
export const STATUS_LOOK: Record<FinalStatus, Look> = {
  FILLED: { tone: 'good', glyph: '✔' },
  EXECUTED_FULL_LATE: { tone: 'warn', glyph: '✔' },
  CANCELLED: { tone: 'halted', glyph: '■' },
  FAILED: { tone: 'bad', glyph: '✖' },
  FAILED_TIMEOUT: { tone: 'bad', glyph: '✖' },
  REJECTED: { tone: 'info', glyph: '⊘' },
};
