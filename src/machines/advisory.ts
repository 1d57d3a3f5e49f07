/**
 * From what a caller hands over to what an execution starts from.
 */
import { sentence } from '../domain/reading.js';
import {
  clientOrderIdFor,
  type FrozenSnapshot,
  readSnapshot,
  recordedSnapshot,
  snapshotHash,
} from '../domain/snapshot.js';
import { isAdvisoryId } from '../domain/validation.js';
import type { ExecutionInput } from './execution.facts.js';

/** The advisory: read, hashed, and named. Never throws; what cannot be read is listed. */
export function inputOf(raw: unknown): ExecutionInput {
  const { fields, problems } = readSnapshot(raw);
  const snapshot = fields as FrozenSnapshot;
  const advisoryId = fields.advisoryId ?? '';
  const hash = problems.length === 0 ? snapshotHash(snapshot) : '';
  return { advisoryId, clientOrderId: clientOrderIdFor(advisoryId, hash), snapshot, snapshotHash: hash, problems };
}

/** The same for one that was recorded: its snapshot was read before, and is that very snapshot when it has its hash. */
export function recordedInput(recorded: ExecutionInput): ExecutionInput {
  const snapshot = recordedSnapshot(recorded.snapshot, recorded.snapshotHash);
  if (recorded.problems.length > 0 || snapshot === undefined) return inputOf(recorded.snapshot);
  const { advisoryId } = snapshot;
  const { snapshotHash: hash } = recorded;
  return { advisoryId, clientOrderId: clientOrderIdFor(advisoryId, hash), snapshot, snapshotHash: hash, problems: [] };
}

/** Whether the advisory takes its place among the executions: what cannot be read or named has none. */
export const isRegistered = ({ advisoryId, problems }: ExecutionInput): boolean =>
  problems.length === 0 && isAdvisoryId(advisoryId);

/** The journal cannot say whether it has been run: refused, and no part of any life (S1). */
export function unreadable(input: ExecutionInput, cause: string): ExecutionInput {
  const message = `The journal cannot tell whether ${JSON.stringify(input.advisoryId)} has been executed before: ${sentence(cause)}`;
  return { ...input, problems: [{ code: 'JOURNAL_UNAVAILABLE', field: 'advisoryId', message }] };
}

/** The same id with another hash: refused by the chart like any other (E1). */
export function conflicting(input: ExecutionInput): ExecutionInput {
  const { advisoryId, snapshotHash: hash } = input;
  const name = JSON.stringify(advisoryId);
  const message = `advisoryId is ${name}, which stands for another snapshot already; accepted is that very snapshot, or another advisoryId (this hash: ${hash}).`;
  return { ...input, problems: [{ code: 'ADVISORY_CONFLICT', field: 'advisoryId', message }] };
}
