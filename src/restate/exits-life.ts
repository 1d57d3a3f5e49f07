/**
 * The exits of one position, folded from their facts: the third chart, run by `step` alone.
 */
import type { AuditEntry } from '../domain/audit.js';
import type { ProtectionCommand } from '../machines/protection.commands.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import { type PositionState, type ProtectionSnapshot, positionState } from '../machines/protection.state.js';
import { newProtectionState, step, takes } from '../machines/step.js';

export interface ExitsState {
  readonly context: ProtectionContext;
  readonly state: PositionState;
  readonly isOver: boolean;
  /** Takes a fact; `undefined` when it says nothing to the chart as it stands. */
  take(fact: ProtectionFact): ExitsStep | undefined;
}

interface ExitsStep {
  readonly state: ExitsState;
  /** False when nothing is known that was not known before. */
  readonly isChanged: boolean;
  readonly commands: readonly ProtectionCommand[];
  readonly audit: readonly AuditEntry[];
}

export const foldExits = (facts: readonly ProtectionFact[]): ExitsState =>
  viewOf(facts.reduce<ProtectionSnapshot>((state, fact) => step(state, fact).state, newProtectionState()));

const viewOf = (snapshot: ProtectionSnapshot): ExitsState => ({
  context: snapshot.context,
  state: positionState(snapshot),
  isOver: snapshot.status !== 'active',
  take(fact) {
    if (snapshot.status !== 'active' || !takes(snapshot, fact)) return undefined;
    const { state, commands, audit } = step(snapshot, fact);
    return { state: viewOf(state), isChanged: state !== snapshot, commands, audit };
  },
});
