/**
 * What an execution that is over leaves in its symbol, for whoever sweeps (M3).
 */
import type { BrokerCapabilities } from '../domain/ports.js';
import { heldBy } from '../engine/holdings.js';
import { protectionInputOf } from '../engine/protections.js';
import { isUncertain } from '../engine/sweep.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import { foldExits } from './exits-life.js';
import type { Ended } from './symbol-book.js';

interface Left {
  readonly ended: Ended;
  /** Its position, as the exits begin with it; absent where nothing is held. */
  readonly position?: ProtectionContext;
}

/** @param at of the last fact, engine ms */
export function leftBy(
  context: ExecutionContext,
  at: number,
  capabilities: Pick<BrokerCapabilities, 'nativeOco'>,
): Left {
  const { advisoryId, clientOrderId, attempts, startedAt, baseline } = context;
  const input = protectionInputOf(context, capabilities);
  const position = input && foldExits([{ type: 'START', at, input }]).context;
  const ended: Ended = {
    clientOrderId,
    ...(attempts.length > 0 && { baseline: { startedAt, baseline } }),
    ...(isUncertain(context) && { uncertain: advisoryId }),
    ...(position !== undefined && { position: heldBy(position) }),
  };
  return { ended, ...(position !== undefined && { position }) };
}
