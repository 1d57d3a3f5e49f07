/**
 * A journal as a text that anyone can keep, read and check (A5).
 *
 * 1. One record a line, oldest first, as canonical JSON; every line ends with a line feed, the last one too.
 * 2. The last line notes the end, so that a cut-off tail shows: `{"end":true,"lastHash":"…","records":42}`.
 * 3. A line counts only as the very bytes that were written: every change of a byte is found. A copy in which every line
 *    ends with CR LF, as some systems make it, is read all the same, and said to be one.
 */
import { canonicalJson } from './canonical.js';
import {
  type ChainEnd,
  type ChainEntry,
  type ChainVerdict,
  GENESIS_HASH,
  type JournalRecord,
  verifyChain,
} from './journal.js';
import { hasShapeOfRecord, isCount, isObject } from './record-shape.js';

/**
 * The lines of an export, each with its line feed.
 *
 * @param end where the journal itself says that it ends: the export of a journal that was cut off stays one that was
 */
export function* exportLines(records: Iterable<JournalRecord>, end?: ChainEnd): Generator<string> {
  let found: ChainEnd = { records: 0, lastHash: GENESIS_HASH };
  for (const record of records) {
    yield `${canonicalJson(record)}\n`;
    found = { records: found.records + 1, lastHash: record.hash };
  }
  yield `${endLine(end ?? found)}\n`;
}

const endLine = ({ records, lastHash }: ChainEnd): string => canonicalJson({ end: true, records, lastHash });

interface ExportReading {
  /** By line; `undefined` where a line is not a record as it was written. */
  readonly entries: readonly ChainEntry[];
  readonly end?: ChainEnd;
  readonly verdict: ChainVerdict;
  /** Every line ends with CR LF: a copy whose line ends were changed. */
  readonly hasOtherLineEnds?: true;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Reads an export and judges it. Never throws, whatever the bytes are. */
export function readExport(bytes: Uint8Array): ExportReading {
  const { lines, rest } = linesOf(bytes);
  if (lines.length > 0 && lines.every((line) => line.at(-1) === CARRIAGE_RETURN)) {
    return {
      ...readLines(
        lines.map((line) => line.subarray(0, -1)),
        rest,
      ),
      hasOtherLineEnds: true,
    };
  }
  return readLines(lines, rest);
}

function readLines(lines: readonly Uint8Array[], rest: Uint8Array): ExportReading {
  const end = rest.length === 0 ? readEnd(lines.at(-1)) : undefined;
  const entries = (end === undefined ? lines : lines.slice(0, -1)).map(readRecord);
  if (end !== undefined) return { entries, end, verdict: verifyChain(entries, end) };
  // Without its end the text may still hold records, up to the one that was damaged or cut through.
  const last = entries.at(-1);
  const whole = last === undefined ? entries.slice(0, -1) : entries;
  const verdict = verifyChain(whole);
  return { entries, verdict: verdict.ok ? cutOff(verdict.records) : verdict };
}

function cutOff(records: number): ChainVerdict {
  const problem = `the export is cut off after record ${records}, or its end was changed: the last line does not say where it ends`;
  return { ok: false, seq: records + 1, fault: 'cut off', problem };
}

function linesOf(bytes: Uint8Array): { readonly lines: readonly Uint8Array[]; readonly rest: Uint8Array } {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}

function readEnd(line: Uint8Array | undefined): ChainEnd | undefined {
  const value = line === undefined ? undefined : readCanonical(line);
  if (value === undefined) return undefined;
  const { end, records, lastHash } = value;
  const isEnd = end === true && typeof lastHash === 'string' && isCount(records) && Object.keys(value).length === 3;
  return isEnd ? { records, lastHash } : undefined;
}

function readRecord(line: Uint8Array): ChainEntry {
  const value = readCanonical(line);
  return value !== undefined && hasShapeOfRecord(value) ? (value as unknown as JournalRecord) : undefined;
}

/** The object that the line is the canonical text of; `undefined` when it is no such line. */
function readCanonical(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    // A byte-order mark is a change like any other.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || canonicalJson(value) !== text) return undefined;
    return value;
  } catch {
    return undefined;
  }
}
