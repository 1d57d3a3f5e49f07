/**
 * The log as an object on Restate: where it begins and ends, and how far its sources are. The entries are in pages. The worker
 * that takes an entry down writes its audit lines to its own log, each once in the whole deployment (A2).
 */
import * as restate from '@restatedev/restate-sdk';
import { levelOf } from '../journal/recorder.js';
import {
  auditOf,
  EMPTY_LOG,
  type LogBounds,
  type LogEnd,
  type LogEntry,
  type LogPiece,
  retired,
  type SourceEnd,
  taken,
} from './log.js';
import { LOG, PAGES } from './names.js';
import { keyOf, pageKey, pageOf } from './pages.js';
import type { PagesObject } from './pages-object.js';
import { OBJECT_OPTIONS } from './retry.js';
import type { HostSettings } from './settings.js';

/** A page that is full. */
interface FullPage {
  readonly page: number;
  /** When it was, engine ms. */
  readonly at: number;
}

type Exclusive = restate.ObjectContext;

const endOf = async (ctx: restate.ObjectSharedContext): Promise<LogEnd> => (await ctx.get<LogEnd>('end')) ?? EMPTY_LOG;
const firstOf = async (ctx: restate.ObjectSharedContext): Promise<number> => (await ctx.get<number>('first')) ?? 0;
const lastOf = (source: string): string => `last-${source}`;

async function endsOf(ctx: restate.ObjectSharedContext, sources: Iterable<string>): Promise<Map<string, SourceEnd>> {
  const known = new Map<string, SourceEnd>();
  for (const source of new Set(sources)) {
    const end = await ctx.get<SourceEnd>(lastOf(source));
    if (end !== null) known.set(source, end);
  }
  return known;
}

function keep(ctx: Exclusive, piece: LogPiece | undefined): void {
  if (piece === undefined) return;
  const { entries } = piece.after;
  const row = { number: entries, count: piece.facts.length, value: piece };
  ctx.objectSendClient<PagesObject>({ name: PAGES }, keyOf(LOG, entries)).put([row]);
}

/** Restate's console says nothing that was said before, when a handler is run again. */
function say(ctx: Exclusive, { after, facts }: LogPiece): void {
  let before = after.auditLines;
  for (const fact of facts) {
    for (const line of auditOf(fact, before)) ctx.console[levelOf(line)](line.event, line);
    before += fact.audit.length;
  }
}

/** The pages that are full once the log has come from one end to the other. */
const filled = (from: LogEnd, to: LogEnd, at: number): FullPage[] =>
  Array.from({ length: pageOf(to.entries) - pageOf(from.entries) }, (_, index) => ({
    page: pageOf(from.entries) + index,
    at,
  }));

/** Oldest first, as long as they have been full for too long: what is not over is logged once more. */
async function retire(ctx: Exclusive, end: LogEnd, isOld: (full: FullPage) => boolean, now: number): Promise<LogEnd> {
  const full = [...((await ctx.get<readonly FullPage[]>('full')) ?? [])];
  let grown = end;
  for (let [oldest] = full; oldest !== undefined && isOld(oldest); [oldest] = full) {
    const page = ctx.objectClient<PagesObject>({ name: PAGES }, pageKey(LOG, oldest.page));
    const pieces = (await page.all()).map(({ value }) => value as LogPiece);
    const sources = pieces.flatMap(({ facts }) => facts.map(({ source }) => source));
    const gone = retired(grown, pieces, await endsOf(ctx, sources));
    keep(ctx, gone.piece);
    for (const source of gone.forgotten) ctx.clear(lastOf(source));
    ctx.set('first', Math.max(gone.first, await firstOf(ctx)));
    ctx.objectSendClient<PagesObject>({ name: PAGES }, pageKey(LOG, oldest.page)).drop();
    grown = gone.end;
    full.shift();
  }
  ctx.set('full', [...full, ...filled(end, grown, now)]);
  return grown;
}

export function logHandlers({ logKeptMs }: Pick<HostSettings, 'logKeptMs'>) {
  return {
    async append(ctx: Exclusive, entries: readonly LogEntry[]): Promise<void> {
      const before = await endOf(ctx);
      const sources = entries.map(({ source }) => source);
      const { piece, end, last } = taken(before, await endsOf(ctx, sources), entries);
      for (const [source, sourceEnd] of last) ctx.set(lastOf(source), sourceEnd);
      if (piece === undefined) return;
      keep(ctx, piece);
      say(ctx, piece);
      ctx.set('end', end);
      const now = piece.facts.at(-1)?.at ?? 0;
      const pages = filled(before, end, now);
      if (pages.length === 0) return;
      ctx.set('full', [...((await ctx.get<readonly FullPage[]>('full')) ?? []), ...pages]);
      const keptMs = await ctx.run('kept for', () => logKeptMs);
      ctx.set('end', await retire(ctx, end, ({ at }) => now - at > keptMs, now));
    },
    /** Where it begins and ends: the pages tell the rest. */
    async bounds(ctx: restate.ObjectSharedContext): Promise<LogBounds> {
      const { entries: end } = await endOf(ctx);
      return { first: await firstOf(ctx), end };
    },
  };
}

export function logObject(settings: Pick<HostSettings, 'logKeptMs'>) {
  const { append, bounds } = logHandlers(settings);
  return restate.object({
    name: LOG,
    handlers: { append, bounds: restate.handlers.object.shared(bounds) },
    // How far each source is goes to a worker that asks for it.
    options: { ...OBJECT_OPTIONS, enableLazyState: true },
  });
}
export type LogObject = ReturnType<typeof logObject>;
