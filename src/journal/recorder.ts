/**
 * The one way into the journal, the audit log and the logger.
 *
 * 1. Every fact gets the next `seq` and its link in the hash chain in the turn in which it is recorded (A5).
 * 2. Audit lines are in the log when they are durable, and reach listeners and the logger, in order, when what they caused is
 *    on its way (E6); neither can stop the engine (E2).
 * 3. A journal that refuses an append has failed for good: it is said once, and nothing is written to it again.
 * 4. A journal that does not answer is late (A8): nothing waits for it, no order leaves, what is recorded is handed to it all
 *    the same, and it counts again as soon as it answers.
 */
import { type Observable, Subject } from 'rxjs';
import type { AuditEntry, AuditEvent, AuditRecord } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import {
  chainedPlain,
  GENESIS_HASH,
  type JournalRecord,
  type RecordedFact,
  type RecordStream,
  type UnchainedRecord,
} from '../domain/journal.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { isoTime } from '../domain/time.js';
import { auditTail, type ReadLog } from './audit-tail.js';
import { commitWatch } from './commit-watch.js';
import { containedStream } from './contained-stream.js';
import { FACTS_VERSION } from './fact-versions.js';

interface Entry {
  readonly stream: RecordStream;
  readonly advisoryId?: string | undefined;
  readonly snapshotHash?: string | undefined;
  /** Engine time, ms. */
  readonly at: number;
  /** T in ms, once it runs. */
  readonly t?: number | undefined;
  readonly fact: object & { readonly type: string };
  readonly audit: readonly AuditEntry[];
  /** Absent where the fact causes no commands. */
  readonly underWay?: UnderWay | undefined;
  /** Called when listeners have heard of it. */
  readonly onTold?: (() => void) | undefined;
}

/** Whether the commands that a fact caused are on their way; listeners hear of the fact then. */
export interface UnderWay {
  isBegun: boolean;
  /** Called by who begins the commands, when the last of them is begun. */
  onBegun?: (() => void) | undefined;
}

/** What listeners have not heard of yet. All that the journal has not answered is among it. */
interface News {
  readonly audit: readonly AuditRecord[];
  readonly underWay: UnderWay | undefined;
  readonly onTold: (() => void) | undefined;
  /** It is durable, or known not to be. */
  isDecided: boolean;
  /** The record; 0 where none was written. */
  seq: number;
  /** Answers who recorded it. */
  resolve: (durability: Durability) => void;
  waiters: (() => void)[] | undefined;
  /** What is told after it. A list: very many may wait, and to shift the first of an array moves all others. */
  next: News | undefined;
}

const newNews = (audit: News['audit'], underWay: News['underWay'], onTold: News['onTold']): News => ({
  audit,
  underWay,
  onTold,
  isDecided: false,
  seq: 0,
  resolve: nobody,
  waiters: undefined,
  next: undefined,
});

const DURABLE: Durability = { durable: true };
const nobody = (): undefined => undefined;

/** Whether the record is durable. */
export type Durability = { readonly durable: true } | { readonly durable: false; readonly cause: string };

export interface Recorder {
  record(entry: Entry): Promise<Durability>;
  /** Resolves when listeners have heard of all that is recorded by now. */
  told(): Promise<void>;
  /** Whether the last record is durable, and with it all before it. */
  lastRecord(): Promise<Durability>;
  /** The latest audit lines, at most 10,000, oldest first (E7). */
  readonly log: readonly AuditRecord[];
  readonly audit$: Observable<AuditRecord>;
  /** Why the journal cannot be written to: it has failed, or is late. */
  readonly failure: string | undefined;
  readonly records: number;
  /** Where what is recorded ends. */
  readonly end: RecordedEnd;
  say(level: keyof Logger, fields: object, message: string): void;
  close(): void;
}

/** How the log names what a listener threw (E2). */
export const LISTENER_THREW = 'a listener threw';

const LEVELS: Partial<Record<AuditEvent, keyof Logger>> = {
  validation_failed: 'warn',
  kill_switch_abort: 'warn',
  order_unknown: 'warn',
  order_rejected: 'warn',
  timeout: 'warn',
  protection_failed: 'error',
  kill_switch_set: 'warn',
  case_opened: 'error',
};

/** An execution that proceeds under a WARNING says so (K1). */
export const levelOf = ({ event, details }: AuditRecord): keyof Logger =>
  LEVELS[event] ?? (event === 'execution_start' && details['killSwitchState'] === 'WARNING' ? 'warn' : 'info');

/** Where a journal ends: number and hash of its last record, and the number of its last audit line; 0 for none. */
export interface RecordedEnd {
  readonly seq: number;
  readonly hash: string;
  readonly auditSeq: number;
}

/** @param before where the records before these end */
export function endOfRecords(records: readonly JournalRecord[], before: RecordedEnd = NOTHING_RECORDED): RecordedEnd {
  const { seq, hash } = records.at(-1) ?? before;
  const auditSeq = records.findLast(({ audit }) => audit.length > 0)?.audit.at(-1)?.seq ?? before.auditSeq;
  return { seq, hash, auditSeq };
}

const NOTHING_RECORDED: RecordedEnd = { seq: 0, hash: GENESIS_HASH, auditSeq: 0 };

export interface RecorderOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly logger: Logger | false;
  /** Where the journal ends now. */
  readonly past: RecordedEnd;
  /** Audit lines of records that are durable, from a number to another; read when somebody asks for them. */
  readonly readLog: ReadLog;
  readonly onFailure: (cause: string) => void;
  /** Told what is recorded, in the turn in which it is. */
  readonly onRecord?: (audit: readonly AuditEntry[], at: number) => void;
  /** Told of each record that is durable, in order. */
  readonly onDurable?: (record: JournalRecord) => void;
  /** Told of each audit line that listeners have heard of, in order. */
  readonly onHeard?: (line: AuditRecord) => void;
}

export function recorder(options: RecorderOptions): Recorder {
  const { journal, clock, logger, past, onFailure, onRecord, onDurable, onHeard } = options;
  const log = auditTail(past.seq, options.readLog);
  const audit$ = new Subject<AuditRecord>();
  let last: Pick<JournalRecord, 'seq' | 'hash'> = past;
  let auditSeq = past.auditSeq;
  let lastRecord: Promise<Durability> = Promise.resolve(DURABLE);
  let failure: string | undefined;
  let lateness: string | undefined;
  let oldestUntold: News | undefined;
  let latestUntold: News | undefined;

  function say(level: keyof Logger, fields: object, message: string): void {
    if (logger === false) return;
    try {
      logger[level](fields, message);
    } catch {
      // A logger that throws ends nothing (E2).
    }
  }
  function publish(records: readonly AuditRecord[]): void {
    for (const record of records) {
      if (logger !== false) {
        const { event, ...fields } = record;
        say(levelOf(record), { event, ...fields }, event);
      }
      if (audit$.observed) audit$.next(record);
      onHeard?.(record);
    }
  }

  function fail(cause: string): Durability {
    if (failure === undefined) {
      failure = cause;
      say('error', { journal: journal.name, cause }, 'the journal has failed: no order leaves any more');
      onFailure(cause);
    }
    return { durable: false, cause: failure };
  }

  function record(entry: Entry): Promise<Durability> {
    const { underWay, onTold } = entry;
    const wall = isoTime(clock.now());
    const audit = entry.audit.map((line, index) => deepFreeze(auditRecord(auditSeq + index + 1, wall, line, entry)));
    auditSeq += audit.length;
    onRecord?.(entry.audit, entry.at);
    const news = newNews(audit, underWay, onTold);
    if (latestUntold === undefined) oldestUntold = news;
    else latestUntold.next = news;
    latestUntold = news;
    if (underWay !== undefined) underWay.onBegun = tellOn;
    lastRecord = failure === undefined ? append(linked(entry, wall, audit), news) : refused(failure, news);
    return lastRecord;
  }

  /** Tells, in order, of what is decided and has its commands on their way. */
  function tellOn(): void {
    for (let next = oldestUntold; next?.isDecided && next.underWay?.isBegun !== false; next = oldestUntold) {
      oldestUntold = next.next;
      if (oldestUntold === undefined) latestUntold = undefined;
      publish(next.audit);
      next.onTold?.();
      for (const resolve of next.waiters ?? []) resolve();
    }
  }

  function allUntold(): readonly News[] {
    const all: News[] = [];
    for (let news = oldestUntold; news !== undefined; news = news.next) all.push(news);
    return all;
  }

  function told(): Promise<void> {
    const news = latestUntold;
    if (news === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      news.waiters ??= [];
      news.waiters.push(resolve);
    });
  }

  /** Whether it is durable is known: the log has it, and listeners may hear of it. */
  function decide(news: News, seq: number, { durable }: Durability): void {
    if (news.isDecided) return;
    news.isDecided = true;
    log.push(seq, news.audit, durable);
    tellOn();
  }

  /** Nothing is written to a journal that has failed. */
  async function refused(cause: string, news: News): Promise<Durability> {
    // What caused it is not over yet: listeners hear of it later (E6).
    await undefined;
    const durability = { durable: false, cause } as const;
    decide(news, last.seq, durability);
    return durability;
  }

  function linked(entry: Entry, wall: string, audit: readonly AuditRecord[]): JournalRecord {
    const link = chainedPlain(contentOf(last.seq + 1, wall, entry, audit), last.hash);
    last = link;
    return link;
  }

  /** Resolves with the journal's answer, or without it when the journal is late. */
  function append(link: JournalRecord, news: News): Promise<Durability> {
    news.seq = link.seq;
    const answered = watch.begin();
    const durability = new Promise<Durability>((resolve) => {
      news.resolve = resolve;
    });
    const late = lateness;
    // What caused it is not over yet: listeners hear of it later (E6).
    if (late !== undefined) void Promise.resolve().then(() => answer(news, { durable: false, cause: late }));
    handOver(journal, link).then(
      () => {
        onDurable?.(link);
        answered();
        answer(news, DURABLE);
      },
      (error: unknown) => {
        const failed = fail(causeOf(error));
        answered();
        answer(news, failed);
      },
    );
    return durability;
  }

  /** The journal has answered, or is late: the first of the two counts. */
  function answer(news: News, durability: Durability): void {
    news.resolve(durability);
    decide(news, news.seq, durability);
  }

  const watch = commitWatch(clock, {
    onLate(silentMs) {
      if (failure !== undefined) return;
      lateness = `no answer within ${silentMs} ms`;
      say('error', { journal: journal.name, silentMs }, 'the journal is late: no order leaves until it answers');
      for (const news of allUntold()) if (!news.isDecided) answer(news, { durable: false, cause: lateness });
    },
    onSilent(silentMs) {
      if (failure === undefined) onFailure(`no answer within ${silentMs} ms`);
    },
    onAnswerAgain() {
      lateness = undefined;
      if (failure === undefined) say('warn', { journal: journal.name }, 'the journal answers again');
    },
    onStall(stalledMs) {
      say('warn', { stalledMs }, 'the event loop stood still: the process was stopped, or something kept it busy');
    },
  });

  return {
    record,
    told,
    lastRecord: () => lastRecord,
    get log() {
      return log.lines();
    },
    audit$: containedStream(audit$, (error) => say('error', { cause: causeOf(error) }, LISTENER_THREW)),
    get failure() {
      return failure ?? lateness;
    },
    get records() {
      return last.seq;
    },
    get end() {
      return { seq: last.seq, hash: last.hash, auditSeq };
    },
    say,
    close: () => audit$.complete(),
  };
}

/** A journal may throw before it returns a promise. */
function handOver(journal: Journal, link: JournalRecord): Promise<void> {
  try {
    return Promise.resolve(journal.append([link]));
  } catch (error) {
    return Promise.reject(error);
  }
}

// Each kind of line and record is written as one literal: all of a kind have the same shape, which is what makes them cheap.

function auditRecord(seq: number, timestamp: string, { event, details }: AuditEntry, of: Entry): AuditRecord {
  const { t, advisoryId, snapshotHash } = of;
  if (advisoryId !== undefined && snapshotHash !== undefined) {
    return t === undefined
      ? { seq, event, timestamp, advisoryId, snapshotHash, details }
      : { seq, event, timestamp, t, advisoryId, snapshotHash, details };
  }
  return {
    ...{ seq, event, timestamp },
    ...(t !== undefined && { t }),
    ...(advisoryId !== undefined && { advisoryId }),
    ...(snapshotHash !== undefined && { snapshotHash }),
    details,
  };
}

function contentOf(seq: number, wall: string, entry: Entry, audit: readonly AuditRecord[]): UnchainedRecord {
  const { stream, advisoryId, snapshotHash, at } = entry;
  const v = FACTS_VERSION;
  const fact = entry.fact as RecordedFact;
  if (advisoryId !== undefined && snapshotHash !== undefined)
    return { seq, v, stream, advisoryId, snapshotHash, wall, at, fact, audit };
  return {
    ...{ seq, v, stream },
    ...(advisoryId !== undefined && { advisoryId }),
    ...(snapshotHash !== undefined && { snapshotHash }),
    ...{ wall, at, fact, audit },
  };
}
