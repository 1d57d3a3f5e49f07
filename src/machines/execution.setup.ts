/**
 * The chart's vocabulary: its types, guards and actions, and how a transition names the rules that it keeps.
 */
import { setup } from 'xstate';
import { executionActions } from './execution.actions.js';
import type { ExecutionCommand } from './execution.commands.js';
import type { ExecutionContext } from './execution.context.js';
import type { ExecutionFact, ExecutionInput } from './execution.facts.js';
import { executionGuards } from './execution.guards.js';

/** What a transition says of itself: the ids of the rules that it keeps (docs/rules.md). */
export interface RuleMeta {
  readonly rules: readonly string[];
}

export const executionSetup = setup({
  types: {
    context: {} as ExecutionContext,
    events: {} as ExecutionFact,
    input: {} as ExecutionInput,
    emitted: {} as ExecutionCommand,
    meta: {} as RuleMeta,
  },
  guards: executionGuards,
  actions: executionActions,
});

/** The rules that a transition keeps, space-separated, and why it is there. */
export const rule = (ids: string, description: string): { readonly meta: RuleMeta; readonly description: string } => ({
  meta: { rules: ids.split(' ') },
  description,
});

/** A switch changed, and this state has nothing to do about it but know. */
export const knowKillSwitch = {
  actions: 'noteKillSwitch',
  ...rule('K1 K4', 'The state of the switches is known at the end.'),
} as const;

/** The verdict at T = 32 s. */
export const timedOut = { type: 'decide', params: { status: 'FAILED_TIMEOUT', reason: 'FILL_TIMEOUT' } } as const;

/** What a full fill does in every state in which the order may be live: its received time alone decides (T2). */
export const fullFill = [
  {
    guard: 'fillsInTime',
    target: '#execution.filled',
    actions: 'keepReport',
    ...rule('T2 P2', 'Received by T = 30.000 s.'),
  },
  {
    guard: 'fillsLate',
    target: '#execution.late',
    actions: 'keepReport',
    ...rule('T2', 'Received by T = 32.000 s: late, and valid.'),
  },
  {
    guard: 'fillsAfterWindow',
    target: '#execution.reconciling',
    actions: ['keepFillAfterWindow', timedOut],
    ...rule('T2 B1', 'Received later still: protected, and a human looks.'),
  },
] as const;
