/**
 * The vocabulary of the exits' chart: its types, guards and actions.
 */
import { setup } from 'xstate';
import type { RuleMeta } from './execution.setup.js';
import { protectionActions } from './protection.actions.js';
import type { ProtectionCommand } from './protection.commands.js';
import type { ProtectionContext } from './protection.context.js';
import type { ProtectionFact, ProtectionInput } from './protection.facts.js';
import { protectionGuards } from './protection.guards.js';

export const protectionSetup = setup({
  types: {
    context: {} as ProtectionContext,
    events: {} as ProtectionFact,
    input: {} as ProtectionInput | undefined,
    emitted: {} as ProtectionCommand,
    meta: {} as RuleMeta,
  },
  guards: protectionGuards,
  actions: protectionActions,
});
