/**
 * One step of a chart: the only way in which any of the three is run, by hosts, replay, recovery, paths and checks alike.
 *
 * 1. It is pure: the same state and fact give the same next state, commands and audit lines, byte for byte (A3). Nothing is
 *    carried out, no clock is read, and what it returns is frozen.
 * 2. A final state takes nothing. A fact that the chart has no transition for comes back as the very same state.
 * 3. What a guard or an action throws is thrown (E5): the state that was given still stands, and is good.
 * 4. A state can be written down as plain JSON and taken up again elsewhere: {@link plainState}, {@link stateFrom}.
 *
 * What a host owes the chart is written in `host-protocol.ts`.
 */
import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import type { Standing } from './chart-run.js';
import { auditOf } from './execution.audit.js';
import type { ExecutionCommand } from './execution.commands.js';
import type { ExecutionFact, ExecutionInput } from './execution.facts.js';
import { executionMachine } from './execution.machine.js';
import { type ExecutionSnapshot, topState } from './execution.state.js';
import { killSwitchAuditOf } from './kill-switch.audit.js';
import { type KillSwitchFact, type KillSwitchSnapshot, killSwitchMachine } from './kill-switch.machine.js';
import { firstSnapshot, isTaken, wholeStep } from './microsteps.js';
import { exitAuditOf } from './protection.audit.js';
import type { ProtectionCommand } from './protection.commands.js';
import type { ProtectionFact } from './protection.facts.js';
import { protectionMachine } from './protection.machine.js';
import { type ProtectionSnapshot, positionState } from './protection.state.js';

export interface Step<State, Command> {
  /** The state afterwards; the very same object when the fact changes nothing. */
  readonly state: State;
  /** What the chart asks for, in the order in which it is to be begun. */
  readonly commands: readonly Command[];
  /** What the audit log says of it. */
  readonly audit: readonly AuditEntry[];
}

/** A state of any chart. */
export type ChartState = ExecutionSnapshot | ProtectionSnapshot | KillSwitchSnapshot;

/** What a state comes to as JSON. */
interface PlainState<State extends ChartState> {
  readonly status: State['status'];
  readonly value: State['value'];
  readonly context: State['context'];
}

const NOTHING: readonly never[] = Object.freeze([]);

/** It knows nothing yet, so it is the same for all. */
let firstProtection: ProtectionSnapshot | undefined;

/** Takes a fact. @throws what a guard or an action throws */
export function step(state: ExecutionSnapshot, fact: ExecutionFact): Step<ExecutionSnapshot, ExecutionCommand>;
export function step(state: ProtectionSnapshot, fact: ProtectionFact): Step<ProtectionSnapshot, ProtectionCommand>;
export function step(state: KillSwitchSnapshot, fact: KillSwitchFact): Step<KillSwitchSnapshot, never>;
export function step(
  state: ChartState,
  fact: ExecutionFact | ProtectionFact | KillSwitchFact,
): Step<ChartState, ExecutionCommand | ProtectionCommand> {
  if (state.status !== 'active') return { state, commands: NOTHING, audit: NOTHING };
  const { after, emitted } = wholeStep(state as Standing & ChartState, fact);
  // What others are shown must not be a way to write to it (A3).
  if (after !== state) freezeChanged(after.context, state.context);
  const commands = emitted as readonly (ExecutionCommand | ProtectionCommand)[];
  return { state: after, commands, audit: auditLines(state, fact, after, commands) };
}

/** What was there before is frozen already. */
function freezeChanged(after: object, before: object): void {
  if (!Object.isFrozen(before)) {
    deepFreeze(after);
    return;
  }
  Object.freeze(after);
  for (const key in after) {
    const member = after[key as never];
    if (member !== before[key as never]) deepFreeze(member);
  }
}

/** Whether the state takes the fact at all. A deadline that it does not take has outlived its state, and is no fact. */
export const takes = <State extends ChartState>(state: State, fact: Parameters<State['can']>[0]): boolean =>
  isTaken(state as Standing & State, fact);

/** The states before the first fact. */
export const newExecutionState = (input: ExecutionInput): ExecutionSnapshot => firstSnapshot(executionMachine, input);
export const newProtectionState = (): ProtectionSnapshot => {
  firstProtection ??= firstSnapshot(protectionMachine, undefined);
  return firstProtection;
};
export const newKillSwitchState = (): KillSwitchSnapshot => firstSnapshot(killSwitchMachine, undefined);

/** The state as plain JSON, to be written down or sent. */
export const plainState = <State extends ChartState>({ status, value, context }: State): PlainState<State> => ({
  status,
  value,
  context,
});

/** The state of an execution that was written down. */
export const stateFrom = ({ status, value, context }: PlainState<ExecutionSnapshot>): ExecutionSnapshot =>
  executionMachine.resolveState({ value, context: deepFreeze(context), status }) as ExecutionSnapshot;

function auditLines(
  before: ChartState,
  fact: ExecutionFact | ProtectionFact | KillSwitchFact,
  after: ChartState,
  commands: readonly (ExecutionCommand | ProtectionCommand)[],
): readonly AuditEntry[] {
  switch (before.machine.id) {
    case executionMachine.id: {
      const from = before as ExecutionSnapshot;
      const to = after as ExecutionSnapshot;
      return auditOf({
        fact: fact as ExecutionFact,
        from: topState(from),
        to: topState(to),
        before: from.context,
        after: to.context,
        commands: commands as readonly ExecutionCommand[],
      });
    }
    case protectionMachine.id: {
      const from = before as ProtectionSnapshot;
      const to = after as ProtectionSnapshot;
      const asked = commands as readonly ProtectionCommand[];
      return exitAuditOf({ before: from.context, after: to.context, state: positionState(to), commands: asked });
    }
    default:
      return killSwitchAuditOf(fact as KillSwitchFact);
  }
}
