/**
 * The bar above: is it live, how many of what, and the way to stop everything.
 */
import { signal } from '@preact/signals';
import { Icon } from '../icon.js';
import { ThemeButton } from '../theme.js';
import { isSoundOn, toggleSound } from './alarm-signs.js';
import type { Alarm } from './alarms.js';
import { GuardedButton } from './guarded-button.js';
import type { Connection } from './state.js';
import { alarms, now, session, signOut, state } from './store.js';
import { engaging, releasing } from './switch-dialogs.js';

export const openDialog = signal<'submit' | 'limits' | 'history' | undefined>(undefined);

const CONNECTIONS: Readonly<Record<Connection, readonly [string, string]>> = {
  connecting: ['warn', 'connecting'],
  live: ['good', 'live'],
  stale: ['bad', 'stale'],
  lost: ['bad', 'no connection, trying again'],
};

export function TopBar() {
  const [tone, word] = CONNECTIONS[state.value.connection];
  const accounts = [...state.value.accounts.values()];
  const isLive = accounts.some(({ live }) => live);
  return (
    <header class="top-bar">
      <Logo />
      <h1>fillchart console</h1>
      {accounts.length === 0 ? null : (
        <span class={`tag ${isLive ? 'bad' : ''}`}>{isLive ? 'REAL MONEY' : 'PAPER'}</span>
      )}
      <span class={`connection ${tone}`} role="status">
        <span class="led" aria-hidden="true" /> {word}
      </span>
      <Counters />
      <div class="top-actions">
        <GuardedButton
          needs="trader"
          class="button primary"
          onClick={() => {
            openDialog.value = 'submit';
          }}
        >
          New order
        </GuardedButton>
        <button
          type="button"
          class="button"
          onClick={() => {
            openDialog.value = 'limits';
          }}
        >
          Limits
        </button>
        <GlobalSwitch />
        <button
          type="button"
          class="button icon"
          aria-pressed={isSoundOn.value}
          aria-label="Sound of alarms"
          title="Sound of alarms"
          onClick={toggleSound}
        >
          <Icon name={isSoundOn.value ? 'bell' : 'silent'} />
        </button>
        <ThemeButton />
        {session.value?.tokens === true ? (
          <button
            type="button"
            class="button small"
            title={`Signed in as ${session.value.name}, ${session.value.role}`}
            onClick={signOut}
          >
            {session.value.name} · {session.value.role} · sign out
          </button>
        ) : null}
      </div>
    </header>
  );
}

function GlobalSwitch() {
  const global = state.value.switches.switches.find((one) => one.type === 'GLOBAL' && one.state === 'ACTIVE');
  if (global === undefined)
    return (
      <GuardedButton
        needs="trader"
        class="button danger"
        onClick={() => {
          engaging.value = { type: 'GLOBAL' };
        }}
      >
        Engage global kill switch
      </GuardedButton>
    );
  return (
    <GuardedButton
      needs="operator"
      class="button danger solid"
      onClick={() => {
        releasing.value = global;
      }}
    >
      GLOBAL is ACTIVE · release …
    </GuardedButton>
  );
}

const FILLED: ReadonlySet<string> = new Set(['FILLED', 'EXECUTED_FULL_LATE']);

function Counters() {
  const all = [...state.value.executions.values()];
  const inFlight = all.filter(({ group }) => group === 'in_flight').length;
  const open = [...state.value.positions.values()].filter(({ isOpen }) => isOpen).length;
  const cases = [...state.value.cases.values()].filter(({ isOpen }) => isOpen).length;
  const accounts = [...state.value.accounts.values()];
  const away = accounts.filter(({ brokerConnected }) => !brokerConnected);
  const slowest = Math.max(-1, ...accounts.map(({ brokerLatencyMs = -1 }) => brokerLatencyMs));
  const today = new Date(now()).toISOString().slice(0, 10);
  const filled = all.filter(({ status, startedAt }) => FILLED.has(status) && startedAt.startsWith(today)).length;
  return (
    <dl class="counters">
      <Counter name="In flight" value={inFlight} />
      <Counter name="Open cases" value={cases} tone={cases > 0 ? 'warn' : ''} />
      <Counter name="Open positions" value={open} place="is-second" />
      <Counter name="Filled today" value={filled} place="is-extra" />
      <Counter
        name="Broker"
        value={away.length > 0 ? 'lost' : latencyOf(slowest)}
        tone={away.length === 0 ? 'good' : 'bad'}
      />
    </dl>
  );
}

/** Of the slowest broker's last call; before the first there is none. */
function latencyOf(ms: number): string {
  if (ms < 0) return 'connected';
  return ms < 1 ? '< 1 ms' : `${ms} ms`;
}

interface CounterProps {
  readonly name: string;
  readonly value: number | string;
  readonly tone?: string;
  /** Left out where there is little room: `is-extra` first, `is-second` after it. */
  readonly place?: 'is-extra' | 'is-second';
}

function Counter({ name, value, tone = '', place }: CounterProps) {
  return (
    <div class={place}>
      <dt>{name}</dt>
      <dd class={tone}>{value}</dd>
    </div>
  );
}

/** Two states and the way between them. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <rect x="2" y="2" width="10" height="8" rx="2.5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M7 10v4a3 3 0 0 0 3 3h2" fill="none" stroke="currentColor" stroke-width="2" />
      <rect x="12" y="13" width="10" height="8" rx="2.5" fill="currentColor" stroke="currentColor" stroke-width="2" />
    </svg>
  );
}

const isListed = signal(false);

/** What must not be missed, below the bar: the worst is read out when it changes, and the others are a click away. */
export function AlarmBar({ onShow }: { readonly onShow: (key: string) => void }) {
  const all = alarms.value;
  const [first, ...others] = all;
  if (first === undefined) return <div class="alarm-bar is-calm" role="alert" />;
  return (
    <div class={`alarms ${first.level}`}>
      <div class="alarm-bar">
        <span role="alert">
          <b>{first.level === 'urgent' ? '⚠ Act now: ' : 'Attention: '}</b>
          {first.text}
        </span>
        <span class="spacer" />
        <ShowAlarm one={first} onShow={onShow} />
        {others.length === 0 ? null : (
          <button
            type="button"
            class="button small"
            aria-expanded={isListed.value}
            onClick={() => {
              isListed.value = !isListed.value;
            }}
          >
            {isListed.value ? 'Less' : `${others.length} more`}
          </button>
        )}
      </div>
      {others.length === 0 || !isListed.value ? null : (
        <ul class="alarm-list" aria-label="Other alarms, the worst first">
          {others.map((one) => (
            <li key={one.key} class="alarm-bar">
              <span>
                <b>{one.level === 'urgent' ? '⚠ ' : ''}</b>
                {one.text}
              </span>
              <span class="spacer" />
              <ShowAlarm one={one} onShow={onShow} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function ShowAlarm({ one, onShow }: { readonly one: Alarm; readonly onShow: (key: string) => void }) {
  const { execution } = one;
  if (execution === undefined) return null;
  return (
    <button type="button" class="button small" aria-label={`Show ${one.text}`} onClick={() => onShow(execution)}>
      Show
    </button>
  );
}
