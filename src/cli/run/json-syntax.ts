/**
 * Where a text stops being JSON. `JSON.parse` says what is wrong, but often not where.
 */

const BLANKS = /[ \t\n\r]*/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const FIRST_PRINTABLE = 0x20;

class NotJson extends Error {
  constructor(readonly offset: number) {
    super();
  }
}

/** Offset of the first character that no JSON text could have there; `undefined` for JSON. */
export function offsetOfSyntaxError(text: string): number | undefined {
  try {
    const end = skip(text, BLANKS, valueAt(text, 0));
    return end < text.length ? end : undefined;
  } catch (error) {
    if (error instanceof NotJson) return error.offset;
    // Nested deeper than the stack: as good as any other place.
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

/** Each returns the offset behind what it has read. */
function valueAt(text: string, from: number): number {
  const at = skip(text, BLANKS, from);
  if (text[at] === '{') return membersAt(text, at + 1, '}', memberAt);
  if (text[at] === '[') return membersAt(text, at + 1, ']', valueAt);
  return text[at] === '"' ? stringAt(text, at) : expected(text, NUMBER_OR_WORD, at);
}

function membersAt(text: string, from: number, close: string, member: (text: string, at: number) => number): number {
  let at = skip(text, BLANKS, from);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = skip(text, BLANKS, member(text, at));
    if (text[at] === close) return at + 1;
    if (text[at] !== ',') throw new NotJson(at);
    at = skip(text, BLANKS, at + 1);
  }
}

function memberAt(text: string, from: number): number {
  const colon = skip(text, BLANKS, stringAt(text, from));
  if (text[colon] !== ':') throw new NotJson(colon);
  return valueAt(text, colon + 1);
}

/** Character by character: a pattern with a choice in it takes stack for each, and a text may be long. */
function stringAt(text: string, from: number): number {
  if (text[from] !== '"') throw new NotJson(from);
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1;
    if (text.charCodeAt(at) < FIRST_PRINTABLE) throw new NotJson(from);
    if (text[at] !== '\\') continue;
    ESCAPE.lastIndex = at;
    if (!ESCAPE.test(text)) throw new NotJson(from);
    at = ESCAPE.lastIndex - 1;
  }
  throw new NotJson(from);
}

function expected(text: string, pattern: RegExp, at: number): number {
  const end = skip(text, pattern, at);
  if (end === at) throw new NotJson(at);
  return end;
}

function skip(text: string, pattern: RegExp, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}
