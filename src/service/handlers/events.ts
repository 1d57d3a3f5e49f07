/**
 * The event stream: from now, or on from what the listener has seen.
 */
import type { AuditRecord } from '../../domain/audit.js';
import { isoTime } from '../../domain/time.js';
import type { OpenAccount } from '../accounts/account.js';
import { TOPICS, type Topic } from '../api/events.js';
import { type Frame, isWanted, type Listener, listener } from '../events/listener.js';
import { markOf, readPosition, type StreamPosition, writePosition } from '../events/position.js';
import { type Handler, type HandlerAnswer, TAKEN_OVER } from '../http/call.js';
import { refuse } from '../http/refusal.js';
import type { HandlerParts } from './parts.js';

/** Records that are written out between two looks at whether the listener keeps up. */
const PAGE = 200;

export function streamEvents(parts: HandlerParts): Handler<'streamEvents'> {
  return async ({ query, request, reply }): Promise<HandlerAnswer> => {
    const { hub, clock, events } = parts;
    if (hub.listeners >= events.maxListeners)
      throw refuse('NOT_READY', `There are ${hub.listeners} listeners; no more are taken.`, { retryAfterSeconds: 10 });
    const accounts = parts.accounts.open(query.account);
    const header = request.headers['last-event-id'];
    const given = typeof header === 'string' ? header : query.lastEventId;
    const topics = topicsOf(query.topics);
    const wanted = { account: query.account, advisoryId: query.advisoryId, ...(topics !== undefined && { topics }) };
    const response = reply.raw;
    reply.hijack();
    response.writeHead(200, { ...headersOf(reply.getHeaders()), ...STREAM_HEADERS });
    const one = listener({
      response,
      wanted,
      clock,
      bufferBytes: events.bufferBytes,
      tooSlow: events.tooSlow,
      onGone: () => hub.leave(one),
      onDropped: events.onDropped,
    });
    const from = given === undefined || given === '' ? undefined : readPosition(given);
    const isKnown = from !== undefined && accounts.every((account) => canGoOn(account, from));
    const hello = {
      time: isoTime(clock.now()),
      version: parts.version,
      accounts: accounts.map(({ name }) => name),
      heartbeatSeconds: events.heartbeatMs / MS_PER_SECOND,
      resumed: isKnown,
    };
    if (from !== undefined && isKnown) {
      one.write(hub.frame('hello', hello).bytes);
      await catchUp(parts, one, accounts, from);
    } else {
      one.write(hub.frame('hello', hello, {}, writePosition(hub.position)).bytes);
      if (given !== undefined && given !== '') one.write(hub.frame('reset', POSITION_UNKNOWN).bytes);
    }
    if (one.isOpen) hub.join(one);
    return TAKEN_OVER;
  };
}

const MS_PER_SECOND = 1_000;

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Connection: 'keep-alive',
};

const headersOf = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const POSITION_UNKNOWN = {
  why: 'POSITION_UNKNOWN',
  message: 'What was missed since the last event id cannot be told; read the lists again. The stream goes on from now.',
};

function topicsOf(text: string | undefined): ReadonlySet<Topic> | undefined {
  if (text === undefined || text === '') return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(TOPICS, name));
  if (unknown === undefined) return new Set(names as Topic[]);
  const accepted = Object.keys(TOPICS).join(', ');
  throw refuse('INVALID_REQUEST', `topics has ${JSON.stringify(unknown)}; accepted are ${accepted}.`, {
    field: 'topics',
  });
}

/** The log goes on from there: it is the same log, and it has got that far. An account that is not named is told whole. */
function canGoOn({ name, engine }: OpenAccount, from: StreamPosition): boolean {
  const known = from.get(name);
  if (known === undefined) return true;
  const log = engine.executionLogs;
  const isSame = known.mark === '' ? known.seq === 0 : known.mark === markOf(log[0]);
  return isSame && known.seq <= (log.at(-1)?.seq ?? 0);
}

/**
 * Everything that was missed, page by page, as fast as the listener takes it. What happens meanwhile is missed as well, and
 * told in the next round; the last round ends in the turn in which the listener joins the others.
 */
async function catchUp(
  { hub }: HandlerParts,
  one: Listener,
  accounts: readonly OpenAccount[],
  from: StreamPosition,
): Promise<void> {
  const position = new Map(hub.position);
  for (const { name } of accounts)
    position.set(name, { seq: from.get(name)?.seq ?? 0, mark: hub.position.get(name)?.mark ?? '' });
  const seen = new Map<OpenAccount, AuditRecord[]>();
  for (let isBehind = true; isBehind && one.isOpen; ) {
    isBehind = false;
    for (const account of accounts) {
      const upTo = hub.position.get(account.name)?.seq ?? 0;
      const begin = position.get(account.name)?.seq ?? 0;
      const page = recordsAfter(account, begin, upTo);
      for (const record of page) {
        position.set(account.name, { seq: record.seq, mark: hub.position.get(account.name)?.mark ?? '' });
        give(one, [hub.auditFrame(account.name, record, position)]);
      }
      seen.set(account, [...(seen.get(account) ?? []), ...page]);
      isBehind ||= page.length === PAGE;
      if (page.length > 0) {
        await one.drained();
        isBehind ||= (position.get(account.name)?.seq ?? 0) < (hub.position.get(account.name)?.seq ?? 0);
      }
    }
    isBehind ||= accounts.some(({ name }) => (position.get(name)?.seq ?? 0) < (hub.position.get(name)?.seq ?? 0));
  }
  for (const [account, records] of seen) give(one, hub.standing(account, records));
}

const recordsAfter = ({ engine }: OpenAccount, seq: number, upTo: number): readonly AuditRecord[] =>
  seq >= upTo
    ? []
    : // The log is a tail: what is older than that is told by the journal's own commands.
      engine.executionLogs.filter((line) => line.seq > seq && line.seq <= upTo).slice(0, PAGE);

function give(one: Listener, frames: readonly Frame[]): void {
  for (const frame of frames) if (isWanted(one.wanted, frame)) one.write(frame.bytes);
}
