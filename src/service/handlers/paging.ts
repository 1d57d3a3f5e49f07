/**
 * Pages of a list: a cursor names the last entry that was sent, so that what is added in between moves nothing.
 */
import { refuse } from '../http/refusal.js';

export interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface PageOf<Entry> {
  readonly entries: readonly Entry[];
  readonly nextCursor?: string;
}

const DEFAULT_LIMIT = 100;

/**
 * @param key unique, and in the order of the list as text
 * @param descending greatest key first
 */
export function pageOf<Entry>(
  all: readonly Entry[],
  key: (entry: Entry) => string,
  { cursor, limit = DEFAULT_LIMIT }: PageQuery,
  descending = true,
): PageOf<Entry> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const keyed = all.map((entry) => ({ entry, key: key(entry) }));
  const isBehind = (one: string): boolean => after === undefined || (descending ? one < after : one > after);
  const rest = keyed.filter((one) => isBehind(one.key));
  rest.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key === descending ? 1 : -1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map(({ entry }) => entry),
    ...(rest.length > page.length && last !== undefined && { nextCursor: writeCursor(last.key) }),
  };
}

const PREFIX = 'c1:';
const writeCursor = (key: string): string => Buffer.from(PREFIX + key).toString('base64url');

function readCursor(text: string): string {
  const read = Buffer.from(text, 'base64url').toString();
  if (read.startsWith(PREFIX)) return read.slice(PREFIX.length);
  throw refuse('INVALID_REQUEST', 'cursor is not one of ours; accepted is nextCursor of the page before.', {
    field: 'cursor',
  });
}

/** Numbers as text of one length, so that they are in the order of numbers. */
export const padded = (count: number): string => String(count).padStart(15, '0');
