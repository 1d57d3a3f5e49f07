/**
 * The named places at which an engine's process is made to die.
 */
import type { JournalHooks } from '../../src/adapters/journals/sqlite.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import type { BrokerMethod } from './wire.js';

/** Where in the writing of a fact: before it is handed over; written and not committed; durable, and nothing done yet. */
const BOUNDARIES = ['beforeAppend', 'beforeCommit', 'afterCommit'] as const;
type Boundary = (typeof BOUNDARIES)[number];

/** Where in a call to the broker: nothing has left; the broker has acted on it; its answer is here and not journaled. */
const CALL_PHASES = ['beforeSend', 'during', 'answered'] as const;
type CallPhase = (typeof CALL_PHASES)[number];

const FACTS = [
  'START',
  'BROKER_ASKED',
  'SUBMIT_STARTED',
  'SUBMIT_OUTCOME',
  'ORDER_REPORT',
  'KILL_SWITCH',
  'CANCEL_OUTCOME',
  'PROTECTION_OUTCOME',
  'RECONCILED',
  'DEADLINE',
  'RECOVERED',
  'CASE_OPENED',
  'SET',
] as const;

const CALLS = [
  'instrument',
  'getPositions',
  'submitOrder',
  'getOrderStatuses',
  'cancelOrder',
  'placeProtection',
] as const satisfies readonly BrokerMethod[];

/** `boundary fact`, or `phase method`. */
export const CRASH_POINTS: readonly string[] = [
  ...FACTS.flatMap((fact) => BOUNDARIES.map((boundary) => `${boundary} ${fact}`)),
  ...CALLS.flatMap((method) => CALL_PHASES.map((phase) => `${phase} ${method}`)),
];

/** Dies at the `nth` time that the point is passed. */
export interface Crash {
  readonly point: string;
  readonly nth: number;
}

/** Tells that a point is passed; does not return when it is the one. */
export type Pass = (place: Boundary | CallPhase, what: string) => void;

export const crashAt = (crash: Crash | undefined): Pass => at(crash, () => process.kill(process.pid, 'SIGKILL'));

/** Does something in the very moment in which the point is passed for the `nth` time, and whenever it is passed again. */
export function at(where: Crash | undefined, act: () => void): Pass {
  let left = where?.nth ?? 0;
  return (place, what) => {
    if (`${place} ${what}` !== where?.point) return;
    left -= 1;
    if (left <= 0) act();
  };
}

/** The journal's boundaries as points. */
export function crashingHooks(pass: Pass): JournalHooks {
  const on = (boundary: Boundary) => (records: readonly JournalRecord[]) => {
    for (const { fact } of records) pass(boundary, fact.type);
  };
  return { beforeAppend: on('beforeAppend'), beforeCommit: on('beforeCommit'), afterCommit: on('afterCommit') };
}
