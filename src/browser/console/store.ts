/**
 * The console's memory, and how it is kept up to date.
 *
 * 1. Events that arrive together are applied together, once a frame: a burst of thousands draws once.
 * 2. Lists are read after the stream has begun; what an event has told since is newer than they are.
 */
import { batch, computed, signal } from '@preact/signals';
import type { AccountList, CasePage, PositionPage, SwitchList } from '../../service/api/controls.js';
import type { Hello } from '../../service/api/events.js';
import type { ExecutionPage } from '../../service/api/executions.js';
import type { Role, Session } from '../../service/api/system.js';
import { alarmsOf } from './alarms.js';
import { get, Refused, sentenceOf, token } from './api.js';
import { GROUPS } from './rows.js';
import { heard, type ServerClock, serverNow } from './server-clock.js';
import type { StreamEvent } from './sse.js';
import { type ConsoleEvent, eventKey, executionKey, fromList, MOST_FINISHED, newState, withEvents } from './state.js';
import { EventStream } from './stream.js';

export const state = signal(newState());
export const session = signal<Session | undefined>(undefined);
export const needsLogin = signal(false);
export const loginProblem = signal('');
export const failure = signal('');
const clock = signal<ServerClock | undefined>(undefined);
/** Redrawn by what counts down. */
export const tick = signal(0);

export const alarms = computed(() => alarmsOf(state.value));
export const now = (): number => serverNow(clock.value, performance.timeOrigin + performance.now());

const ORDER: readonly Role[] = ['viewer', 'trader', 'operator'];
/** Why the role may not; undefined where it may. */
export function whyNot(needed: Role): string | undefined {
  const known = session.value;
  if (known === undefined) return 'Nobody is signed in.';
  if (ORDER.indexOf(known.role) >= ORDER.indexOf(needed)) return undefined;
  return `${known.name} is a ${known.role}; this takes ${needed === 'operator' ? 'an operator' : `a ${needed}`}.`;
}

let stream: EventStream | undefined;
let queue: ConsoleEvent[] = [];
let isDue = false;
/** For each reading of lists that is under way: what events have told of since it began. */
const readings = new Set<Set<string>>();
const listeners = new Set<(advisory: string) => void>();

/** Told of the key of each execution that an audit record is about. */
export function onAudit(listen: (key: string) => void): () => void {
  listeners.add(listen);
  return () => void listeners.delete(listen);
}

/** Signs in with the token that is known, and begins. */
export async function begin(): Promise<void> {
  try {
    session.value = await get<Session>('v1/session');
    needsLogin.value = false;
    loginProblem.value = '';
    stream ??= new EventStream({ onHello, onEvent, onReset, onConnection, onUnauthorised });
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) onUnauthorised();
    else {
      failure.value = sentenceOf(error);
      setTimeout(() => void begin(), 1_000);
    }
  }
}

export async function signIn(given: string): Promise<void> {
  token.set(given);
  await begin();
  if (needsLogin.value) loginProblem.value = 'This token is not known to the service.';
}

export function signOut(): void {
  token.set(undefined);
  onUnauthorised();
}

function onUnauthorised(): void {
  stream?.end();
  stream = undefined;
  batch(() => {
    session.value = undefined;
    needsLogin.value = true;
    state.value = newState();
  });
}

function onConnection(connection: 'live' | 'stale' | 'lost'): void {
  state.value = { ...state.value, connection };
  if (connection === 'live') failure.value = '';
}

function onHello({ time, resumed }: Hello): void {
  hear(time);
  // What stands without a record of its own is asked for again.
  if (resumed && state.value.isComplete) void reading(readStanding);
  else void reading(readAll);
}

const onReset = (): void => void reading(readAll);

const hear = (time: string): void => {
  clock.value = heard(clock.value, Date.parse(time), performance.timeOrigin + performance.now());
};

const KNOWN: ReadonlySet<string> = new Set(['execution', 'position', 'case', 'switches', 'account', 'audit']);

function onEvent({ event, data }: StreamEvent): void {
  if (event === 'heartbeat') hear((JSON.parse(data) as { time: string }).time);
  if (!KNOWN.has(event)) return;
  put({ type: event, data: JSON.parse(data) } as ConsoleEvent);
}

function put(event: ConsoleEvent): void {
  for (const toldSince of readings) toldSince.add(eventKey(event));
  queue.push(event);
  if (event.type === 'audit' && event.data.advisoryId !== undefined) {
    const key = `${event.data.account} ${event.data.advisoryId}`;
    for (const listen of listeners) listen(key);
  }
  if (isDue) return;
  isDue = true;
  // A page that is not seen gets no frames.
  if (document.hidden) setTimeout(flush, 250);
  else requestAnimationFrame(flush);
}

function flush(): void {
  isDue = false;
  const events = queue;
  queue = [];
  state.value = withEvents(state.value, events);
}

function takeList(events: readonly ConsoleEvent[], toldSince: ReadonlySet<string>): void {
  flush();
  state.value = withEvents(state.value, fromList(events, toldSince));
}

const PAGE = 500;

type Read = (toldSince: ReadonlySet<string>) => Promise<void>;

/** Reads lists; what an event tells meanwhile is newer than they are. */
async function reading(read: Read): Promise<void> {
  const toldSince = new Set<string>();
  readings.add(toldSince);
  try {
    await read(toldSince);
  } catch (error) {
    failure.value = sentenceOf(error);
  } finally {
    readings.delete(toldSince);
  }
}

const readAll: Read = async (toldSince) => {
  await readStanding(toldSince);
  for (const group of GROUPS) await readExecutions(group, toldSince);
  state.value = { ...state.value, isComplete: true };
};

const readStanding: Read = async (toldSince) => {
  const [accounts, switches, cases, open, closed] = await Promise.all([
    get<AccountList>('v1/accounts'),
    get<SwitchList>('v1/kill-switches'),
    everyPage(`v1/cases?limit=${PAGE}`, ({ cases: listed }: CasePage) => listed),
    everyPage(`v1/positions?open=true&limit=${PAGE}`, ({ positions }: PositionPage) => positions),
    get<PositionPage>(`v1/positions?open=false&limit=${PAGE}`),
  ]);
  const stillOpen = new Set(cases.map(({ account, caseId }) => `${account} ${caseId}`));
  const positions = [...closed.positions, ...open];
  takeList(
    [
      ...accounts.accounts.map((data): ConsoleEvent => ({ type: 'account', data })),
      { type: 'switches', data: switches },
      ...cases.map((data): ConsoleEvent => ({ type: 'case', data })),
      ...positions.map((data): ConsoleEvent => ({ type: 'position', data })),
    ],
    toldSince,
  );
  // What is not listed among the open ones any more was resolved, or closed, while nobody listened.
  const goneCases = [...state.value.cases.values()].filter(
    (one) => one.isOpen && !stillOpen.has(`${one.account} ${one.caseId}`),
  );
  const stillHeld = new Set(open.map(executionKey));
  const gonePositions = [...state.value.positions].filter(([key, one]) => one.isOpen && !stillHeld.has(key));
  takeList(
    [
      ...goneCases.map((one): ConsoleEvent => ({ type: 'case', data: { ...one, isOpen: false } })),
      ...gonePositions.map(([, one]): ConsoleEvent => ({ type: 'position', data: { ...one, ...NOT_HELD } })),
    ],
    toldSince,
  );
};

const NOT_HELD = { isOpen: false, openQuantity: '0', unprotectedQuantity: '0' } as const;

const cursorOf = (cursor: string | undefined): string =>
  cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;

/** What is open is read to its end: there is no telling how much of it there is. */
async function everyPage<Page extends { readonly nextCursor?: string | undefined }, Entry>(
  path: string,
  entriesOf: (page: Page) => readonly Entry[],
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await get<Page>(`${path}${cursorOf(cursor)}`);
    entries.push(...entriesOf(page));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return entries;
}

/** Oldest first into the memory, so that the bound drops the oldest. */
async function readExecutions(group: (typeof GROUPS)[number], toldSince: ReadonlySet<string>): Promise<void> {
  const most = group === 'finished' ? MOST_FINISHED : Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  let count = 0;
  do {
    const page = await get<ExecutionPage>(`v1/executions?group=${group}&limit=${PAGE}${cursorOf(cursor)}`);
    takeList(
      [...page.executions].reverse().map((data): ConsoleEvent => ({ type: 'execution', data })),
      toldSince,
    );
    count += page.executions.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined && count < most);
}
