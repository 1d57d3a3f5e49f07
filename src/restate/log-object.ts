/**
 * The log as an object on Restate.
 */
import * as restate from '@restatedev/restate-sdk';
import { EMPTY_LOG, type LogEnd, type LogEntry, type LogPiece, taken } from './log.js';
import { LOG } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';

/** Entries in one answer, about. */
const MOST_READ = 500;

const endOf = async (ctx: restate.ObjectSharedContext): Promise<LogEnd> => (await ctx.get<LogEnd>('end')) ?? EMPTY_LOG;

export const logObject = restate.object({
  name: LOG,
  handlers: {
    async append(ctx: restate.ObjectContext, entries: readonly LogEntry[]): Promise<void> {
      const known = new Map<string, number>();
      for (const source of new Set(entries.map((entry) => entry.source)))
        known.set(source, (await ctx.get<number>(`last-${source}`)) ?? 0);
      const { piece, end, last } = taken(await endOf(ctx), known, entries);
      if (piece === undefined) return;
      ctx.set(`after-${piece.after.entries}`, piece);
      ctx.set('end', end);
      for (const [source, number] of last) ctx.set(`last-${source}`, number);
    },
    /** Pieces from a number of entries on, one after the other; none when there is nothing new. */
    read: restate.handlers.object.shared(async (ctx: restate.ObjectSharedContext, since: number) => {
      const { entries: end } = await endOf(ctx);
      const pieces: LogPiece[] = [];
      for (let next = since ?? 0; next < end && next - (since ?? 0) < MOST_READ; ) {
        const piece = await ctx.get<LogPiece>(`after-${next}`);
        if (piece === null) break;
        pieces.push(piece);
        next += piece.facts.length;
      }
      return pieces;
    }),
  },
  // It grows for ever: nothing of it goes to a worker that does not ask for it.
  options: { ...OBJECT_OPTIONS, enableLazyState: true },
});
export type LogObject = typeof logObject;
