/**
 * Whether a value that was read has the shape of a record.
 *
 * 1. What has the shape can be shown and folded up to the members of its fact, whose kinds the charts know alone.
 * 2. A hash is not looked at here: the chain judges that.
 */
import { type JournalRecord, RECORD_STREAMS } from './journal.js';

const STREAMS: readonly unknown[] = RECORD_STREAMS;

export function hasShapeOfRecord(value: Readonly<Partial<Record<keyof JournalRecord, unknown>>>): boolean {
  const { seq, v = 1, stream, advisoryId = '', snapshotHash = '', wall, at, fact, audit, prevHash, hash } = value;
  return (
    isCount(seq) &&
    isCount(v) &&
    STREAMS.includes(stream) &&
    isText(advisoryId) &&
    isText(snapshotHash) &&
    isText(wall) &&
    isText(prevHash) &&
    isText(hash) &&
    typeof at === 'number' &&
    isObject(fact) &&
    isText(fact['type']) &&
    Array.isArray(audit) &&
    audit.every(isAuditLine)
  );
}

const isAuditLine = (line: unknown): boolean =>
  isObject(line) && isText(line['event']) && isText(line['timestamp']) && isObject(line['details']);

const isText = (value: unknown): value is string => typeof value === 'string';

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
