/**
 * What the exits' chart does on a transition, by name: keep a fact (assign) or ask for something (emit). Nothing else.
 */
import { assign, emit } from 'xstate';
import type { CaseKind } from '../domain/cases.js';
import { EXIT_GRACE_MS, EXIT_LOOK_MS, positionRetryMs } from '../domain/limits.js';
import type { Mismatch } from '../domain/reconciliation.js';
import { amendedNow, kindOfAmended } from './protection.amended.js';
import type { ProtectionCommand } from './protection.commands.js';
import { type ProtectionContext, workingRefs } from './protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact } from './protection.facts.js';
import * as updates from './protection.updates.js';

interface Args {
  readonly context: ProtectionContext;
  readonly event: ProtectionFact;
}

const know = (update: (context: ProtectionContext, fact: ProtectionFact) => updates.Patch) =>
  assign<ProtectionContext, ProtectionFact, undefined, ProtectionFact, never>(({ context, event }: Args) =>
    update(context, event),
  );

const ask = (command: (args: Args) => ProtectionCommand) =>
  emit<ProtectionContext, ProtectionFact, undefined, ProtectionFact, ProtectionCommand>(command);

const schedule = (name: ProtectionDeadlineName, at: (args: Args) => number) =>
  ask((args) => ({ type: 'scheduleDeadline', name, at: at(args) }));

const openCase = (kind: CaseKind, found: (context: ProtectionContext, fact: ProtectionFact) => readonly Mismatch[]) =>
  ask(({ context, event }) => ({ type: 'openCase', kind, mismatches: found(context, event) }));

export const protectionActions = {
  start: know((context, fact) => updates.start(context, updates.expectFact(fact, 'START'))),
  keepExit: know(updates.keepExit),
  keepGone: know(updates.keepGone),
  renewGrace: know(updates.renewGrace),
  beginDoubt: know(updates.beginDoubt),
  renewDoubt: know(updates.renewDoubt),
  countUnanswered: know(updates.countUnanswered),
  tellLoss: know(updates.tellLoss),
  tellSibling: know(updates.tell('SIBLING_WORKING')),
  tellSize: know(updates.tell('PROTECTION_SIZE')),
  tellReversal: know(updates.tell('POSITION_REVERSED')),

  watchExits: ask(({ context }) => ({ type: 'watchExits', exits: workingRefs(context), isSoon: false })),
  watchExitsSoon: ask(({ context }) => ({ type: 'watchExits', exits: workingRefs(context), isSoon: true })),
  unwatchExits: ask(() => ({ type: 'unwatchExits' })),
  queryExits: ask(({ context }) => ({ type: 'queryExits', exits: workingRefs(context) })),
  askPosition: ask(() => ({ type: 'askPosition' })),
  openSiblingCase: openCase('SIBLING_WORKING', updates.siblingsWorking),
  openSizeCase: openCase('PROTECTION_SIZE', updates.oversized),
  openLostCase: openCase('PROTECTION_LOST', updates.lost),
  openReversedCase: openCase('POSITION_REVERSED', updates.reversal),
  openAmendedCase: ask(({ context, event }) => {
    const mismatches = amendedNow(context, event);
    return { type: 'openCase', kind: kindOfAmended(mismatches), mismatches, isAskedAgain: true };
  }),
  finish: ask(() => ({ type: 'finish' })),

  scheduleSiblingEnd: schedule('siblingGone', ({ context, event }) => context.graceEndsAt ?? event.at + EXIT_GRACE_MS),
  scheduleSizeEnd: schedule('exitSize', ({ context, event }) => context.graceEndsAt ?? event.at + EXIT_GRACE_MS),
  scheduleExitLook: schedule('exitLook', ({ event }) => event.at + EXIT_LOOK_MS),
  schedulePositionRetry: schedule(
    'positionRetry',
    ({ context, event }) => event.at + positionRetryMs(context.unanswered),
  ),
};
