/**
 * Canonical JSON, written as UTF-8 into one buffer that all texts share: what is hashed need not be a string first, and a string
 * that is joined from hundreds of pieces costs more than all else that is done with it (docs/performance.md).
 *
 * 1. Nearly every object of a journal has the same few lists of keys. Each list is sorted and quoted once, and found again by
 *    walking its keys.
 * 2. A text that is begun while another is written stands behind it, and takes nothing from it. One that cannot be finished
 *    leaves nothing behind.
 * 3. Where a value was written it can be read until the next text is begun, and not a moment longer ({@link textAt}).
 */
import { hash } from 'node:crypto';

const PAGE_BYTES = 1 << 16;
/** A larger buffer is not kept: very large texts are seldom. */
const MOST_KEPT_BYTES = 1 << 20;

let bytes = Buffer.allocUnsafeSlow(PAGE_BYTES);
let end = 0;
/** Counts the texts that were begun with nothing under way. */
let generation = 0;

/** Where something stands in the buffer. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly generation: number;
}

/** Nobody has added members to the prototype of all objects, as a program might: whoever walks the keys of one finds its own. */
let isPrototypeBare = true;

function hasNoMembers(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** Writes a text, and gives what `read` makes of its bytes. */
function written<T>(write: () => void, read: (from: number) => T): T {
  const from = end;
  if (from === 0) {
    generation += 1;
    isPrototypeBare = hasNoMembers(Object.prototype);
    if (bytes.length > MOST_KEPT_BYTES) bytes = Buffer.allocUnsafeSlow(PAGE_BYTES);
  }
  try {
    write();
    return read(from);
  } finally {
    end = from;
  }
}

const hashFrom = (from: number): string => hash('sha256', bytes.subarray(from, end));
const textFrom = (from: number): string => bytes.toString('utf8', from, end);

/** SHA-256, lower-case hex, of all that `write` puts. */
export const sha256Of = (write: () => void): string => written(write, hashFrom);

/** All that `write` puts, as a string. */
export const textOf = (write: () => void): string => written(write, textFrom);

/** What stands there; `undefined` when another text was begun since. */
export const textAt = (span: Span): string | undefined =>
  span.generation === generation ? bytes.toString('utf8', span.from, span.to) : undefined;

function makeRoom(more: number): void {
  if (end + more <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, end + more));
  bytes.copy(larger, 0, 0, end);
  bytes = larger;
}

/** UTF-8 takes at most so many bytes for each unit of a string. */
const BYTES_A_UNIT = 3;
/** Shorter ones cost less here than a call out of JavaScript. */
const SHORT = 100;

const [QUOTE, BACKSLASH, COMMA, COLON, SPACE, TILDE] = [0x22, 0x5c, 0x2c, 0x3a, 0x20, 0x7e];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

function putByte(byte: number): void {
  makeRoom(1);
  bytes[end] = byte;
  end += 1;
}

/** Puts bytes, from one of them on. Labels are short: a loop costs less than a call out of JavaScript. */
function putBytes(from: Uint8Array, first: number): void {
  makeRoom(from.length);
  const to = bytes;
  let at = end;
  for (let index = first; index < from.length; index += 1) {
    to[at] = from[index] as number;
    at += 1;
  }
  end = at;
}

/** Puts the text as it stands. */
export function put(text: string): void {
  makeRoom(text.length * BYTES_A_UNIT);
  const to = bytes;
  let at = end;
  if (text.length < SHORT) {
    let index = 0;
    for (; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > TILDE) break;
      to[at] = unit;
      at += 1;
    }
    if (index === text.length) {
      end = at;
      return;
    }
  }
  end += to.write(text, end, 'utf8');
}

/** Puts a string as JSON. */
function putQuoted(text: string): void {
  makeRoom(text.length + 2);
  const to = bytes;
  let at = end;
  to[at] = QUOTE;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Printable ASCII needs no escape, but for these two.
    if (unit < SPACE || unit > TILDE || unit === QUOTE || unit === BACKSLASH) {
      put(JSON.stringify(text));
      return;
    }
    at += 1;
    to[at] = unit;
  }
  to[at + 1] = QUOTE;
  end = at + 2;
}

/** Puts the canonical JSON of a value, which may be known already; where it stands. */
export function putCanonical(value: unknown, known?: string): Span {
  const from = end;
  if (known === undefined) putValue(value);
  else put(known);
  return { from, to: end, generation };
}

function putValue(value: unknown): void {
  if (typeof value === 'string') putQuoted(value);
  else if (typeof value === 'number') put(Number.isFinite(value) ? `${value}` : 'null');
  else if (typeof value === 'boolean') put(value ? 'true' : 'false');
  else if (typeof value !== 'object' || value === null) put(JSON.stringify(value) ?? 'null');
  else if (Array.isArray(value)) putArray(value);
  else putObject(value as Record<string, unknown>);
}

function putArray(items: readonly unknown[]): void {
  putByte(ARRAY);
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) putByte(COMMA);
    putValue(items[index] ?? null);
  }
  putByte(ARRAY_END);
}

function putObject(value: Record<string, unknown>): void {
  const order = orderOf(value);
  if (order === undefined) {
    putTable(value);
    return;
  }
  const { keys, labels } = order;
  let isFirst = true;
  putByte(OBJECT);
  for (let index = 0; index < keys.length; index += 1) {
    const member = value[keys[index] as string];
    if (member === undefined) continue;
    putBytes(labels[index] as Uint8Array, isFirst ? 1 : 0);
    isFirst = false;
    putValue(member);
  }
  putByte(OBJECT_END);
}

/** Puts an object whose keys are not remembered. */
function putTable(value: Record<string, unknown>): void {
  let isFirst = true;
  putByte(OBJECT);
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    if (!isFirst) putByte(COMMA);
    isFirst = false;
    putQuoted(key);
    putByte(COLON);
    putValue(member);
  }
  putByte(OBJECT_END);
}

/** The keys of an object, sorted, and each as it is written behind another member. */
interface KeyOrder {
  readonly keys: readonly string[];
  readonly labels: readonly Uint8Array[];
}

/** A place in the tree of all lists of keys that have been met. */
interface KeyPlace {
  readonly next: Map<string, KeyPlace>;
  /** The two keys that came next lately, and where they lead. */
  lastKey: string | undefined;
  lastPlace: KeyPlace | undefined;
  otherKey: string | undefined;
  otherPlace: KeyPlace | undefined;
  order: KeyOrder | undefined;
}

const newPlace = (): KeyPlace => ({
  next: new Map(),
  lastKey: undefined,
  lastPlace: undefined,
  otherKey: undefined,
  otherPlace: undefined,
  order: undefined,
});

/** Objects of callers and brokers may have any keys: beyond so many places the tree begins anew. */
const MOST_PLACES = 5_000;
/** An object with more, or with other keys than members have, is a table by id or symbol; hardly two have the same keys. */
const MOST_KEYS = 64;
const MEMBER_NAME = /^[a-z][A-Za-z0-9]*$/;
let root = newPlace();
let places = 0;

/** `undefined` for a table. */
function orderOf(value: Record<string, unknown>): KeyOrder | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasOthers = prototype !== null && (prototype !== Object.prototype || !isPrototypeBare);
  let place: KeyPlace | undefined = root;
  let count = 0;
  for (const key in value) {
    if (hasOthers && !Object.hasOwn(value, key)) continue;
    count += 1;
    if (place.lastKey === key) place = place.lastPlace;
    else place = place.otherKey === key ? place.otherPlace : placeAfter(place, key);
    if (place === undefined || count > MOST_KEYS) return undefined;
  }
  place.order ??= sortedKeys(value);
  return place.order;
}

/** Nowhere for what is no name of a member. */
function placeAfter(place: KeyPlace, key: string): KeyPlace | undefined {
  let next = place.next.get(key);
  if (next === undefined) {
    if (!MEMBER_NAME.test(key)) return undefined;
    if (places >= MOST_PLACES) {
      root = newPlace();
      places = 0;
    }
    places += 1;
    next = newPlace();
    place.next.set(key, next);
  }
  place.otherKey = place.lastKey;
  place.otherPlace = place.lastPlace;
  place.lastKey = key;
  place.lastPlace = next;
  return next;
}

const LABELS = new TextEncoder();

function sortedKeys(value: object): KeyOrder {
  const keys = Object.keys(value).sort();
  return { keys, labels: keys.map((key) => LABELS.encode(`,${JSON.stringify(key)}:`)) };
}
