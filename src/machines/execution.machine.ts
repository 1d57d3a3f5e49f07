/**
 * The life of one execution, as a chart. It decides what may happen; it does nothing.
 *
 * 1. No I/O, no timer, no `invoke`, no `after`: facts come in as events, commands go out as emitted objects.
 * 2. Every transition carries the ids of the rules that it keeps, in `meta.rules`, and says why in `description`.
 * 3. An entry order is asked for in `submitted.ready` alone, on the way in or after proof that nothing is live (S1, S4).
 * 4. After a fill there is no way to a cancel or a close: `filled` and `late` lead to `reconciling`, and that to `done` (R4, B3).
 * 5. `done` is final and is reached from every state (E3).
 *
 * The states, in the order of a life: `execution.before-order.ts`, `execution.live-order.ts`, `execution.after-fill.ts`.
 */

import { writeContextsBy } from './context-copy.js';
import { filled, late, reconciling } from './execution.after-fill.js';
import { submitted, validating } from './execution.before-order.js';
import { newExecution, withPatch } from './execution.context.js';
import { cancelling, pending, timeout } from './execution.live-order.js';
import { executionSetup } from './execution.setup.js';

/** Longest chain of eventless transitions that is no fault. */
const MAX_MICROSTEPS = 50;

/**
 * The chart of one execution, from validation to its result: pure, without timers, promises or I/O.
 * @public @since 0.1.0
 */
export const executionMachine = executionSetup.createMachine({
  id: 'execution',
  description: 'One approved advisory, one market order, protected and reconciled.',
  context: ({ input }) => newExecution(input),
  options: { maxIterations: MAX_MICROSTEPS },
  initial: 'validating',
  states: {
    validating,
    submitted,
    pending,
    cancelling,
    filled,
    late,
    timeout,
    reconciling,
    done: {
      description: 'The result stands.',
      type: 'final',
      entry: ['unwatchOrder', 'composeResult', 'finish'],
    },
  },
});

writeContextsBy(executionMachine, withPatch);
