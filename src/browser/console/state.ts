/**
 * What the console knows, folded from lists and events. Pure.
 *
 * 1. An event tells how a thing stands, and replaces what was known of it; a list that was asked for earlier does not.
 * 2. Bounded: finished executions, closed positions, resolved cases and audit lines are kept up to a number, the newest.
 *    What needs a person, is in flight or open is never dropped.
 */
import type { AccountState, Case, Position, Switch, SwitchList } from '../../service/api/controls.js';
import type { AuditRecord, Execution } from '../../service/api/executions.js';

export const MOST_FINISHED = 5_000;
const MOST_CLOSED = 1_000;
export const MOST_AUDIT = 300;
/** Dropped in one go beyond the bound, so that it costs little. */
const SLACK = 200;

export type Connection = 'connecting' | 'live' | 'stale' | 'lost';

export interface ConsoleState {
  /** By account and advisory. */
  readonly executions: ReadonlyMap<string, Execution>;
  readonly positions: ReadonlyMap<string, Position>;
  readonly cases: ReadonlyMap<string, Case>;
  readonly switches: SwitchList;
  readonly accounts: ReadonlyMap<string, AccountState>;
  /** The latest, oldest first. */
  readonly audit: readonly AuditRecord[];
  readonly connection: Connection;
  /** Lists have been read since the stream began. */
  readonly isComplete: boolean;
}

export type ConsoleEvent =
  | { readonly type: 'execution'; readonly data: Execution }
  | { readonly type: 'position'; readonly data: Position }
  | { readonly type: 'case'; readonly data: Case }
  | { readonly type: 'switches'; readonly data: SwitchList }
  | { readonly type: 'account'; readonly data: AccountState }
  | { readonly type: 'audit'; readonly data: AuditRecord };

const NO_SWITCHES: SwitchList = { switches: [], pendingReleases: [], sharedBy: [], twoPersonRelease: false };

export const newState = (): ConsoleState => ({
  executions: new Map(),
  positions: new Map(),
  cases: new Map(),
  switches: NO_SWITCHES,
  accounts: new Map(),
  audit: [],
  connection: 'connecting',
  isComplete: false,
});

export const executionKey = ({ account, advisoryId }: { readonly account: string; readonly advisoryId: string }) =>
  `${account} ${advisoryId}`;
const caseKey = ({ account, caseId }: Case) => `${account} ${caseId}`;

/** Key of what an event is about; events without one replace the whole. */
export function eventKey(event: ConsoleEvent): string {
  switch (event.type) {
    case 'execution':
    case 'position':
      return `${event.type} ${executionKey(event.data)}`;
    case 'case':
      return `case ${caseKey(event.data)}`;
    case 'account':
      return `account ${event.data.name}`;
    case 'switches':
    case 'audit':
      return event.type;
  }
}

/** All events of a batch at once: the maps are copied once each. */
export function withEvents(state: ConsoleState, events: readonly ConsoleEvent[]): ConsoleState {
  if (events.length === 0) return state;
  const executions = changed(state.executions, events.filter(isOf('execution')), ({ data }) => executionKey(data));
  const positions = changed(state.positions, events.filter(isOf('position')), ({ data }) => executionKey(data));
  const cases = changed(state.cases, events.filter(isOf('case')), ({ data }) => caseKey(data));
  const accounts = changed(state.accounts, events.filter(isOf('account')), ({ data }) => data.name);
  const lines = events.filter(isOf('audit')).map(({ data }) => data);
  return {
    ...state,
    executions: bounded(executions, MOST_FINISHED, (one) => (one.group === 'finished' ? one.startedAt : undefined)),
    positions: bounded(positions, MOST_CLOSED, (one) => (one.isOpen ? undefined : one.openedAt)),
    cases: bounded(cases, MOST_CLOSED, (one) => (one.isOpen ? undefined : one.openedAt)),
    accounts,
    switches: events.findLast(isOf('switches'))?.data ?? state.switches,
    audit: lines.length === 0 ? state.audit : [...state.audit, ...lines].slice(-MOST_AUDIT),
  };
}

const isOf =
  <Type extends ConsoleEvent['type']>(type: Type) =>
  (event: ConsoleEvent): event is Extract<ConsoleEvent, { type: Type }> =>
    event.type === type;

function changed<Value, Event extends { readonly data: Value }>(
  known: ReadonlyMap<string, Value>,
  events: readonly Event[],
  key: (event: Event) => string,
): ReadonlyMap<string, Value> {
  if (events.length === 0) return known;
  const next = new Map(known);
  for (const event of events) next.set(key(event), event.data);
  return next;
}

/**
 * Drops the oldest of those that may go.
 *
 * @param sinceWhen undefined for what is never dropped
 */
function bounded<Value>(
  all: ReadonlyMap<string, Value>,
  most: number,
  sinceWhen: (value: Value) => string | undefined,
): ReadonlyMap<string, Value> {
  if (all.size <= most + SLACK) return all;
  const mayGo = [...all].flatMap(([key, value]) => {
    const since = sinceWhen(value);
    return since === undefined ? [] : [{ key, since }];
  });
  if (mayGo.length <= most + SLACK) return all;
  mayGo.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  const gone = new Set(mayGo.slice(0, mayGo.length - most).map(({ key }) => key));
  return new Map([...all].filter(([key]) => !gone.has(key)));
}

/** Entries of a list, but for those that an event has told of since it was asked for. Oldest first. */
export const fromList = (events: readonly ConsoleEvent[], toldSince: ReadonlySet<string>): readonly ConsoleEvent[] =>
  events.filter((event) => !toldSince.has(eventKey(event)));

/** The most severe state of the switches that cover a symbol. */
export function switchesOver(switches: readonly Switch[], symbol: string): readonly Switch[] {
  const wanted = symbol.toUpperCase();
  return switches.filter(
    ({ state, target }) => state !== 'OFF' && (target === undefined || target.toUpperCase() === wanted),
  );
}
