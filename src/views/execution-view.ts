/**
 * One execution as it stands in a list.
 */

import type { EngineTime } from '../actors/engine-time.js';
import { endOf } from '../actors/execution.js';
import type { Side } from '../domain/ports.js';
import type { ExecutionResult, ExecutionStage } from '../domain/result.js';
import { isoTime } from '../domain/time.js';
import { elapsedSinceSubmit } from '../machines/execution.context.js';
import { type ExecutionSnapshot, stageOfSnapshot, statePath } from '../machines/execution.state.js';

/** One execution in a list. @public @since 0.1.0 */
export interface ExecutionView {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSize: string;
  /** Where the chart stands, innermost state last, such as `pending.partiallyFilled`. */
  readonly state: string;
  readonly stage: ExecutionStage;
  readonly cumQty: string;
  readonly avgPrice?: string;
  /** When `execute` was called, ISO 8601 UTC. */
  readonly startedAt: string;
  /** T in ms. */
  readonly t: number;
  readonly result?: ExecutionResult;
}

export function viewOf(snapshot: ExecutionSnapshot, time: EngineTime): ExecutionView {
  const { context } = snapshot;
  const { order, snapshot: advisory, result } = context;
  return {
    advisoryId: context.advisoryId,
    clientOrderId: context.clientOrderId,
    symbol: advisory.symbol,
    side: advisory.side,
    positionSize: advisory.positionSize,
    state: statePath(snapshot.value),
    stage: stageOfSnapshot(snapshot),
    cumQty: order.cumQty,
    ...(order.avgPrice !== undefined && { avgPrice: order.avgPrice }),
    startedAt: isoTime(context.startedAt),
    t: elapsedSinceSubmit(context, endOf(context) ?? time()),
    ...(result !== undefined && { result }),
  };
}
