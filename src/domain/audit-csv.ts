/**
 * The audit log as CSV, for spreadsheets and for whoever asks for "the file".
 *
 * 1. RFC 4180: a header, comma, CR LF, quotes doubled.
 * 2. In an id a control character, of a terminal or of a text's direction, is written as its escape, such as `\u001b`: an id
 *    is copied into commands. Every other text comes back as it is.
 * 3. A cell never starts what a spreadsheet takes for a formula: such text gets an apostrophe in front. Plain numbers,
 *    negative ones too, stay numbers.
 * 4. Nothing is lost: what has no column of its own stands in `details` as JSON. It is a copy to read; the proof is in
 *    the JSONL export.
 */
import type { AuditRecord } from './audit.js';
import { canonicalJson } from './canonical.js';
import type { JournalRecord } from './journal.js';

/** Details with a column of their own. */
const OWN_COLUMNS = [
  'clientOrderId',
  'brokerOrderId',
  'symbol',
  'side',
  'quantity',
  'cumQty',
  'avgPrice',
  'stopLoss',
  'takeProfit',
  'slippagePct',
  'status',
  'code',
  'reason',
] as const;

const COLUMNS = ['recordSeq', 'seq', 'timestamp', 'tMs', 'event', 'advisoryId', 'snapshotHash', ...OWN_COLUMNS];

/** The lines of the file, each with its CR LF; one for each audit event, oldest first. */
export function* auditCsv(records: Iterable<JournalRecord>): Generator<string> {
  yield rowOf([...COLUMNS, 'details']);
  for (const { seq, audit } of records) {
    for (const line of audit) yield rowOf([seq, ...cellsOf(line)]);
  }
}

function cellsOf({ seq, timestamp, t, event, advisoryId, snapshotHash, details }: AuditRecord): readonly unknown[] {
  const own = OWN_COLUMNS.map((name) => (IDS.includes(name) ? visible(details[name]) : details[name]));
  const rest = Object.entries(details).filter(([name]) => !OWN_COLUMNS.some((known) => known === name));
  return [seq, timestamp, t, event, visible(advisoryId), snapshotHash, ...own, canonicalJson(Object.fromEntries(rest))];
}

const rowOf = (cells: readonly unknown[]): string =>
  `${cells.map((cell) => quoted(harmless(textOf(cell)))).join(',')}\r\n`;

const textOf = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'object' ? canonicalJson(value) : String(value);

const IDS: readonly string[] = ['clientOrderId', 'brokerOrderId', 'symbol'];

/** What a terminal obeys, or turns a text around with. */
const UNSEEN = /\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const visible = (id: unknown): unknown =>
  typeof id === 'string'
    ? id.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : id;

const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** What spreadsheets take as the beginning of a formula, also after blanks, and in its full-width forms. */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;

const harmless = (text: string): string => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
