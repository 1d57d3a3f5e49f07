/**
 * JSON without loss: a number that a double would round stays the text that was sent (P11).
 *
 * 1. A number that comes back digit for digit is a number; any other (an id beyond 2^53, a long decimal) is its text.
 * 2. Of a name that is there twice the last one counts, as `JSON.parse` has it.
 */
import { parse } from 'lossless-json';

/** As many digits as a double may lose some of, or an exponent: it would be written in another way. */
const MAY_LOSE = /[0-9][0-9.]{15}|[0-9][eE][+-]?[0-9]/;

/** `undefined` when it is no JSON. */
export function parseExact(text: string): unknown {
  try {
    if (!MAY_LOSE.test(text)) return JSON.parse(text) as unknown;
    return parse(text, undefined, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue });
  } catch {
    return undefined;
  }
}

function exactNumber(text: string): number | string {
  const read = Number(text);
  return String(read) === text || plain(text) === plain(String(read)) ? read : text;
}

/** Without zeros that say nothing; other spellings of one number stay apart, which keeps their digits. */
const plain = (text: string): string =>
  text.includes('.') && !/[eE]/.test(text) ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
