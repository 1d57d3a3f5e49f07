/**
 * What an operator must not miss, from what the console knows. Pure.
 */
import type { ConsoleState } from './state.js';

export interface Alarm {
  /** Stays the same while it lasts: an alarm that is new makes a sound. */
  readonly key: string;
  readonly level: 'urgent' | 'warning';
  readonly text: string;
  /** The execution that it is about. */
  readonly execution?: string;
}

/** Urgent ones first, oldest first. */
export function alarmsOf(state: ConsoleState): readonly Alarm[] {
  const cases = [...state.cases.values()]
    .filter(({ isOpen }) => isOpen)
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
