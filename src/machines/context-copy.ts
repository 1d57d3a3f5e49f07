/**
 * A context with some members other than they were: what every assignment of a chart comes to.
 *
 * 1. The general way is `Object.assign`. It works with any context, and sets each member by itself.
 * 2. A chart whose contexts all have one shape writes them as one literal, which costs a fiftieth of that
 *    (docs/performance.md), and says so here.
 */
import type { AnyStateMachine } from 'xstate';

export type WithPatch = (context: object, patch: object) => object;

/** By the definition of the chart: one whose guards or actions were replaced has the same contexts. */
const written = new WeakMap<object, WithPatch>();

/** From now on contexts of this chart are made by `withPatch`. */
export function writeContextsBy<Context extends object>(
  { config }: AnyStateMachine,
  withPatch: (context: Context, patch: Partial<Context>) => Context,
): void {
  written.set(config, withPatch as unknown as WithPatch);
}

export const withPatchOf = ({ config }: AnyStateMachine): WithPatch => written.get(config) ?? assigned;

// Not a spread: of what is not frozen it makes a new hidden class for each object, which all that read it pay for.
const assigned: WithPatch = (context, patch) => Object.assign({}, context, patch);
