/**
 * What each deadline is measured from, and how long it takes: the values that run, under the names that the chart uses.
 */
import {
  EXIT_GRACE_MS,
  EXIT_LOOK_MS,
  HARD_TIMEOUT_MS,
  LATE_FILL_WINDOW_MS,
  POSITION_BACKOFF,
  PROTECTION_LIMIT_MS,
  RECONCILIATION_LIMIT_MS,
  RETRY_BACKOFF,
  VALIDATION_LIMIT_MS,
  WHOLE_CALL_MS,
} from '../domain/limits.js';
import type { DeadlineName as ExecutionDeadlineName } from '../machines/execution.facts.js';
import type { ProtectionDeadlineName } from '../machines/protection.facts.js';
import type { Chart, ChartTransition, Step } from './chart.js';

/** The deadlines of all charts. */
export type DeadlineName = ExecutionDeadlineName | ProtectionDeadlineName;

interface Deadline {
  /** Milliseconds after `from`; a backoff's first wait. */
  readonly ms: number;
  /** A backoff doubles up to this. */
  readonly greatestMs?: number;
  /** What it is measured from. */
  readonly from: string;
  /** It is measured from the first submit call, whenever it is asked for: a restart does not begin it anew. */
  readonly isOfT?: true;
  /** The action that asks for it. */
  readonly scheduledBy: string;
}

const backoff = { ms: RETRY_BACKOFF.firstMs, greatestMs: RETRY_BACKOFF.greatestMs } as const;

export const DEADLINES: Readonly<Record<DeadlineName, Deadline>> = {
  validation: { ms: VALIDATION_LIMIT_MS, from: 'the start, or the restart', scheduledBy: 'scheduleValidationEnd' },
  hardTimeout: { ms: HARD_TIMEOUT_MS, from: 'the first submit call', isOfT: true, scheduledBy: 'scheduleHardTimeout' },
  lateWindow: {
    ms: HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS,
    from: 'the first submit call',
    isOfT: true,
    scheduledBy: 'scheduleLateWindow',
  },
  submitRetry: { ...backoff, from: 'the answer, never past hardTimeout', scheduledBy: 'scheduleSubmitRetry' },
  cancelRetry: { ...backoff, from: 'the answer', scheduledBy: 'scheduleCancelRetry' },
  protection: {
    ms: PROTECTION_LIMIT_MS,
    from: 'the first protection call, or the restart',
    scheduledBy: 'scheduleProtectionEnd',
  },
  protectionCall: {
    ms: WHOLE_CALL_MS,
    from: 'the end of the five seconds, while a protection call is under way',
    scheduledBy: 'scheduleProtectionCallEnd',
  },
  protectionRetry: { ...backoff, from: 'the answer', scheduledBy: 'scheduleProtectionRetry' },
  reconciliation: {
    ms: RECONCILIATION_LIMIT_MS,
    from: 'the question to the broker, less what the looks and calls before took',
    scheduledBy: 'scheduleReconciliationEnd',
  },
  siblingGone: {
    ms: EXIT_GRACE_MS,
    from: 'the fill that closed the position, or the restart',
    scheduledBy: 'scheduleSiblingEnd',
  },
  exitSize: { ms: EXIT_GRACE_MS, from: 'the last fill in part, or the restart', scheduledBy: 'scheduleSizeEnd' },
  exitLook: { ms: EXIT_LOOK_MS, from: 'the end of an exit, or the restart', scheduledBy: 'scheduleExitLook' },
  positionRetry: {
    ms: POSITION_BACKOFF.firstMs,
    greatestMs: POSITION_BACKOFF.greatestMs,
    from: 'the answer',
    scheduledBy: 'schedulePositionRetry',
  },
};

/** Name of the deadline that a transition waits for, if it waits for one. */
export function deadlineOf(transition: ChartTransition): DeadlineName | undefined {
  const name = transition.event === 'DEADLINE' ? transition.guard?.params?.['name'] : undefined;
  return isDeadlineName(name) ? name : undefined;
}

/** Name of the deadline that an action asks for, if it asks for one. */
export function deadlineScheduledBy(step: Step): DeadlineName | undefined {
  return Object.keys(DEADLINES)
    .filter(isDeadlineName)
    .find((name) => DEADLINES[name].scheduledBy === step.name);
}

/** `30 s`, or `0.2–2 s` for a backoff. */
export function durationText({ ms, greatestMs }: Deadline): string {
  const seconds = (value: number) => String(value / 1000);
  return greatestMs === undefined ? `${seconds(ms)} s` : `${seconds(ms)}–${seconds(greatestMs)} s`;
}

const isDeadlineName = (name: unknown): name is DeadlineName =>
  typeof name === 'string' && Object.hasOwn(DEADLINES, name);

/** The deadlines that a chart waits for, by name, in the order of a life. */
export function deadlinesOf({ transitions }: Chart): readonly (readonly [DeadlineName, Deadline])[] {
  const awaited = new Set(transitions.map(deadlineOf));
  return Object.keys(DEADLINES)
    .filter(isDeadlineName)
    .filter((name) => awaited.has(name))
    .map((name) => [name, DEADLINES[name]]);
}
