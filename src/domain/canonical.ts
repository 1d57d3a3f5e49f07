/**
 * Canonical JSON: one text for one value, whatever the order in which its keys were written. What is hashed is this.
 *
 * Nearly every object of a journal has the same few lists of keys. Each list is sorted and quoted once, and found again by
 * walking its keys; so the text of a value costs about what `JSON.stringify` costs.
 */
import { hash } from 'node:crypto';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** JSON with keys sorted by code unit at every level and no white space. Members that are `undefined` are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return arrayText(value);
  return objectText(value as Record<string, unknown>);
}

/** What stands before a member: nothing, a text (whose quotation mark is still to come), or something else. */
type Before = 'nothing' | 'text' | 'other';

/** Marks that belong together are written together: joining pieces is most of what it costs. */
function objectText(value: Record<string, unknown>): string {
  const { keys, labels } = orderOf(value);
  let text = '';
  let before: Before = 'nothing';
  for (let index = 0; index < keys.length; index += 1) {
    const member = value[keys[index] as string];
    if (member === undefined) continue;
    if (typeof member === 'string' && PLAIN.test(member)) {
      text += labels[before].beforeText[index];
      text += member;
      before = 'text';
    } else {
      text += labels[before].beforeOther[index];
      text += canonicalJson(member);
      before = 'other';
    }
  }
  return text + END_AFTER[before];
}

const START_AFTER = { nothing: '{', text: '",', other: ',' } as const;
const END_AFTER = { nothing: '{}', text: '"}', other: '}' } as const;

function arrayText(items: readonly unknown[]): string {
  let text = '';
  for (let index = 0; index < items.length; index += 1) {
    text += text === '' ? '[' : ',';
    text += canonicalJson(items[index] ?? null);
  }
  return text === '' ? '[]' : `${text}]`;
}

/** Nothing in it has to be escaped: printable ASCII without quotation mark and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** The keys of an object, sorted, each with the marks that stand between the member before and its value. */
interface KeyOrder {
  readonly keys: readonly string[];
  readonly labels: Readonly<Record<Before, Labels>>;
}

interface Labels {
  /** With the quotation mark of the text that follows. */
  readonly beforeText: readonly string[];
  readonly beforeOther: readonly string[];
}

/** A place in the tree of all lists of keys that have been met. */
interface KeyPlace {
  readonly next: Map<string, KeyPlace>;
  /** The key that came next last time, and where it leads. */
  lastKey: string | undefined;
  lastPlace: KeyPlace | undefined;
  order: KeyOrder | undefined;
}

const newPlace = (): KeyPlace => ({ next: new Map(), lastKey: undefined, lastPlace: undefined, order: undefined });

/** Objects of callers and brokers may have any keys: beyond so many places the tree begins anew. */
const MOST_PLACES = 5_000;
let root = newPlace();
let places = 0;

function orderOf(value: Record<string, unknown>): KeyOrder {
  let place = root;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    place = place.lastKey === key && place.lastPlace !== undefined ? place.lastPlace : placeAfter(place, key);
  }
  place.order ??= sortedKeys(value);
  return place.order;
}

function placeAfter(place: KeyPlace, key: string): KeyPlace {
  let next = place.next.get(key);
  if (next === undefined) {
    if (places >= MOST_PLACES) {
      root = newPlace();
      places = 0;
    }
    places += 1;
    next = newPlace();
    place.next.set(key, next);
  }
  place.lastKey = key;
  place.lastPlace = next;
  return next;
}

function sortedKeys(value: object): KeyOrder {
  const keys = Object.keys(value).sort();
  const labelsAfter = (before: Before): Labels => ({
    beforeText: keys.map((key) => `${START_AFTER[before]}${quoted(key)}:"`),
    beforeOther: keys.map((key) => `${START_AFTER[before]}${quoted(key)}:`),
  });
  const labels = { nothing: labelsAfter('nothing'), text: labelsAfter('text'), other: labelsAfter('other') };
  return { keys, labels };
}

/** SHA-256, lower-case hex. */
export const sha256 = (text: string): string => hash('sha256', text);

/** Freezes `value` and everything in it; returns it. Plain objects and arrays only. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) {
    const member = value[key];
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return value;
}
