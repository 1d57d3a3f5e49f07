/**
 * Pages of a list: a cursor names the last entry that was sent, so that what is added in between moves nothing.
 *
 * 1. A cursor belongs to its list, with its filters and order: in another one it would silently leave entries out.
 */
import { createHash } from 'node:crypto';
import { refuse } from '../http/refusal.js';

interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

interface PageOf<Entry> {
  readonly entries: readonly Entry[];
  readonly nextCursor?: string;
}

export const DEFAULT_LIMIT = 100;

interface ListOf<Entry> {
  /** Name of the list. */
  readonly list: string;
  /** Unique, and in the order of the list as text. */
  readonly key: (entry: Entry) => string;
  /** Greatest key first; true by default. */
  readonly descending?: boolean;
}

/**
 * @param given all entries; or how to find them: at least the first `limit` + 1 beyond the place, where there are so many
 * @param query of the request: what is neither cursor nor limit are filters
 */
export function pageOf<Entry>(
  given: readonly Entry[] | ((after: string | undefined) => readonly Entry[]),
  { list, key, descending = true }: ListOf<Entry>,
  { cursor, limit = DEFAULT_LIMIT, ...filters }: PageQuery,
): PageOf<Entry> {
  const scope = scopeOf(list, filters);
  const after = cursor === undefined ? undefined : readCursor(cursor, scope);
  const all = typeof given === 'function' ? given(after) : given;
  const comesFirst = (one: string, other: string): boolean => (descending ? one > other : one < other);
  const found: Keyed<Entry>[] = [];
  // Most lists come oldest first: seen from the end that is wanted, what is beyond the page is known at a glance.
  for (let at = 0; at < all.length; at += 1) {
    const entry = all[descending ? all.length - 1 - at : at] as Entry;
    const one = { entry, key: key(entry) };
    const last = found.at(-1);
    if (after !== undefined && !comesFirst(after, one.key)) continue;
    if (last !== undefined && found.length > limit && !comesFirst(one.key, last.key)) continue;
    found.splice(
      placeIn(found, (other) => comesFirst(one.key, other.key)),
      0,
      one,
    );
    if (found.length > limit + 1) found.pop();
  }
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map(({ entry }) => entry),
    ...(found.length > page.length && last !== undefined && { nextCursor: writeCursor(last.key, scope) }),
  };
}

interface Keyed<Entry> {
  readonly entry: Entry;
  readonly key: string;
}

/** The index of the first before which it comes. */
function placeIn<One>(sorted: readonly One[], comesBefore: (one: One) => boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (comesBefore(sorted[middle] as One)) to = middle;
    else from = middle + 1;
  }
  return from;
}

const SCOPE_LENGTH = 12;

/** Of the list and its filters. */
const scopeOf = (list: string, filters: object): string =>
  createHash('sha256')
    .update(JSON.stringify([list, ...Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1))]))
    .digest('hex')
    .slice(0, SCOPE_LENGTH);

const writeCursor = (key: string, scope: string): string => Buffer.from(`c2:${scope}:${key}`).toString('base64url');

function readCursor(text: string, scope: string): string {
  const [, found, key] = /^c2:([0-9a-f]+):(.+)$/s.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (found === scope && key !== undefined) return key;
  const problem = found === undefined ? 'is none of ours' : 'belongs to another list, or to other filters';
  throw refuse('INVALID_REQUEST', `cursor ${problem}; accepted is nextCursor of the page before.`, { field: 'cursor' });
}

/** Numbers as text of one length, so that they are in the order of numbers. */
export const padded = (count: number): string => String(count).padStart(15, '0');
