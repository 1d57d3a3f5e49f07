/**
 * One event through a chart's table: which transitions it takes, what they do, where it ends (see `chart-table.ts`).
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import type { ChartTable, Named, Place, Row } from './chart-table.js';

/** The part of a snapshot that a step reads and replaces. */
export interface Standing {
  readonly machine: AnyStateMachine;
  readonly value: unknown;
  readonly context: object;
  readonly status: string;
}

/** A copy of a whole snapshot, to be given its own context and status: members that are there cost nothing to set anew. */
const copyOf = (template: object): { context: object; status: string } =>
  ({ ...template }) as { context: object; status: string };

interface Args {
  readonly context: object;
  readonly event: EventObject;
}
type Guard = (args: Args, params: unknown) => boolean;
interface Action {
  readonly type: string;
  readonly assignment?: (args: Args, params: unknown) => object;
  readonly event?: unknown;
}

/** Takes one event; the very same snapshot comes back when nothing changes. */
export function runOn<Snapshot extends Standing>(
  table: ChartTable,
  before: Snapshot,
  event: EventObject,
  emitted: unknown[],
): Snapshot {
  const { machine } = before;
  const { withPatch } = table;
  const { guards, actions } = machine.implementations as unknown as {
    readonly guards: Readonly<Record<string, Guard>>;
    readonly actions: Readonly<Record<string, Action>>;
  };
  let place = table.placeOf(before.value);
  let { context } = before;
  let isChanged = false;

  const holds = ({ guard }: Row): boolean =>
    guard === undefined || guards[nameOf(guard)]?.({ context, event }, paramsOf(guard)) === true;

  /** Whether anything is another than it was. */
  function take(row: Row): boolean {
    const wasPlace = place;
    const wasContext = context;
    for (const named of row.actions) {
      const action = actions[nameOf(named)];
      if (action?.assignment !== undefined)
        context = withPatch(context, action.assignment({ context, event }, paramsOf(named)));
      else
        emitted.push(
          typeof action?.event === 'function' ? action.event({ context, event }, paramsOf(named)) : action?.event,
        );
    }
    if (row.to !== undefined) place = row.to;
    isChanged ||= place !== wasPlace || context !== wasContext;
    return place !== wasPlace || context !== wasContext;
  }

  const first = chosen(place, event, holds);
  if (first === undefined) return before;
  take(first);
  for (let count = 1; !place.isFinal; count += 1) {
    if (count > table.most) throw new Error(ENDLESS(table.most));
    const next = eventless(place, holds);
    if (next === undefined || !take(next)) break;
  }
  if (!isChanged) return before;
  const status = place.isFinal ? 'done' : 'active';
  const after = copyOf(place.template);
  after.context = context;
  after.status = status;
  return after as unknown as Snapshot;
}

/** Whether the state takes the event at all. */
export function takesOn(table: ChartTable, { machine, value, context }: Standing, event: EventObject): boolean {
  const guards = machine.implementations.guards as unknown as Readonly<Record<string, Guard>>;
  const holds = ({ guard }: Row): boolean =>
    guard === undefined || guards[nameOf(guard)]?.({ context, event }, paramsOf(guard)) === true;
  const row = chosen(table.placeOf(value), event, holds);
  return row !== undefined && !row.isForbidden;
}

/** The transition without an event that is taken now, if there is one. */
function eventless(place: Place, holds: (row: Row) => boolean): Row | undefined {
  for (const rows of place.always) for (const row of rows) if (holds(row)) return row;
  return undefined;
}

/** The transition that the event takes first, if there is one. */
function chosen(place: Place, { type }: EventObject, holds: (row: Row) => boolean): Row | undefined {
  for (const { state, rows } of place.rowsFor(type)) {
    for (const row of rows) if (isMet(row, holds, type, state)) return row;
  }
  return undefined;
}

function isMet(row: Row, holds: (row: Row) => boolean, type: string, state: string): boolean {
  try {
    return holds(row);
  } catch (error) {
    const name = row.guard === undefined ? '' : nameOf(row.guard);
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Unable to evaluate guard '${name}' in transition for event '${type}' in state node '${state}':\n${cause}`,
    );
  }
}

const nameOf = (named: Named): string => (typeof named === 'string' ? named : named.type);
const paramsOf = (named: Named): unknown => (typeof named === 'string' ? undefined : named.params);

const ENDLESS = (most: number): string => `The chart has taken more than ${most} transitions without an event.`;
