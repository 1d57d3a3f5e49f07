/**
 * The executions, grouped: only the rows in view are drawn, so that thousands scroll as smoothly as ten.
 */
import { computed, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Case } from '../../service/api/controls.js';
import type { Execution } from '../../service/api/executions.js';
import { worstFirst } from './alarms.js';
import { GROUP_NAMES, type Group, neighbour, ROW_HEIGHT, type Row, rowsOf, topOf, visible } from './rows.js';
import { select, selected } from './selection.js';
import { executionKey } from './state.js';
import { state } from './store.js';

const search = signal('');
const account = signal<string | undefined>(undefined);
const folded = signal<ReadonlySet<Group>>(new Set());

/** Open cases of executions, the worst first. */
const openCases = computed(() =>
  [...state.value.cases.values()]
    .filter(({ isOpen, advisoryId }) => isOpen && advisoryId !== undefined)
    .sort(worstFirst),
);
const keyOfCase = ({ account: name, advisoryId = '' }: Case): string => executionKey({ account: name, advisoryId });
const urgent = computed(
  () => new Set(openCases.value.filter(({ urgency }) => urgency === 'now').map((one) => keyOfCase(one))),
);

export const rows = computed(() =>
  rowsOf(state.value.executions.values(), {
    search: search.value,
    account: account.value,
    folded: folded.value,
    worst: openCases.value.map(keyOfCase),
  }),
);

export function ExecutionList() {
  const names = [...state.value.accounts.keys()];
  return (
    <section class="panel executions" aria-label="Executions">
      <div class="panel-head">
        <h2>Executions</h2>
        <input
          id="search"
          class="input"
          type="search"
          placeholder="Search"
          aria-label="Search executions"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
        {names.length < 2 ? null : (
          <select
            class="input"
            aria-label="Account"
            value={account.value ?? ''}
            onChange={(event) => {
              account.value = event.currentTarget.value === '' ? undefined : event.currentTarget.value;
            }}
          >
            <option value="">All accounts</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      {rows.value.length === 0 ? <Empty /> : <VirtualRows />}
    </section>
  );
}

/** Made when there is a row: its place on the page is what it measures and listens to. */
function VirtualRows() {
  const host = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, scale: 1 });
  const all = rows.value;
  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return;
    const measure = (): void => {
      const scale = rowScale();
      setView({ top: element.scrollTop / scale, height: element.clientHeight / scale, scale });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => observer.disconnect();
  }, []);
  useEffect(() => reveal(host.current, all, selected.value), [selected.value]);
  const { first, end, top, height } = visible(all, view.top, view.height);
  return (
    <section
      class="scroll rows"
      ref={host}
      tabIndex={0}
      aria-label="List of executions: arrow keys go from one to the next"
      onKeyDown={onKey}
    >
      <div style={{ height: `${height * view.scale}px`, position: 'relative' }}>
        <ul style={{ position: 'absolute', top: `${top * view.scale}px`, left: 0, right: 0 }}>
          {all
            .slice(first, end)
            .map((row) =>
              row.kind === 'group' ? (
                <GroupRow key={row.group} row={row} />
              ) : (
                <ExecutionRow
                  key={row.key}
                  one={row.execution}
                  isSelected={row.key === selected.value}
                  isUrgent={urgent.value.has(row.key)}
                  onSelect={() => select(row.key)}
                />
              ),
            )}
        </ul>
      </div>
    </section>
  );
}

function Empty() {
  const isSearch = search.value !== '' || account.value !== undefined;
  const text = isSearch
    ? 'No execution matches.'
    : state.value.isComplete
      ? 'No executions yet. “New order” sends one.'
      : 'Reading the executions …';
  return <p class="empty quiet">{text}</p>;
}

const BASE_REM_PX = 16;
/** Rows grow with the text of the page: px on the screen for each px of {@link ROW_HEIGHT}. */
const rowScale = (): number =>
  Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / BASE_REM_PX || 1;

function reveal(element: HTMLElement | null, all: readonly Row[], key: string | undefined): void {
  const from = key === undefined ? undefined : topOf(all, key);
  if (element === null || from === undefined) return;
  const scale = rowScale();
  const top = from * scale;
  const bottom = top + ROW_HEIGHT.execution * scale;
  if (top < element.scrollTop) element.scrollTop = top - ROW_HEIGHT.group * scale;
  else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
}

function onKey(event: KeyboardEvent): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  select(neighbour(rows.value, selected.value, by));
}

function GroupRow({ row }: { readonly row: Extract<Row, { kind: 'group' }> }) {
  const toggle = (): void => {
    const next = new Set(folded.value);
    if (!next.delete(row.group)) next.add(row.group);
    folded.value = next;
  };
  return (
    <li class="group-row">
      <button type="button" aria-expanded={!row.isFolded} onClick={toggle}>
        <span>{GROUP_NAMES[row.group]}</span>
        <span>{row.count}</span>
      </button>
    </li>
  );
}

const TONES: Readonly<Record<string, string>> = {
  FILLED: 'good',
  EXECUTED_FULL_LATE: 'good',
  FAILED: 'bad',
  FAILED_TIMEOUT: 'bad',
  REJECTED: 'bad',
  CANCELLED: 'plain',
};

export const toneOf = ({ status, needsAttention }: Execution): string =>
  needsAttention ? 'warn' : (TONES[status] ?? '');

interface ExecutionRowProps {
  readonly one: Execution;
  readonly isSelected: boolean;
  /** It has a case to act on now. */
  readonly isUrgent: boolean;
  readonly onSelect: () => void;
}

function ExecutionRow({ one, isSelected, isUrgent, onSelect }: ExecutionRowProps) {
  const { symbol, side, advisoryId, positionSize, cumQty, state: place, result } = one;
  const share = Math.min(1, Number(cumQty) / Number(positionSize)) || 0;
  return (
    <li class="execution-row">
      <button type="button" aria-current={isSelected ? 'true' : undefined} tabIndex={-1} onClick={onSelect}>
        <span class="what">
          <b>{symbol}</b> <span class={`side ${side}`}>{side.toUpperCase()}</span>
        </span>
        <span class={`tag ${isUrgent ? 'bad' : toneOf(one)}`}>
          {one.needsAttention ? '⚠ ' : ''}
          {result === undefined ? (place.split('.').at(-1) ?? place) : one.status}
        </span>
        <span class="mono quiet id">{advisoryId}</span>
        <span class="mono quiet amount">
          {cumQty}/{positionSize}
        </span>
        <span class="bar" aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </span>
      </button>
    </li>
  );
}
