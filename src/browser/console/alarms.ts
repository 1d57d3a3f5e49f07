/**
 * What an operator must not miss, from what the console knows. Pure.
 */
import type { Case } from '../../service/api/controls.js';
import type { ConsoleState } from './state.js';

export interface Alarm {
  /** Stays the same while it lasts: an alarm that is new makes a sound. */
  readonly key: string;
  readonly level: 'urgent' | 'warning';
  readonly text: string;
  /** The execution that it is about. */
  readonly execution?: string;
}

/**
 * What costs money while nobody acts, the worst first. A kind that is not named comes behind those that are.
 *
 * 1. Nothing stops the loss. 2. What is held or protected is not what was meant. 3. Nobody knows what is held.
 */
const WORST_FIRST: readonly (readonly string[])[] = [
  ['POSITION_REVERSED', 'UNPROTECTED_POSITION', 'PROTECTION_LOST', 'MISSING_SL_TP'],
  ['STRAY_FILL', 'FILL_BUSTED', 'FILL_CORRECTED', 'SIBLING_WORKING'],
  ['MISSING_POSITION', 'ENGINE_FAULT'],
];

function weightOf({ kind }: Case): number {
  const found = WORST_FIRST.findIndex((kinds) => kinds.includes(kind));
  return found < 0 ? WORST_FIRST.length : found;
}

/** What is to be done now before what can wait, the worst before the others, the oldest first. */
export const worstFirst = (a: Case, b: Case): number =>
  Number(b.urgency === 'now') - Number(a.urgency === 'now') ||
  weightOf(a) - weightOf(b) ||
  (a.openedAt < b.openedAt ? -1 : a.openedAt > b.openedAt ? 1 : 0);

/** Urgent ones first: what the page cannot see, accounts, cases with the worst first, switches. */
export function alarmsOf(state: ConsoleState): readonly Alarm[] {
  const cases = [...state.cases.values()]
    .filter(({ isOpen }) => isOpen)
    .sort(worstFirst)
    .map(
      (one): Alarm => ({
        key: `case ${one.account} ${one.caseId}`,
        level: one.urgency === 'now' ? 'urgent' : 'warning',
        text: `${one.symbol}: ${one.mismatches[0]?.message ?? one.kind}`,
        ...(one.advisoryId !== undefined && { execution: `${one.account} ${one.advisoryId}` }),
      }),
    );
  const switches = state.switches.switches
    .filter((one) => one.state === 'ACTIVE')
    .map(
      (one): Alarm => ({
        key: `switch ${one.type} ${one.target ?? ''} ${one.since}`,
        level: one.type === 'GLOBAL' ? 'urgent' : 'warning',
        text: `Kill switch ${one.type}${one.target === undefined ? '' : ` ${one.target}`} is ACTIVE: ${one.reason}`,
      }),
    );
  const accounts = [...state.accounts.values()]
    .filter(({ ready }) => !ready)
    .map(
      ({ name, problems }): Alarm => ({
        key: `account ${name}`,
        level: 'urgent',
        text: problems[0] ?? `Account ${name} is not ready.`,
      }),
    );
  const lost = state.connection === 'lost' || state.connection === 'stale';
  const stream: readonly Alarm[] = lost
    ? [{ key: 'connection', level: 'urgent', text: 'The service does not answer: what is shown may be old.' }]
    : [];
  const all = [...stream, ...accounts, ...cases, ...switches];
  return [...all.filter(({ level }) => level === 'urgent'), ...all.filter(({ level }) => level !== 'urgent')];
}

export function titleOf(alarms: readonly Alarm[], inFlight: number): string {
  const urgent = alarms.filter(({ level }) => level === 'urgent').length;
  if (urgent > 0) return `(${urgent}!) ${alarms[0]?.text ?? ''}`;
  if (alarms.length > 0) return `(${alarms.length}) fillchart console`;
  return inFlight > 0 ? `${inFlight} in flight · fillchart console` : 'fillchart console';
}

export const iconOf = (alarms: readonly Alarm[]): 'calm' | 'warning' | 'urgent' =>
  alarms.some(({ level }) => level === 'urgent') ? 'urgent' : alarms.length > 0 ? 'warning' : 'calm';

/** Alarms that were not there before and are urgent: they make a sound. */
export function newlyUrgent(before: ReadonlySet<string>, alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.filter(({ key, level }) => level === 'urgent' && !before.has(key));
}
