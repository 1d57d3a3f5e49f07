/**
 * A scripted operator: sets kill switches while advisories run, so that a rehearsal can show what they do.
 *
 * 1. Actions at 0 ms count before the first advisory starts; the others by the engine's clock from then on.
 * 2. What is not acceptable is said when the file is read; what the engine refuses is said when it happens.
 */
import { KillSwitchState, KillSwitchType } from '../../domain/kill-switch.js';
import type { Clock } from '../../domain/ports.js';
import { show } from '../../domain/snapshot.js';
import type { Engine } from '../../engine/engine.js';
import { UsageError } from '../exit-codes.js';

/** One action, as it stands in the config file under `operator`. */
export interface OperatorAction {
  /** Since the first advisory was started, in ms of the engine's clock; 0 or more. */
  readonly atMs: number;
  readonly set: {
    readonly type: KillSwitchType;
    readonly state: KillSwitchState;
    readonly target?: string;
    readonly reason: string;
    /** `operator` when absent. */
    readonly by?: string;
  };
}

const SET_KEYS = ['type', 'state', 'target', 'reason', 'by'];

/** @throws {UsageError} naming the place, the value and what is accepted */
export function readOperator(value: unknown, file: string): readonly OperatorAction[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw notAccepted(file, 'operator', value, 'a list of { atMs, set }');
  return value.map((action: unknown, index) => readAction(action, file, `operator[${index}]`));
}

function readAction(action: unknown, file: string, path: string): OperatorAction {
  if (!isRecord(action)) throw notAccepted(file, path, action, '{ atMs, set }');
  const { atMs, set, ...others } = action;
  assertNoOther(others, file, path, ['atMs', 'set']);
  if (typeof atMs !== 'number' || !Number.isFinite(atMs) || atMs < 0)
    throw notAccepted(file, `${path}.atMs`, atMs, 'a number of milliseconds, 0 or more');
  if (!isRecord(set)) throw notAccepted(file, `${path}.set`, set, '{ type, state, target?, reason, by? }');
  const { type, state, target, reason, by } = set;
  assertNoOther(
    Object.fromEntries(Object.entries(set).filter(([key]) => !SET_KEYS.includes(key))),
    file,
    `${path}.set`,
    SET_KEYS,
  );
  if (!isOneOf(KillSwitchType, type)) throw notAccepted(file, `${path}.set.type`, type, words(KillSwitchType));
  if (!isOneOf(KillSwitchState, state)) throw notAccepted(file, `${path}.set.state`, state, words(KillSwitchState));
  if (!isOptionalText(target)) throw notAccepted(file, `${path}.set.target`, target, 'a symbol');
  if (!isOptionalText(by)) throw notAccepted(file, `${path}.set.by`, by, 'a name');
  if (typeof reason !== 'string' || reason.trim() === '')
    throw notAccepted(file, `${path}.set.reason`, reason, 'why, in words');
  return {
    atMs,
    set: { type, state, reason, ...(target !== undefined && { target }), ...(by !== undefined && { by }) },
  };
}

function assertNoOther(others: object, file: string, path: string, accepted: readonly string[]): void {
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new UsageError(`${file}: ${path}.${other} is not known; known are ${accepted.join(', ')}.`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isOneOf = <T extends string>(known: Readonly<Record<T, T>>, value: unknown): value is T =>
  typeof value === 'string' && Object.hasOwn(known, value);
const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value.trim() !== '');
const words = (known: object): string => Object.keys(known).join(', ');

const notAccepted = (file: string, path: string, value: unknown, accepted: string): UsageError =>
  new UsageError(`${file}: ${path} is ${show(value)}; accepted is ${accepted}.`);

interface Operator {
  /** Does what is due before the first advisory. */
  begin(): Promise<void>;
  /** Starts the clock for the rest. */
  start(): void;
  stop(): void;
}

/** @param onRefused told when the engine does not accept an action */
export function scriptedOperator(
  actions: readonly OperatorAction[],
  { engine, clock, onRefused }: { engine: Engine; clock: Clock; onRefused: (sentence: string) => void },
): Operator {
  const timers: unknown[] = [];
  const act = async ({ set }: OperatorAction): Promise<void> => {
    try {
      await engine.killSwitch.set({ by: 'operator', ...set });
    } catch (error) {
      onRefused(`the operator's switch was refused: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return {
    async begin() {
      for (const action of actions.filter(({ atMs }) => atMs === 0)) await act(action);
    },
    start() {
      for (const action of actions.filter(({ atMs }) => atMs > 0))
        timers.push(clock.setTimeout(() => void act(action), action.atMs));
    },
    stop() {
      for (const timer of timers) clock.clearTimeout(timer);
    },
  };
}
