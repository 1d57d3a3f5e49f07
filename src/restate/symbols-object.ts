/**
 * A symbol, as all workers know it: what ours have filled (R6.2), who trades in it, and what is held (M3).
 */
import * as restate from '@restatedev/restate-sdk';
import type { MovedSinceEnd } from '../domain/cases.js';
import { ALL, DIRECTORY, SYMBOLS } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';
import { type Surroundings, surroundingsOf } from './surroundings.js';
import {
  certain,
  EMPTY_BOOK,
  type Ended,
  entered,
  type HeldEntry,
  held,
  over,
  type SymbolBook,
} from './symbol-book.js';
import {
  counted,
  type LiveEntry,
  left,
  movedSinceEnd,
  NO_TOTALS,
  type OthersInSymbol,
  type SymbolTotals,
  withoutOwn,
} from './symbol-totals.js';

type Exclusive = restate.ObjectContext;
type Shared = restate.ObjectSharedContext;

const totalsOf = async (ctx: Shared): Promise<SymbolTotals> => (await ctx.get<SymbolTotals>('totals')) ?? NO_TOTALS;
const bookOf = async (ctx: Shared): Promise<SymbolBook> => (await ctx.get<SymbolBook>('book')) ?? EMPTY_BOOK;

export const symbolsHandlers = {
  /** Before an order can be sent: what the others hold by then. */
  async enter(ctx: Exclusive, clientOrderId: string): Promise<OthersInSymbol> {
    const book = await bookOf(ctx);
    if (book.entered === 0) await ctx.objectClient<DirectoryObject>({ name: DIRECTORY }, ALL).add(ctx.key);
    ctx.set('book', entered(book, clientOrderId));
    return withoutOwn(await totalsOf(ctx), clientOrderId);
  },
  async over(ctx: Exclusive, ended: Ended): Promise<void> {
    ctx.set('book', over(await bookOf(ctx), ended));
  },
  async hold(ctx: Exclusive, { clientOrderId, entry }: { clientOrderId: string; entry: HeldEntry }): Promise<void> {
    ctx.set('book', held(await bookOf(ctx), clientOrderId, entry));
  },
  async certain(ctx: Exclusive, advisoryId: string): Promise<void> {
    ctx.set('book', certain(await bookOf(ctx), advisoryId));
  },
  async count(ctx: Exclusive, { clientOrderId, entry }: { clientOrderId: string; entry: LiveEntry }) {
    ctx.set('totals', counted(await totalsOf(ctx), clientOrderId, entry));
  },
  async leave(ctx: Exclusive, { clientOrderId, entry }: { clientOrderId: string; entry?: LiveEntry }) {
    const totals = await totalsOf(ctx);
    ctx.set('totals', left(entry === undefined ? totals : counted(totals, clientOrderId, entry), clientOrderId));
  },
  /** What cases tell of orders that were over. */
  async moveSinceEnd(ctx: Exclusive, moved: MovedSinceEnd) {
    ctx.set('totals', movedSinceEnd(await totalsOf(ctx), moved));
  },
  book: bookOf,
  others: async (ctx: Shared, clientOrderId: string): Promise<OthersInSymbol> =>
    withoutOwn(await totalsOf(ctx), clientOrderId),
  /** What there is beside this entry, whose execution is over. */
  around: async (ctx: Shared, clientOrderId: string): Promise<Surroundings> =>
    surroundingsOf(await bookOf(ctx), await totalsOf(ctx), clientOrderId),
};

const { book, others, around, ...changes } = symbolsHandlers;

export const symbolsObject = restate.object({
  name: SYMBOLS,
  handlers: {
    ...changes,
    book: restate.handlers.object.shared(book),
    others: restate.handlers.object.shared(others),
    around: restate.handlers.object.shared(around),
  },
  options: OBJECT_OPTIONS,
});
export type SymbolsObject = typeof symbolsObject;

/** Symbols in which there ever was an execution. */
export const directoryObject = restate.object({
  name: DIRECTORY,
  handlers: {
    async add(ctx: Exclusive, symbol: string): Promise<void> {
      const known = (await ctx.get<readonly string[]>('symbols')) ?? [];
      if (!known.includes(symbol)) ctx.set('symbols', [...known, symbol]);
    },
    symbols: restate.handlers.object.shared(
      async (ctx: Shared): Promise<readonly string[]> => (await ctx.get<readonly string[]>('symbols')) ?? [],
    ),
  },
  options: OBJECT_OPTIONS,
});
export type DirectoryObject = typeof directoryObject;
