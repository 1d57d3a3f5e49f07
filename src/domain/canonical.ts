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
  const { keys, labels } = orderOf(value as Record<string, unknown>);
  let text = '';
  for (let index = 0; index < keys.length; index += 1) {
    const member = (value as Record<string, unknown>)[keys[index] as string];
    if (member === undefined) continue;
    // A label begins with the comma that the first one does not have.
    const label = labels[index] as string;
    text += text === '' ? `{${label.slice(1)}` : label;
    text += canonicalJson(member);
  }
  return text === '' ? '{}' : `${text}}`;
}

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

/** The keys of an object, sorted, each with what stands before its value. */
interface KeyOrder {
  readonly keys: readonly string[];
  readonly labels: readonly string[];
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
const MOST_PLACES = 10_000;
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
  return { keys, labels: keys.map((key) => `,${quoted(key)}:`) };
}

/** SHA-256, lower-case hex. */
export const sha256 = (text: string): string => hash('sha256', text);

/** Freezes `value` and everything in it; returns it. Plain objects and arrays only. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (let index = 0; index < value.length; index += 1) deepFreeze(value[index]);
  else for (const key in value) if (Object.hasOwn(value, key)) deepFreeze(value[key]);
  return value;
}
