/**
 * Canonical JSON: one text for one value, whatever the order in which its keys were written. What is hashed is this. It costs
 * about what `JSON.stringify` costs (`canonical-bytes.ts`).
 */
import { hash } from 'node:crypto';
import { putCanonical, sha256Of, textOf } from './canonical-bytes.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** JSON with keys sorted by code unit at every level and no white space. Members that are `undefined` are left out. */
export const canonicalJson = (value: unknown): string => textOf(() => putCanonical(value));

/** SHA-256, lower-case hex, of the canonical JSON of a value. */
export const canonicalSha256 = (value: unknown): string => sha256Of(() => putCanonical(value));

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
