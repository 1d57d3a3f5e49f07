/**
 * The last look before the entry order, the same for every host: time, hash, expiry, cases and switches (V1, V7, V8, S5).
 *
 * It is pure: whoever calls it makes the submit call in the same turn, with nothing awaited between.
 */
import { snapshotHash } from '../domain/snapshot.js';
import { type Gate, gateRefusal, type Refusal } from '../domain/validation.js';
import { type ExecutionContext, hardTimeoutAt } from '../machines/execution.context.js';
import type { FactOf } from '../machines/execution.facts.js';

/** Why an order does not leave. */
export type LookRefusal = Pick<Refusal, 'code' | 'message' | 'refusedBy'>;

/** @param at now, engine ms; `undefined` when the order may leave */
export function lastLook(
  { snapshot, snapshotHash: approved, firstSubmitAt }: ExecutionContext,
  gate: Gate,
  at: number,
): LookRefusal | undefined {
  if (firstSubmitAt !== undefined && at >= hardTimeoutAt({ firstSubmitAt })) {
    return { code: 'ORDER_NOT_SENT', message: 'T has reached 30 s: no further try.' };
  }
  if (snapshotHash(snapshot) !== approved) {
    return { code: 'INVALID_SNAPSHOT', message: 'The snapshot is not the one that was approved: its hash differs.' };
  }
  return gateRefusal(snapshot, gate);
}

/** The refusal as a fact, with nothing in it but what is recorded. */
export const blocked = ({ code, message, refusedBy }: LookRefusal, at: number): FactOf<'SUBMIT_BLOCKED'> => ({
  type: 'SUBMIT_BLOCKED',
  at,
  refusal: { code, message, ...(refusedBy !== undefined && { refusedBy }) },
});
