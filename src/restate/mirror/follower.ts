/**
 * Follows the log on Restate: each fact once, in its order, with its place among all.
 */
import type { AuditRecord } from '../../domain/audit.js';
import { chained, GENESIS_HASH, type JournalRecord } from '../../domain/journal.js';
import type { Clock } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import type { Ingress } from '../ingress.js';
import type { LogEnd, LoggedFact, LogPiece } from '../log.js';
import { ALL, LOG } from '../names.js';

export interface Follower {
  /** Resolves when the log has been read to where it ends now. Rejects when Restate does not answer. */
  catchUp(): Promise<void>;
  /** Reads on and on, until `close`. */
  begin(): void;
  /** Ms since Restate answered last. */
  silentMs(): number;
  close(): void;
}

export interface FollowerParts {
  readonly ingress: Ingress;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Told each record, as a journal of one's own would have it. */
  readonly onRecord: (record: JournalRecord) => void;
}

const LIMIT_MS = 5_000;
const LONGEST_WAIT_MS = 2_000;

export function follower({ ingress, clock, intervalMs, onRecord }: FollowerParts): Follower {
  let entries = 0;
  let lastHash = GENESIS_HASH;
  let answeredAt = clock.monotonic();
  let reading: Promise<void> | undefined;
  let timer: unknown;
  let isClosed = false;

  async function readOn(): Promise<void> {
    for (;;) {
      const pieces = await ingress.call<readonly LogPiece[]>(LOG, ALL, 'read', entries, LIMIT_MS);
      answeredAt = clock.monotonic();
      if (pieces.length === 0 || isClosed) return;
      for (const { after, facts } of pieces) tell(after, facts);
    }
  }

  function tell(after: LogEnd, facts: readonly LoggedFact[]): void {
    let { auditLines } = after;
    for (const logged of facts) {
      const record = recordOf(logged, entries + 1, auditLines, lastHash);
      entries += 1;
      auditLines += logged.audit.length;
      lastHash = record.hash;
      onRecord(record);
    }
  }

  /** One at a time: whoever asks while it is read asks for what comes after that. */
  function catchUp(): Promise<void> {
    const before = reading ?? Promise.resolve();
    const now = before.catch(() => undefined).then(readOn);
    reading = now;
    return now;
  }

  async function follow(failures: number): Promise<void> {
    const missed = await catchUp().then(
      () => 0,
      () => failures + 1,
    );
    if (isClosed) return;
    timer = clock.setTimeout(() => void follow(missed), Math.min(LONGEST_WAIT_MS, intervalMs * 2 ** missed));
  }

  return {
    catchUp,
    begin: () => void follow(0),
    silentMs: () => clock.monotonic() - answeredAt,
    close() {
      isClosed = true;
      clock.clearTimeout(timer);
    },
  };
}

function recordOf(logged: LoggedFact, seq: number, auditLines: number, prevHash: string): JournalRecord {
  const { stream, v, advisoryId, snapshotHash, at, t, fact } = logged;
  const wall = isoTime(at);
  const owner = {
    ...(advisoryId !== undefined && { advisoryId }),
    ...(snapshotHash !== undefined && { snapshotHash }),
  };
  const audit = logged.audit.map(
    ({ event, details }, index): AuditRecord => ({
      ...{ seq: auditLines + index + 1, event, timestamp: wall, ...owner, details },
      ...(t !== undefined && { t }),
    }),
  );
  return chained({ seq, v, stream, ...owner, wall, at, fact, audit }, prevHash);
}
