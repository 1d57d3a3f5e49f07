/**
 * What a law is judged on, and what all judges use.
 *
 * 1. Times: `at` of a call or a commit is ms of the clock, `epochMs` is the engine's time at its zero; the wall clock is
 *    not stepped.
 */
import type { Case } from '../../domain/cases.js';
import type { JournalRecord } from '../../domain/journal.js';
import type { LawId } from '../../domain/laws.js';
import type { ExecutionResult } from '../../domain/result.js';
import type { BrokerCall } from '../fault-broker.js';
import type { Life } from './folded-life.js';

/** What one execution came to, seen from outside. @beta @since 0.1.0 */
export interface LawSubject {
  readonly advisoryId: string;
  /** Every call that the broker got, of this execution or not, oldest first. */
  readonly calls: readonly BrokerCall[];
  readonly records: readonly JournalRecord[];
  readonly cases: readonly Case[];
  /** Engine ms at the clock's monotonic zero. */
  readonly epochMs: number;
  /** What each caller who sent the advisory was told. */
  readonly results: readonly ExecutionResult[];
  /** The process slept over its timers: when things end is then not judged (L11). */
  readonly hasSlept?: boolean;
  /** When the journal said of each record that it is durable. Absent where it says so at once; then no order is judged. */
  readonly commits?: readonly Commit[];
}

/** A record that the journal has called durable. */
export interface Commit {
  readonly seq: number;
  /** Monotonic ms of the clock. */
  readonly at: number;
  /** How many calls the broker had got by then. */
  readonly callsBefore: number;
}

/** A law that a run broke, and why. @beta @since 0.1.0 */
export interface BrokenLaw {
  readonly law: LawId;
  readonly why: string;
}

export type Judge = (subject: LawSubject, life: Life) => readonly string[];

export const callsOf = ({ calls }: LawSubject, { input }: Life, method: BrokerCall['method']): readonly BrokerCall[] =>
  calls.filter((call) => call.method === method && call.clientOrderId === input.clientOrderId);

export const unless = (holds: boolean, why: string): readonly string[] => (holds ? [] : [why]);

export const show = (value: unknown): string => JSON.stringify(value);

export const hasCase = (cases: readonly Case[], advisoryId: string): boolean =>
  cases.some((known) => known.advisoryId === advisoryId);

/** A cancel or a protection waits for its record, and no longer than this (K3, B2). */
const RECORD_PATIENCE_MS = 1_000;

/** Engine ms by which a cancel or a protection that a record causes must have gone out. */
export function latestCallAt({ commits, epochMs }: LawSubject, { seq, at }: JournalRecord): number {
  if (commits === undefined) return at;
  const commit = commits.find((known) => known.seq === seq);
  return Math.min(at + RECORD_PATIENCE_MS, commit === undefined ? Number.POSITIVE_INFINITY : epochMs + commit.at);
}

/** Calls that went out before anything that asked for them was durable, or had waited for that as long as they may (A4). */
export function callsWithoutRecord(
  subject: LawSubject,
  life: Life,
  method: 'cancelOrder' | 'placeProtection',
): readonly string[] {
  const { calls, commits, epochMs } = subject;
  if (commits === undefined) return [];
  const causes = life.steps.filter(({ commands }) => commands.some(({ type }) => type === method));
  const hasRecord = (call: BrokerCall) =>
    causes.some(({ record: { seq, at } }) => {
      const commit = commits.find((known) => known.seq === seq);
      const isDurable = commit !== undefined && commit.callsBefore <= calls.indexOf(call);
      return isDurable || epochMs + call.at >= at + RECORD_PATIENCE_MS;
    });
  return callsOf(subject, life, method)
    .filter((call) => !hasRecord(call))
    .map(({ at }) => `${method} at ${at} ms, before its cause was durable`);
}

/** The process may have ended before `until`: what is recorded next, after the step at `index`, is its return. */
export function hasEndedBy({ steps }: Life, index: number, until: number): boolean {
  const next = steps.slice(index + 1).find(({ fact }) => fact.type === 'RECOVERED' || fact.at > until);
  return next?.fact.type === 'RECOVERED';
}
