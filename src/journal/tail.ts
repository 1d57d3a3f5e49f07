/**
 * The audit log from a number on, and on: for whoever was away, and must miss nothing (A1).
 *
 * 1. Gapless: each line once, in the order of `seq`, first what is in the log, then what comes.
 * 2. A line is told when its record is durable *and* what it caused is on its way (E6). One whose record never becomes
 *    durable is never told here, nor is anything after it: the next process may give its number to another line.
 * 3. What is in the log is told in pages, each in a turn of its own: a long absence does not hold the engine up.
 * 4. A listener that throws is contained (E2).
 * 5. Lines that cannot be read, such as those of an archive that is not there, are an error of the stream, which ends with it.
 */
import { Observable, Subject, type Subscriber } from 'rxjs';
import type { AuditRecord } from '../domain/audit.js';
import type { JournalRecord } from '../domain/journal.js';
import type { Clock } from '../domain/ports.js';
import { containedStream, type OnListenerError } from './contained-stream.js';

export interface Tail {
  /** The record is durable. */
  durable(record: Pick<JournalRecord, 'audit'>): void;
  /** Listeners have heard of the line. */
  heard(line: Pick<AuditRecord, 'seq'>): void;
  /** There will be no more. */
  close(): void;
  /**
   * Every audit line with a `seq` above `since`, then each as it comes; completes when the engine is closed. 0 begins with the
   * first line, and so does nothing; a number that is not there yet waits for it.
   */
  since(since?: number): Observable<AuditRecord>;
}

interface TailParts {
  readonly clock: Clock;
  /** Lines of the log with a `seq` above `after`, oldest first, at most `limit`. */
  readonly read: (after: number, limit: number) => readonly AuditRecord[];
  readonly onError: OnListenerError;
}

/** Lines told in one turn. */
const PAGE = 500;

/** @param past number of the last line that the journal had when it was opened: all up to it is durable */
export function tailOf(parts: TailParts, past: number): Tail {
  const { clock, read } = parts;
  const moved$ = new Subject<void>();
  let heard = past;
  let durable = past;
  let isOver = false;
  const reach = () => Math.min(heard, durable);

  function move(): void {
    if (!isOver && moved$.observed) moved$.next();
  }

  function listen(since: number, tell: (line: AuditRecord) => void, end: (error?: unknown) => void): () => void {
    let told = since;
    let timer: unknown;
    let isGone = false;

    function page(): void {
      timer = undefined;
      const left = reach() - told;
      let lines: readonly AuditRecord[];
      try {
        lines = left > 0 ? read(told, Math.min(PAGE, left)) : [];
      } catch (error) {
        // What cannot be read is not passed over: who listens knows where the gap is.
        end(error);
        return;
      }
      for (const line of lines) {
        told = line.seq;
        tell(line);
        // It may have gone away at what it heard.
        if (isGone) return;
      }
      if (told < reach()) timer = clock.setTimeout(page, 0);
      else if (isOver) end();
    }

    const next = () => (timer === undefined ? page() : undefined);
    const moves = moved$.subscribe({ next, complete: next });
    next();
    return () => {
      isGone = true;
      moves.unsubscribe();
      if (timer !== undefined) clock.clearTimeout(timer);
    };
  }

  return {
    durable({ audit }) {
      const { length } = audit;
      if (length === 0) return;
      durable = audit[length - 1]?.seq ?? durable;
      move();
    },
    heard({ seq }) {
      heard = seq;
      move();
    },
    close() {
      isOver = true;
      moved$.complete();
    },
    since(since = 0) {
      const from = Number.isFinite(since) ? Math.max(0, Math.floor(since)) : 0;
      const tell = (listener: Subscriber<AuditRecord>) =>
        listen(
          from,
          (line) => listener.next(line),
          (error) => (error === undefined ? listener.complete() : listener.error(error)),
        );
      return containedStream(new Observable(tell), parts.onError);
    },
  };
}

/** Lines of a log whose numbers have no gap: those above `after`, at most `limit`. */
export function linesAfter(log: readonly AuditRecord[], after: number, limit: number): readonly AuditRecord[] {
  const from = after + 1 - (log[0]?.seq ?? 1);
  return log.slice(Math.max(0, from), Math.max(0, from) + limit);
}
