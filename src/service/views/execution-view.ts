/**
 * An execution as the service tells it.
 */
import { snapshotHash } from '../../domain/snapshot.js';
import type { Execution as Handle } from '../../index.js';
import { statePath } from '../../machines/execution.state.js';
import type { OpenAccount } from '../accounts/account.js';
import type { Execution, ExecutionDetail } from '../api/executions.js';

export interface Around {
  /** Ids of the open cases of the advisory. */
  readonly openCases: readonly string[];
  readonly hasOpenPosition: boolean;
  /** It waits for its turn, and the journal does not know it. */
  readonly isWaiting: boolean;
}

/** What of an execution does not change with its cases, its position and its place in line. */
export type Standing = Omit<Execution, 'openCases' | 'needsAttention' | 'group'>;

const MS_PER_SECOND = 1_000;
const roundedSeconds = (seconds: number): number => Math.round(seconds * MS_PER_SECOND) / MS_PER_SECOND;

export function executionView(account: OpenAccount, handle: Handle, around: Around): Execution {
  // Looking at its chart would make the host that it waits for.
  if (!around.isWaiting) return withAround(standingOf(account, handle), around);
  const head = headOf(account, handle);
  const standing = { ...head, ...WAITING, startedAt: handle.snapshot.createdAt ?? NOT_STARTED };
  return { ...withAround(standing, around), group: 'in_flight' };
}

const headOf = ({ name }: OpenAccount, { advisoryId, clientOrderId, snapshot }: Handle) => ({
  account: name,
  advisoryId,
  clientOrderId,
  symbol: snapshot.symbol,
  side: snapshot.side,
  positionSize: snapshot.positionSize,
});

/** As the chart stands. */
export function standingOf(account: OpenAccount, handle: Handle): Standing {
  const { value, context } = handle.actor.getSnapshot();
  const { order, result } = context;
  const { startedAt } = handle.timeout;
  return {
    ...headOf(account, handle),
    status: handle.stage,
    state: statePath(value),
    cumQty: order.cumQty,
    ...(order.avgPrice !== undefined && { avgPrice: order.avgPrice }),
    startedAt: new Date(context.startedAt).toISOString(),
    timeout: {
      ...(startedAt !== undefined && { startedAt }),
      elapsedSeconds: roundedSeconds(handle.timeout.elapsedSeconds()),
      timeRemainingSeconds: roundedSeconds(handle.timeout.timeRemainingSeconds()),
      isExpired: handle.timeout.isExpired(),
    },
    recorded: true,
    ...(result !== undefined && { result: result as unknown as NonNullable<Execution['result']> }),
  };
}

export const withAround = (standing: Standing, around: Around): Execution => ({
  ...standing,
  group: groupOf(standing.result !== undefined, around),
  openCases: [...around.openCases],
  needsAttention: around.openCases.length > 0,
});

export const executionDetail = (account: OpenAccount, handle: Handle, around: Around): ExecutionDetail => ({
  ...executionView(account, handle, around),
  snapshotHash: snapshotHash(handle.snapshot),
  snapshot: handle.snapshot as unknown as ExecutionDetail['snapshot'],
});

const NOT_STARTED = new Date(0).toISOString();

const WAITING = {
  status: 'VALIDATING',
  state: 'validating.waiting',
  cumQty: '0',
  timeout: { elapsedSeconds: 0, timeRemainingSeconds: 30, isExpired: false },
  recorded: false,
} as const;

export function groupOf(isOver: boolean, { openCases, hasOpenPosition }: Around): Execution['group'] {
  if (openCases.length > 0) return 'needs_attention';
  if (!isOver) return 'in_flight';
  return hasOpenPosition ? 'open_position' : 'finished';
}
