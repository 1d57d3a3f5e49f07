/**
 * What a row of a broker's table proves about an order that was sent, as the outcome that the engine takes.
 *
 * 1. `accepted` needs the broker's id of the order: without one it is `unknown`.
 * 2. An answer that no row is for proves nothing: `unknown`.
 */
import type { SubmitOutcome } from '../../domain/ports.js';

export type Proof = 'accepted' | 'duplicate' | 'rejected' | 'transient' | 'unknown';

/** What the broker said, as far as it could be read. */
interface Answer {
  /** HTTP status. */
  readonly status: number;
  readonly id?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

export function outcomeOf(
  row: { readonly proves: Proof; readonly why: string } | undefined,
  { status, id, code = String(status), message }: Answer,
): SubmitOutcome {
  const refusal = { code, reason: message ?? row?.why ?? `HTTP ${status}` };
  switch (row?.proves) {
    case 'accepted':
      return id === undefined ? { kind: 'unknown', cause: row.why } : { kind: 'accepted', brokerOrderId: id };
    case 'duplicate':
      return { kind: 'duplicate' };
    case 'rejected':
      return { kind: 'rejected', ...refusal };
    case 'transient':
      return { kind: 'rejected', ...refusal, transient: true };
    default:
      return { kind: 'unknown', cause: `HTTP ${status}: ${row?.why ?? message ?? 'no readable answer'}` };
  }
}
