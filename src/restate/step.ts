/** Steps of the execution chart: the chart's own `step`, named for this host. */
import { type AnyActorLogic, initialTransition, transition } from 'xstate';
import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import { auditOf } from '../machines/execution.audit.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import type { ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import { executionMachine } from '../machines/execution.machine.js';
import { type ExecutionSnapshot, topState } from '../machines/execution.state.js';

export type ExecutionState = ExecutionSnapshot;

export const newExecutionState = (input: ExecutionInput): ExecutionState =>
  initialTransition(executionMachine, input)[0] as ExecutionState;

export const canTake = (state: ExecutionState, fact: ExecutionFact): boolean => state.can(fact);

export function stepExecution(state: ExecutionState, fact: ExecutionFact) {
  const [after, actions] = transition(executionMachine as AnyActorLogic & typeof executionMachine, state, fact);
  const next = after as ExecutionState;
  const commands = actions
    .filter(({ type }) => type === 'xstate.emit')
    .map(({ params }) => (params as unknown as { event: ExecutionCommand }).event);
  deepFreeze(next.context);
  const states = { from: topState(state), to: topState(next), before: state.context, after: next.context };
  const audit: readonly AuditEntry[] = auditOf({ fact, ...states, commands });
  return { state: next, commands, audit };
}
