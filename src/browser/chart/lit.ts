/**
 * What of a chart is lit at a moment of a life: where it stands, where it has been, which way it came, what may follow.
 */
import type { Json } from '../../charts/chart.js';
import type { BookChart } from '../../charts/interactive/book.js';
import type { Change, Life } from '../../charts/interactive/life.js';
import { activeStates, at, possibleNext } from '../../charts/interactive/possible.js';

export interface Lit {
  /** Active states, the innermost last. */
  readonly active: readonly string[];
  readonly visited: ReadonlySet<string>;
  /** Transitions taken so far. */
  readonly taken: ReadonlySet<string>;
  /** Transitions of the last fact. */
  readonly last: ReadonlySet<string>;
  /** Transitions that may be taken next. */
  readonly possible: ReadonlySet<string>;
  /** How it ended, such as `FILLED`. */
  readonly outcome?: string;
}

export const NOTHING_LIT: Lit = {
  active: [],
  visited: new Set(),
  taken: new Set(),
  last: new Set(),
  possible: new Set(),
};

/** The state after so many steps. */
export const stateAt = (life: Life, count: number): string => life.steps[count - 1]?.to ?? life.begins;

/** Lit after so many steps of a life. */
export function litAt({ chart }: BookChart, life: Life, count: number): Lit {
  const done = life.steps.slice(0, count);
  const taken = done.flatMap(({ transitions }) => transitions);
  const active = activeStates(chart, stateAt(life, count));
  const visited = new Set(activeStates(chart, life.begins));
  for (const { to } of done) for (const state of activeStates(chart, to)) visited.add(state);
  const bySource = new Map(chart.transitions.map((transition) => [transition.id, transition]));
  for (const id of taken) {
    const transition = bySource.get(id);
    for (const state of [transition?.source, ...(transition?.targets ?? [])])
      if (state !== undefined) visited.add(state);
  }
  const moment = { state: stateAt(life, count), context: contextAt(life, count), now: 0 };
  const possible = possibleNext(chart, moment).flatMap(({ transitions }) => transitions.map(({ id }) => id));
  const outcome = at(moment.context, 'result', 'status');
  return {
    active,
    visited,
    taken: new Set(taken),
    last: new Set(done.at(-1)?.transitions ?? []),
    possible: new Set(possible),
    ...(typeof outcome === 'string' && { outcome }),
  };
}

/** The context after so many steps. */
export const contextAt = (life: Life, count: number): Json =>
  life.steps
    .slice(0, count)
    .flatMap(({ changes }) => changes)
    .reduce(withChange, life.context);

function withChange(context: Json, { path, value }: Change): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  const { [key]: before, ...others } = isObject(context) ? context : {};
  if (rest.length === 0) return value === undefined ? others : { ...others, [key]: value };
  const inner = withChange(before ?? {}, value === undefined ? { path: rest } : { path: rest, value });
  return { ...others, [key]: inner };
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Such as `order.cumQty`, with its value in words: for a table. */
interface ContextRow {
  readonly name: string;
  readonly value: string;
  readonly isNew: boolean;
}

/** The context as rows, those that the last step changed marked. */
export function contextRows(life: Life, count: number): readonly ContextRow[] {
  const changed = new Set((life.steps[count - 1]?.changes ?? []).map(({ path }) => path.join('.')));
  const isNew = (name: string) => changed.has(name) || [...changed].some((path) => name.startsWith(`${path}.`));
  return rowsOf(contextAt(life, count), []).map(([name, value]) => ({ name, value, isNew: isNew(name) }));
}

function rowsOf(value: Json, path: readonly string[]): readonly (readonly [string, string])[] {
  if (isObject(value)) return Object.entries(value).flatMap(([key, inner]) => rowsOf(inner, [...path, key]));
  return [[path.join('.'), typeof value === 'string' ? value : JSON.stringify(value)]];
}
