/**
 * JSON as people write it into files: read without losing a digit, and refused with the place of what is wrong.
 *
 * 1. A number that stands for a decimal is taken as it is written: `JSON.parse` would round it to a binary float first.
 * 2. A key that is named twice in an advisory is refused: `JSON.parse` would silently take the last one.
 */

import { offsetOfSyntaxError } from './json-syntax.js';

/** Where something stands, counted from 1. */
interface Place {
  readonly line: number;
  readonly column?: number;
}

interface SyntaxProblem extends Place {
  readonly problem: string;
}

type JsonReading = { readonly ok: true; readonly value: unknown } | ({ readonly ok: false } & SyntaxProblem);

/** Parses; what is no JSON is told with its line and column. */
export function readJson(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, ...syntaxProblem(text, error) };
  }
}

/** Whether it parses; where it does not is not looked for. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function syntaxProblem(text: string, error: unknown): SyntaxProblem {
  const message = error instanceof Error ? error.message : String(error);
  const short = message.replace(/ in JSON at position.*$/s, '').replace(/, (?:\.\.\.)?".*$/s, '');
  return { ...placeOf(text, offsetOfSyntaxError(text) ?? 0), problem: `this is no JSON: ${short}.` };
}

export function placeOf(text: string, offset: number): Place & { readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

interface ScannedElement {
  /** Where the element begins. */
  readonly offset: number;
  readonly repeatedKeys: readonly string[];
}

interface Scan {
  /** The text with the numbers of `decimalKeys` in quotation marks. */
  readonly text: string;
  /** The elements of the list, or the one value that the text is. */
  readonly elements: readonly ScannedElement[];
}

/** Everything but strings: those are walked over, for a pattern takes stack for each character of a long one. */
const TOKEN = /"|-?\d[\d.eE+-]*|[{}[\],:]|true|false|null/g;

/** Walks over text that `JSON.parse` accepts. Elements are the members of a list at the top if it may be one, else the whole. */
export function scanJson(text: string, decimalKeys: readonly string[], mayBeList: boolean): Scan {
  const isList = mayBeList && text.trimStart().startsWith('[');
  const elementDepth = isList ? 1 : 0;
  const open: string[] = [];
  const elements: { offset: number; keys: Set<string>; repeatedKeys: string[] }[] = [];
  const rewritten: string[] = [];
  let copied = 0;
  let previous = isList ? '' : ',';
  let key = '';
  for (const { token, offset } of tokensOf(text)) {
    const depth = open.length;
    const inAdvisory = depth === elementDepth + 1 && open.at(-1) === '{';
    const beginsValue = previous === ',' || previous === '[';
    if (depth === elementDepth && beginsValue && token !== ']' && token !== ',')
      elements.push({ offset, keys: new Set(), repeatedKeys: [] });
    const isKey = open.at(-1) === '{' && (previous === '{' || previous === ',') && token !== '}';
    const isDecimal = inAdvisory && previous === ':' && /^[-\d]/.test(token) && decimalKeys.includes(key);
    if (isKey) key = String(JSON.parse(token));
    if (isKey && inAdvisory) noteKey(elements.at(-1), key);
    if (token === '{' || token === '[') open.push(token);
    if (token === '}' || token === ']') open.pop();
    previous = token;
    if (!isDecimal) continue;
    rewritten.push(text.slice(copied, offset), `"${token}"`);
    copied = offset + token.length;
  }
  return { text: rewritten.join('') + text.slice(copied), elements };
}

function* tokensOf(text: string): Generator<{ readonly token: string; readonly offset: number }> {
  const pattern = new RegExp(TOKEN);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [first] = found;
    const token = first === '"' ? text.slice(found.index, endOfString(text, found.index)) : first;
    yield { token, offset: found.index };
    pattern.lastIndex = found.index + token.length;
  }
}

/** Behind the closing quotation mark. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at += 1;
  }
  return text.length;
}

function noteKey(element: { keys: Set<string>; repeatedKeys: string[] } | undefined, key: string): void {
  if (element?.keys.has(key) === true) element.repeatedKeys.push(key);
  element?.keys.add(key);
}
