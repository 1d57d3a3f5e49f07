/**
 * The life of the exits of one position, as a chart (B7): from the end of the execution until nothing is left to watch.
 * It decides what may happen; it does nothing.
 *
 * 1. No I/O, no timer, no `invoke`, no `after`: facts come in as events, commands go out as emitted objects.
 * 2. Nothing is placed, moved or cancelled: no command of this chart writes to the broker.
 * 3. A missing answer is no news: only what a report, or the position, says leads on (M4).
 * 4. `lost` is no end: the exit that is left may close the position yet, and a person may.
 *
 * The states, in the order of a life: `protection.states.ts`.
 */
import { newProtection } from './protection.context.js';
import { protectionSetup } from './protection.setup.js';
import { doubting, judging, lost, reversing, settling, starting, working } from './protection.states.js';

/** Longest chain of eventless transitions that is no fault. */
const MAX_MICROSTEPS = 50;

const over = (description: string) =>
  protectionSetup.createStateConfig({ description, type: 'final', entry: ['unwatchExits', 'finish'] });

/** The chart of a position's exits, from the result until they are over (B7). @public @since 0.1.0 */
export const protectionMachine = protectionSetup.createMachine({
  id: 'protection',
  description: 'Stop-loss and take-profit of one position, until it is closed.',
  context: ({ input }) => newProtection(input),
  options: { maxIterations: MAX_MICROSTEPS },
  initial: 'starting',
  states: {
    starting,
    judging,
    working,
    doubting,
    settling,
    lost,
    reversing,
    closedByStopLoss: over('The stop-loss closed the position; its sibling is gone.'),
    closedByTakeProfit: over('The take-profit closed the position; its sibling is gone.'),
    closedElsewhere: over('Something else closed the position; the exits are gone.'),
    reversed: over('Both exits filled. A human must look at the position.'),
  },
});
