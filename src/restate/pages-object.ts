/**
 * What is kept for long, in pages: each an object of its own, so that none of them grows, however much there ever was.
 *
 * 1. A row is written once, or again with what it has become; whoever writes it needs to read nothing.
 * 2. Rows are read from a number on, or all of a page; a page is dropped whole.
 */
import * as restate from '@restatedev/restate-sdk';
import { PAGES } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';

export interface PageRow<T = unknown> {
  /** Its number among all rows of its kind. */
  readonly number: number;
  /** Numbers that it takes: 1 where nothing is said. */
  readonly count?: number;
  readonly value: T;
}

/** Rows in one answer, at most. */
const MOST_READ = 500;

async function put(ctx: restate.ObjectContext, rows: readonly PageRow[]): Promise<void> {
  for (const row of rows) ctx.set(String(row.number), row);
}

const rowOf = (ctx: restate.ObjectSharedContext, number: number): Promise<PageRow | null> =>
  ctx.get<PageRow>(String(number));

/** The row with this number and those that follow it without a gap. */
async function from(ctx: restate.ObjectSharedContext, number: number): Promise<readonly PageRow[]> {
  const rows: PageRow[] = [];
  for (let next = number; rows.length < MOST_READ; ) {
    const row = await rowOf(ctx, next);
    if (row === null) break;
    rows.push(row);
    next += row.count ?? 1;
  }
  return rows;
}

async function all(ctx: restate.ObjectSharedContext): Promise<readonly PageRow[]> {
  const numbers = (await ctx.stateKeys()).map(Number).sort((one, other) => one - other);
  const rows = await Promise.all(numbers.map((number) => rowOf(ctx, number)));
  return rows.filter((row) => row !== null);
}

async function drop(ctx: restate.ObjectContext): Promise<void> {
  ctx.clearAll();
}

export const pagesHandlers = { put, from, all, drop };

export const pagesObject = restate.object({
  name: PAGES,
  handlers: {
    // Nothing of the page goes to a worker that does not ask for it.
    put: restate.handlers.object.exclusive({ enableLazyState: true }, put),
    from: restate.handlers.object.shared({ enableLazyState: true }, from),
    all: restate.handlers.object.shared(all),
    drop: restate.handlers.object.exclusive({ enableLazyState: true }, drop),
  },
  options: OBJECT_OPTIONS,
});
export type PagesObject = typeof pagesObject;
