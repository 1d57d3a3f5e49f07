/**
 * The event stream: from now, or on from what the listener has seen.
 */
import { takeWhile } from 'rxjs';
import type { AuditRecord } from '../../domain/audit.js';
import { isoTime } from '../../domain/time.js';
import type { OpenAccount } from '../accounts/account.js';
import { TOPICS, type Topic } from '../api/events.js';
import { type Frame, isWanted, type Listener, listener } from '../events/listener.js';
import { readPosition, type StreamPosition, writePosition } from '../events/position.js';
import { type Handler, type HandlerAnswer, TAKEN_OVER } from '../http/call.js';
import { refuse } from '../http/refusal.js';
import type { HandlerParts } from './parts.js';

/** Records that are written out between two looks at whether the listener keeps up. */
const PAGE = 200;

export function streamEvents(parts: HandlerParts): Handler<'streamEvents'> {
  /** Listeners that are being given what they missed. */
  let catchingUp = 0;
  return async ({ query, request, reply }): Promise<HandlerAnswer> => {
    const { hub, clock, events } = parts;
    const count = hub.listeners + catchingUp;
    if (count >= events.maxListeners)
      throw refuse('NOT_READY', `There are ${count} listeners; no more are taken.`, { retryAfterSeconds: 10 });
    const accounts = parts.accounts.open(query.account);
    const header = request.headers['last-event-id'];
    const given = typeof header === 'string' ? header : query.lastEventId;
    const topics = topicsOf(query.topics);
    const wanted = { account: query.account, advisoryId: query.advisoryId, ...(topics !== undefined && { topics }) };
    if (request.method === 'HEAD') return { status: 200, text: '', contentType: STREAM_HEADERS['Content-Type'] };
    const response = reply.raw;
    reply.hijack();
    response.removeHeader('Transfer-Encoding');
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
    const isKnown =
      from !== undefined &&
      accounts.some(({ name }) => from.has(name)) &&
      accounts.every((account) => canGoOn(parts, account, from));
    const hello = {
      time: isoTime(clock.now()),
      version: parts.version,
      accounts: accounts.map(({ name }) => name),
      heartbeatSeconds: events.heartbeatMs / MS_PER_SECOND,
      resumed: isKnown,
    };
    if (from !== undefined && isKnown) {
      one.write(hub.frame('hello', hello).bytes);
      catchingUp += 1;
      await catchUp(parts, one, accounts, from)
        .catch(() => response.destroy())
        .finally(() => {
          catchingUp -= 1;
        });
    } else {
      one.write(hub.frame('hello', hello, {}, writePosition(hub.position)).bytes);
      if (given !== undefined && given !== '') one.write(hub.frame('reset', POSITION_UNKNOWN).bytes);
      if (one.isOpen) hub.join(one);
    }
    return TAKEN_OVER;
  };
}

const MS_PER_SECOND = 1_000;

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  // The stream ends with its connection: bytes go out as they are, shared by all listeners, without a frame around each piece.
  Connection: 'close',
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

/** The log goes on from there: it is the same log, and it has got that far. An account that is not named is new: it is told whole. */
function canGoOn({ hub }: HandlerParts, { name }: OpenAccount, from: StreamPosition): boolean {
  const known = from.get(name);
  const reached = hub.position.get(name);
  if (known === undefined) return true;
  const isSame = known.mark === '' ? known.seq === 0 : known.mark === reached?.mark;
  return isSame && known.seq <= (reached?.seq ?? 0);
}

/**
 * Everything that was missed, page by page, as fast as the listener takes it. What happens meanwhile is missed as well, and
 * told in the next round; the listener joins the others in the very turn in which nothing is missing.
 */
async function catchUp(
  { hub, clock }: HandlerParts,
  one: Listener,
  accounts: readonly OpenAccount[],
  from: StreamPosition,
): Promise<void> {
  const position = new Map(hub.position);
  const markOf = (name: string): string => hub.position.get(name)?.mark ?? '';
  for (const { name } of accounts) position.set(name, { seq: from.get(name)?.seq ?? 0, mark: markOf(name) });
  const stands = new Map<string, () => Frame | undefined>();
  const behind = (): OpenAccount | undefined =>
    accounts.find(({ name }) => (position.get(name)?.seq ?? 0) < (hub.position.get(name)?.seq ?? 0));
  for (let account = behind(); account !== undefined && one.isOpen; account = behind()) {
    const { name } = account;
    const upTo = hub.position.get(name)?.seq ?? 0;
    const page = pageAfter(account, position.get(name)?.seq ?? 0, upTo);
    for (const record of page) {
      position.set(name, { seq: record.seq, mark: markOf(name) });
      give(one, [hub.auditFrame(name, record, position)]);
      for (const [key, topic, make] of hub.standsOf(account, record)) if (isOf(one, topic)) stands.set(key, make);
    }
    if (page.length === 0) {
      // The journal cannot be read: it says so, and goes on from now.
      position.set(name, { seq: upTo, mark: markOf(name) });
      one.write(hub.frame('reset', POSITION_UNKNOWN, {}, writePosition(position)).bytes);
    }
    // A long absence does not hold the service up.
    if (page.length === PAGE) await new Promise<void>((resolve) => void clock.setTimeout(resolve, 0));
    await one.drained();
  }
  give(
    one,
    [...stands.values()].map((make) => make()).filter((made) => made !== undefined),
  );
  if (one.isOpen) hub.join(one);
}

const isOf = ({ wanted: { topics } }: Listener, topic: Topic): boolean => topics?.has(topic) ?? true;

/** Lines of the log that are durable, also those that are no longer in memory. */
function pageAfter({ engine }: OpenAccount, seq: number, upTo: number): readonly AuditRecord[] {
  const page: AuditRecord[] = [];
  // What is there is told in the turn of the subscription.
  engine
    .tail(seq)
    .pipe(takeWhile((line) => line.seq <= upTo && page.length < PAGE))
    .subscribe((line) => page.push(line))
    .unsubscribe();
  return page;
}

function give(one: Listener, frames: readonly Frame[]): void {
  for (const frame of frames) if (isWanted(one.wanted, frame)) one.write(frame.bytes);
}
