/**
 * Ctrl-c, in two steps.
 *
 * 1. The first closes the gate: GLOBAL goes ACTIVE, so that no order leaves any more and open ones are cancelled. What is
 *    filled stays protected, and the run ends when every execution has its result.
 * 2. The second leaves at once; what is live then is only in the journal.
 */
import type { Engine } from '../../engine/engine.js';
import { EXIT } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import type { RunView } from './view.js';

/** Listens until the returned function is called. */
export function stopOnInterrupt(
  world: Pick<CliWorld, 'onInterrupt' | 'exit'>,
  engine: Engine,
  view: RunView,
): () => void {
  let count = 0;

  function closeGate(): void {
    const { live } = engine.metrics();
    const set = engine.killSwitch.set({
      type: 'GLOBAL',
      state: 'ACTIVE',
      reason: 'interrupted at the command line',
      by: 'operator',
    });
    set.catch((error: unknown) => view.note('bad', `the switch is set, but not recorded: ${String(error)}`));
    const waiting = live === 1 ? 'the 1 live execution' : `the ${live} live executions`;
    view.note(
      'warn',
      `Interrupted: GLOBAL is ACTIVE, no order leaves any more, open orders are being cancelled. Waiting for ${waiting} to end; ctrl-c again leaves at once.`,
    );
  }

  return world.onInterrupt(() => {
    count += 1;
    if (count === 1) return closeGate();
    view.stop();
    view.note('bad', 'Left at once. What was live is not watched any more: look at the broker.');
    world.exit(EXIT.interrupted);
  });
}
