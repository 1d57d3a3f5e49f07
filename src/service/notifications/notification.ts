/**
 * What people are told of without being asked.
 */
import type { AuditRecord } from '../../domain/audit.js';
import type { SwitchChange } from '../../domain/kill-switch.js';

/** Names of all notifications. @public @since 0.1.0 */
export const NOTIFICATIONS = [
  'case_opened',
  'unprotected_position',
  'kill_switch',
  'journal_failed',
  'broker_lost',
  'broker_back',
] as const;
/** Name of a notification. @public @since 0.1.0 */
export type NotificationName = (typeof NOTIFICATIONS)[number];

/** One notification, as it is sent. @public @since 0.1.0 */
export interface Notification {
  /** The same for every try, and for whoever is told: receivers tell repeats by it. */
  readonly id: string;
  readonly event: NotificationName;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Absent for what concerns all accounts. */
  readonly account?: string;
  /** One sentence. */
  readonly text: string;
  readonly data: object;
}

/** Kinds of cases about a position that may be without its exits. */
const UNPROTECTED = ['UNPROTECTED_POSITION', 'MISSING_SL_TP', 'PROTECTION_LOST'];

export function ofAudit(account: string, record: AuditRecord): readonly Notification[] {
  if (record.event !== 'case_opened') return [];
  const { seq, timestamp: at, advisoryId, details } = record;
  const { caseId, kind, symbol, mismatches } = details;
  const found = Array.isArray(mismatches) ? mismatches.map(String).join(' ') : '';
  const about = advisoryId === undefined ? '' : `, ${advisoryId}`;
  const told = (event: NotificationName, text: string): Notification => ({
    id: `${account}-${seq}-${event}`,
    event,
    at,
    account,
    text,
    data: { caseId, kind, symbol, mismatches, ...(advisoryId !== undefined && { advisoryId }) },
  });
  const opened = told(
    'case_opened',
    `[${account}] ${String(caseId)} ${String(kind)} ${String(symbol)}${about}: ${found}`,
  );
  if (!UNPROTECTED.includes(String(kind))) return [opened];
  return [
    opened,
    told(
      'unprotected_position',
      `[${account}] UNPROTECTED ${String(symbol)}${about}: place a stop-loss or close the position. ${found}`,
    ),
  ];
}

export function ofSwitch(change: SwitchChange): Notification {
  const { time: at, type, target, state, previous, reason, by } = change;
  const name = target === undefined ? type : `${type} ${target}`;
  return {
    id: `switch-${at}-${name}-${state}`.replaceAll(/[^\w.:-]/g, '_'),
    event: 'kill_switch',
    at,
    text: `Kill switch ${name} is ${state} (was ${previous})${by === undefined ? '' : `, by ${by}`}: ${reason}`,
    data: change,
  };
}

export const ofJournal = (account: string, at: string, cause: string): Notification => ({
  id: `${account}-journal-${at}`,
  event: 'journal_failed',
  at,
  account,
  text: `[${account}] The journal cannot be written to, and no order leaves: ${cause}`,
  data: { cause },
});

export const ofBroker = (account: string, at: string, isConnected: boolean, cause = ''): Notification => ({
  id: `${account}-broker-${at}`,
  event: isConnected ? 'broker_back' : 'broker_lost',
  at,
  account,
  text: isConnected ? `[${account}] The broker answers again.` : `[${account}] The broker is lost: ${cause}`,
  data: { cause },
});
