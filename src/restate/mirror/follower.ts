/**
 * Follows the log on Restate: each fact once, in its order, with its place among all.
 *
 * 1. What is not kept any more is passed over. What of it was not over is logged once more, and is told then; whoever was told
 *    of it before is not told again.
 */
import { chained, GENESIS_HASH, type JournalRecord } from '../../domain/journal.js';
import type { Clock } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import type { Ingress } from '../ingress.js';
import { auditOf, type LogBounds, type LogPiece, type PlacedFact } from '../log.js';
import { ALL, LOG, PAGES } from '../names.js';
import { keyOf } from '../pages.js';
import type { PageRow } from '../pages-object.js';

export interface Follower {
  /** Resolves when the log has been read to where it ends now. Rejects when Restate does not answer. */
  catchUp(): Promise<void>;
  /** Reads on and on, until `close`. */
  begin(): void;
  /** Ms since Restate answered last. */
  silentMs(): number;
  close(): void;
}

interface FollowerParts {
  readonly ingress: Ingress;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Told each record, as a journal of one's own would have it. */
  readonly onRecord: (record: JournalRecord) => void;
}

const LIMIT_MS = 5_000;
const LONGEST_WAIT_MS = 2_000;
/** What the log knows to be there reaches its page a moment later. */
const PAGE_COMES_MS = 20;

export function follower({ ingress, clock, intervalMs, onRecord }: FollowerParts): Follower {
  let entries = 0;
  /** What was not kept any more when it was to be read, in entries. */
  const missed: { readonly from: number; readonly to: number }[] = [];
  let lastHash = GENESIS_HASH;
  let answeredAt = clock.monotonic();
  let reading: Promise<void> | undefined;
  let timer: unknown;
  let isClosed = false;

  /** To where the log ended when it began to read. */
  async function readOn(): Promise<void> {
    let goal: number | undefined;
    for (;;) {
      const { first, end } = await ingress.call<LogBounds>(LOG, ALL, 'bounds', null, LIMIT_MS);
      answeredAt = clock.monotonic();
      goal ??= end;
      if (first > entries) passOver(first);
      if (entries >= goal || isClosed) return;
      const before = entries;
      const rows = await ingress.call<readonly PageRow<LogPiece>[]>(
        PAGES,
        keyOf(LOG, entries),
        'from',
        entries,
        LIMIT_MS,
      );
      if (isClosed) return;
      for (const { value } of rows) tell(value);
      if (entries === before) await new Promise<void>((resolve) => clock.setTimeout(resolve, PAGE_COMES_MS));
    }
  }

  function passOver(first: number): void {
    missed.push({ from: entries, to: first });
    entries = first;
  }

  const wasTold = ({ firstAfter }: PlacedFact): boolean =>
    firstAfter !== undefined && !missed.some(({ from, to }) => firstAfter >= from && firstAfter < to);

  function tell({ after, facts }: LogPiece): void {
    let { auditLines } = after;
    for (const placed of facts) {
      entries += 1;
      if (!wasTold(placed)) {
        const record = recordOf(placed, entries, auditLines, lastHash);
        lastHash = record.hash;
        onRecord(record);
      }
      auditLines += placed.audit.length;
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

function recordOf(logged: PlacedFact, seq: number, auditLines: number, prevHash: string): JournalRecord {
  const { stream, v, advisoryId, snapshotHash, at, fact } = logged;
  const wall = isoTime(at);
  const owner = {
    ...(advisoryId !== undefined && { advisoryId }),
    ...(snapshotHash !== undefined && { snapshotHash }),
  };
  const audit = auditOf(logged, auditLines);
  return chained({ seq, v, stream, ...owner, wall, at, fact, audit }, prevHash);
}
