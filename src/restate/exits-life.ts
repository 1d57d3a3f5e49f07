/**
 * The exits of one position, folded from their facts: the third chart, run by `step` alone.
 */
import { createActor } from 'xstate';
import { deepFreeze } from '../domain/canonical.js';
import type { ProtectionCommand } from '../machines/protection.commands.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import { protectionMachine } from '../machines/protection.machine.js';
import { type PositionState, positionState } from '../machines/protection.state.js';

export interface ExitsState {
  readonly context: ProtectionContext;
  readonly state: PositionState;
  readonly isOver: boolean;
  /** Takes a fact; `undefined` when it says nothing to the chart as it stands. */
  take(
    fact: ProtectionFact,
  ): { readonly state: ExitsState; readonly commands: readonly ProtectionCommand[] } | undefined;
}

export function foldExits(facts: readonly ProtectionFact[]): ExitsState {
  const actor = createActor(protectionMachine, { input: undefined });
  actor.start();
  let commands: ProtectionCommand[] = [];
  actor.on('*', (command) => commands.push(command as ProtectionCommand));
  for (const fact of facts) actor.send(fact);
  const viewNow = (): ExitsState => {
    const { context, status } = actor.getSnapshot();
    return {
      context: deepFreeze(context),
      state: positionState(actor.getSnapshot()),
      isOver: status !== 'active',
      take(fact) {
        if (actor.getSnapshot().status !== 'active' || !actor.getSnapshot().can(fact)) return undefined;
        commands = [];
        actor.send(fact);
        return { state: viewNow(), commands };
      },
    };
  };
  return viewNow();
}
