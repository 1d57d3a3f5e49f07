/**
 * The chart with one thing wrong, many times over. The check must catch each: that is what its silence is worth.
 */
import type { Mutant } from './mutant.js';
import { mutantsAfterFill } from './mutants.after-fill.js';
import { mutantsBeforeOrder } from './mutants.before-order.js';
import { mutantsOfExits } from './mutants.exits.js';
import { mutantsOfFees } from './mutants.fees.js';
import { mutantsOfKnowledge } from './mutants.knowledge.js';
import { mutantsOfLiveOrder } from './mutants.live-order.js';
import { mutantsOfTheWorld } from './mutants.world.js';

export const mutants: readonly Mutant[] = [
  ...mutantsBeforeOrder,
  ...mutantsOfLiveOrder,
  ...mutantsAfterFill,
  ...mutantsOfKnowledge,
  ...mutantsOfTheWorld,
  ...mutantsOfExits,
  ...mutantsOfFees,
];
