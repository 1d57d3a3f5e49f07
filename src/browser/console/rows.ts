/**
 * The list of executions: grouped, searched, filtered, as rows of known height, of which only those in view are drawn. Pure.
 */
import type { Execution } from '../../service/api/executions.js';
import { executionKey } from './state.js';

export const GROUPS = ['needs_attention', 'in_flight', 'open_position', 'finished'] as const;
export type Group = (typeof GROUPS)[number];
export const GROUP_NAMES: Readonly<Record<Group, string>> = {
  needs_attention: 'Needs attention',
  in_flight: 'In flight',
  open_position: 'Open positions',
  finished: 'Finished',
};

export type Row =
  | { readonly kind: 'group'; readonly group: Group; readonly count: number; readonly isFolded: boolean }
  | { readonly kind: 'execution'; readonly key: string; readonly execution: Execution };

/** In px where the text of the page has its usual size of 16 px; rows grow with it. */
export const ROW_HEIGHT: Readonly<Record<Row['kind'], number>> = { group: 32, execution: 54 };

interface ListQuery {
  readonly search: string;
  /** All when absent. */
  readonly account?: string | undefined;
  readonly folded: ReadonlySet<Group>;
  /** Keys of the executions with an open case, the worst first. */
  readonly worst?: readonly string[] | undefined;
}

/** Newest first in each group; of what needs attention the worst. An empty group has no row. */
export function rowsOf(
  executions: Iterable<Execution>,
  { search, account, folded, worst = [] }: ListQuery,
): readonly Row[] {
  const places = new Map([...worst].reverse().map((key, index) => [key, -index - 1]));
  const placeOf = (one: Execution): number => places.get(executionKey(one)) ?? 0;
  const wanted = search.trim().toLowerCase();
  const byGroup = new Map<Group, Execution[]>(GROUPS.map((group) => [group, []]));
  for (const one of executions) {
    if (account !== undefined && one.account !== account) continue;
    if (wanted !== '' && !matches(one, wanted)) continue;
    byGroup.get(one.group)?.push(one);
  }
  return GROUPS.flatMap((group): readonly Row[] => {
    const found = byGroup.get(group) ?? [];
    if (found.length === 0) return [];
    const isFolded = folded.has(group);
    const head: Row = { kind: 'group', group, count: found.length, isFolded };
    if (isFolded) return [head];
    found.sort(newestFirst);
    if (group === 'needs_attention') found.sort((a, b) => placeOf(a) - placeOf(b));
    return [head, ...found.map((execution): Row => ({ kind: 'execution', key: executionKey(execution), execution }))];
  });
}

const newestFirst = (a: Execution, b: Execution): number =>
  a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0;

const matches = ({ symbol, advisoryId, status, clientOrderId }: Execution, wanted: string): boolean =>
  `${symbol} ${advisoryId} ${status} ${clientOrderId}`.toLowerCase().includes(wanted);

interface Slice {
  readonly first: number;
  /** Behind the last. */
  readonly end: number;
  /** Px above the first row. */
  readonly top: number;
  /** Px of all rows. */
  readonly height: number;
}

/** Above and below the window, so that a fast hand sees no gap. */
const OVERSCAN_PX = 300;

/** Which rows are drawn. */
export function visible(rows: readonly Row[], scrollTop: number, windowHeight: number): Slice {
  const from = scrollTop - OVERSCAN_PX;
  const to = scrollTop + windowHeight + OVERSCAN_PX;
  let at = 0;
  let first = -1;
  let top = 0;
  let end = 0;
  for (const [index, { kind }] of rows.entries()) {
    const height = ROW_HEIGHT[kind];
    if (at + height > from && at < to) {
      if (first < 0) [first, top] = [index, at];
      end = index + 1;
    }
    at += height;
  }
  return { first: Math.max(0, first), end, top, height: at };
}

/** Px of a row from the top; undefined when it is not in the list. */
export function topOf(rows: readonly Row[], key: string): number | undefined {
  let at = 0;
  for (const row of rows) {
    if (row.kind === 'execution' && row.key === key) return at;
    at += ROW_HEIGHT[row.kind];
  }
  return undefined;
}

/** The next execution up or down the list. */
export function neighbour(rows: readonly Row[], key: string | undefined, by: 1 | -1): string | undefined {
  const keys = rows.flatMap((row) => (row.kind === 'execution' ? [row.key] : []));
  const at = key === undefined ? -1 : keys.indexOf(key);
  if (at < 0) return keys[0];
  return keys[Math.min(keys.length - 1, Math.max(0, at + by))];
}
