/**
 * From the text of a file to advisories: one JSON object, a JSON array, or JSONL.
 *
 * 1. Every advisory is either handed on or named with file, line and field; none is dropped or repaired.
 * 2. Malformed is what cannot be read at all. What reads but is out of range is the engine's to refuse.
 */
import {
  clientOrderIdFor,
  freezeSnapshot,
  readSnapshot,
  type SnapshotInput,
  snapshotHash,
} from '../../domain/snapshot.js';
import { isJson, placeOf, readJson, scanJson } from './json-text.js';
import { NOT_UTF8 } from './source.js';

/** An advisory that can be read, and the line on which it begins. */
export interface AdvisoryLine {
  readonly line: number;
  readonly input: SnapshotInput;
}

/** The same for lines that are one advisory, however they are written (E1). */
export function keyOf({ input }: AdvisoryLine): string {
  const snapshot = freezeSnapshot(input);
  return clientOrderIdFor(snapshot.advisoryId, snapshotHash(snapshot));
}

/** Why a line cannot be read. */
export interface MalformedLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column?: number;
  /** The field at fault; absent when the line is no advisory at all. */
  readonly field?: string;
  readonly problem: string;
}

export interface AdvisoryFile {
  readonly advisories: readonly AdvisoryLine[];
  readonly malformed: readonly MalformedLine[];
}

const DECIMAL_FIELDS = ['referencePrice', 'slOffsetPct', 'tpOffsetPct', 'positionSize'];

/** Reads advisories. @param file how the source is called in messages */
export function readAdvisories(text: string, file: string): AdvisoryFile {
  const plain = text.replace(/^\uFEFF/, '');
  const parts: readonly Part[] = isJsonLines(plain) ? linesOf(plain) : [{ text: plain, line: 1, mayBeList: true }];
  const read = parts.map((part) => readPart(part, file));
  return {
    advisories: read.flatMap(({ advisories }) => advisories),
    malformed: read.flatMap(({ malformed }) => malformed),
  };
}

/** "file:3: positionSize is …" */
export const sentenceOf = ({ file, line, column, problem }: MalformedLine): string =>
  `${file}:${line}${column === undefined ? '' : `:${column}`}: ${problem}`;

interface Part {
  readonly text: string;
  /** Line of the file on which the part begins. */
  readonly line: number;
  /** A list of advisories is accepted, too: the part is the whole file. */
  readonly mayBeList?: true;
}

/** A text that is no JSON as a whole is JSONL, unless no single line of it is JSON by itself. */
function isJsonLines(text: string): boolean {
  if (text.trimStart().startsWith('[') || isJson(text)) return false;
  const lines = linesOf(text);
  return lines.length === 1 || lines.some((line) => /[{[]/.test(line.text) && isJson(line.text));
}

const linesOf = (text: string): readonly Part[] =>
  text
    .split(/\r?\n/)
    .map((content, index) => ({ text: content, line: index + 1 }))
    .filter(({ text: content }) => content.trim() !== '');

/** Whatever is wrong with a part costs that part alone, also what nobody has thought of: too deep for the stack, too long. */
function readPart(part: Part, file: string): AdvisoryFile {
  return withinReach({ file, line: part.line }, () => readWhole(part, file));
}

function withinReach(place: { readonly file: string; readonly line: number }, read: () => AdvisoryFile): AdvisoryFile {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem = `this cannot be read: ${error.message}; it is nested too deep, or too long.`;
    return { advisories: [], malformed: [{ ...place, problem }] };
  }
}

function readWhole(part: Part, file: string): AdvisoryFile {
  if (part.text.trim() === '') return { advisories: [], malformed: [] };
  const notText = part.text.includes(NOT_UTF8) ? part.text.split('\n').indexOf(NOT_UTF8) : -1;
  if (notText >= 0) {
    return { advisories: [], malformed: [{ file, line: part.line + notText, problem: 'this is not UTF-8 text.' }] };
  }
  const reading = readJson(part.text);
  if (!reading.ok) {
    const { problem, column, line } = reading;
    const place = { file, line: part.line + line - 1, ...(column !== undefined && { column }) };
    return { advisories: [], malformed: [{ ...place, problem }] };
  }
  const scan = scanJson(part.text, DECIMAL_FIELDS, part.mayBeList === true);
  const value: unknown = JSON.parse(scan.text);
  const values = part.mayBeList === true && Array.isArray(value) ? value : [value];
  const read = values.map((one: unknown, index) => {
    const { offset, repeatedKeys } = scan.elements[index] ?? { offset: 0, repeatedKeys: [] };
    const line = part.line + placeOf(part.text, offset).line - 1;
    return withinReach({ file, line }, () => readAdvisory(one, { file, line }, repeatedKeys));
  });
  return {
    advisories: read.flatMap(({ advisories }) => advisories),
    malformed: read.flatMap(({ malformed }) => malformed),
  };
}

function readAdvisory(
  value: unknown,
  place: { readonly file: string; readonly line: number },
  repeatedKeys: readonly string[],
): AdvisoryFile {
  const repeated = repeatedKeys.map((field) => ({
    ...place,
    field,
    problem: `${field} is named more than once; accepted is once.`,
  }));
  const unreadable = readSnapshot(value).problems.map(({ field, message }) => ({
    ...place,
    ...(field !== '' && { field }),
    problem: message,
  }));
  const malformed = [...repeated, ...unreadable];
  if (malformed.length > 0) return { advisories: [], malformed };
  return { advisories: [{ line: place.line, input: value as SnapshotInput }], malformed: [] };
}
