/**
 * The recorded facts of one position's exits, folded through their chart again: pure, nothing is carried out (A3).
 */
import { add, type Decimal, isPositive, subtract, ZERO } from '../domain/decimal.js';
import type { ProtectionCommandOf } from '../machines/protection.commands.js';
import { type ProtectionContext, restOf } from '../machines/protection.context.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import { type PositionState, positionState } from '../machines/protection.state.js';
import { newProtectionState, step } from '../machines/step.js';

export interface RefoldedProtection {
  readonly context: ProtectionContext;
  readonly state: PositionState;
  /** Nothing is left to watch. */
  readonly isOver: boolean;
  /** Cases that the chart asked for. */
  readonly asked: readonly ProtectionCommandOf<'openCase'>[];
  /** So much that its exits had closed the venue took back. */
  readonly reopened: Decimal;
}

/** What a fact has opened again of what was closed. */
export function reopenedBy(before: ProtectionContext, after: ProtectionContext): Decimal {
  const more = subtract(subtract(before.quantity, restOf(before)), subtract(after.quantity, restOf(after)));
  return isPositive(more) ? more : ZERO;
}

/** `undefined` when the facts do not begin with a START. @throws what the chart throws */
export function refoldProtection(facts: readonly ProtectionFact[]): RefoldedProtection | undefined {
  if (facts[0]?.type !== 'START') return undefined;
  let state = newProtectionState();
  const asked: ProtectionCommandOf<'openCase'>[] = [];
  let reopened = ZERO;
  for (const fact of facts) {
    const next = step(state, fact);
    reopened = add(reopened, reopenedBy(state.context, next.state.context));
    state = next.state;
    asked.push(...next.commands.filter((command) => command.type === 'openCase'));
  }
  return { context: state.context, state: positionState(state), isOver: state.status !== 'active', asked, reopened };
}
