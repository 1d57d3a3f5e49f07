/**
 * The body of a request: JSON, read without losing a digit (R1.1).
 *
 * 1. A number that stands for a decimal of an advisory is taken as it is written, `1e2` and `0.10` too.
 * 2. Any other number that a double would round stays the text that was sent.
 * 3. A key that is there twice with different values, and `__proto__`, are refused: nothing of a request is silently dropped.
 */
import { LosslessNumber, parse } from 'lossless-json';
import { refuse } from './refusal.js';

/** The fields of an advisory that are decimals. */
const DECIMAL_FIELDS = ['referencePrice', 'slOffsetPct', 'tpOffsetPct', 'positionSize'];

/** Deeper than any advisory, and far from the end of the stack. */
const MAX_DEPTH = 100;

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are no UTF-8 would make one id of two. @throws {Refusal} `INVALID_REQUEST` */
export function textOf(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw refuse('INVALID_REQUEST', 'The body is no UTF-8; accepted is JSON in UTF-8.');
  }
}

/** @throws {Refusal} `INVALID_REQUEST` for what is no JSON */
export function parseBody(text: string): unknown {
  assertDepth(text);
  assertOwnKeys(text);
  let value: unknown;
  try {
    value = parse(text, undefined, {
      parseNumber: (digits) => new LosslessNumber(digits),
      onDuplicateKey: ({ key }) => {
        throw new SyntaxError(`the key ${JSON.stringify(key)} is there twice`);
      },
    });
  } catch (error) {
    throw refuse('INVALID_REQUEST', `The body is no JSON: ${error instanceof Error ? error.message : 'unreadable'}.`);
  }
  return isPlainObject(value) ? advisoryMembers(value) : plainValue(value);
}

function advisoryMembers(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      DECIMAL_FIELDS.includes(key) && member instanceof LosslessNumber ? member.value : plainValue(member),
    ]),
  );
}

function plainValue(value: unknown): unknown {
  if (value instanceof LosslessNumber) return exactNumber(value.value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member)]));
}

/** A number where a double writes the same value again, else its text. */
function exactNumber(text: string): number | string {
  const read = Number(text);
  return String(read) === text || String(read) === withoutZeros(text) ? read : text;
}

const withoutZeros = (text: string): string =>
  text.includes('.') && !/[eE]/.test(text) ? text.replace(/0+$/, '').replace(/\.$/, '') : text;

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber);

/** The parser calls itself for each level. */
function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === '{' || letter === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) throw refuse('INVALID_REQUEST', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (letter === '}' || letter === ']') depth -= 1;
  }
}

const MAY_BE_PROTO = /__proto__|\\u/;

function assertOwnKeys(text: string): void {
  if (!MAY_BE_PROTO.test(text)) return;
  let found = false;
  try {
    JSON.parse(text, (key, value: unknown) => {
      found ||= key === '__proto__';
      return value;
    });
  } catch {
    // The reading itself says what is wrong.
  }
  if (found) throw refuse('INVALID_REQUEST', 'The body has a key "__proto__", which no request has.');
}
