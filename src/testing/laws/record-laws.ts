/**
 * The laws, judged from outside: on what the broker was asked, what the journal holds, and what the caller was told.
 *
 * 1. A law never asks the engine: the life is folded anew from its recorded facts, and compared with the calls.
 * 2. Every broken law comes back with its id and what broke it; nothing is thrown.
 * 3. A life that is not over can be judged at each of its steps, with no results: L1–L6, L12 and L15 are then judged on
 *    what has happened so far. L8 and L11 wait for its end, and L7, L9, L10, L13 and L14 for what the callers are told.
 */

import type { LawId } from '../../domain/laws.js';
import { requireOptions } from '../../domain/option-names.js';
import { invalidOption, requireList, requireText } from '../../domain/option-values.js';
import { cancelsAtOnceForCause } from './cancel-laws.js';
import { fillsOnlyGrow, mismatchNeedsHuman, oneReconciliation } from './ending-laws.js';
import { foldedLife } from './folded-life.js';
import type { BrokenLaw, Judge, LawSubject } from './law-subject.js';
import { bracketOnFill, onlyProtectionReduces, protectedOrCase, switchesNeverDelay } from './protection-laws.js';
import { closedGate, oneEntryOrder, sameAdvisorySameResult, unknownStaysUnknown } from './submission-laws.js';
import { endsInTime, fixedDeadlines, statusByReceivedTime } from './time-laws.js';

export type { BrokenLaw, Commit, LawSubject } from './law-subject.js';

const JUDGES: { readonly [Id in LawId]: Judge } = {
  L1: oneEntryOrder,
  L2: closedGate,
  L3: fixedDeadlines,
  L4: bracketOnFill,
  L5: onlyProtectionReduces,
  L6: fillsOnlyGrow,
  L7: protectedOrCase,
  L8: oneReconciliation,
  L9: unknownStaysUnknown,
  L10: mismatchNeedsHuman,
  L11: endsInTime,
  L12: switchesNeverDelay,
  L13: sameAdvisorySameResult,
  L14: statusByReceivedTime,
  L15: cancelsAtOnceForCause,
};

/** Broken laws of one execution; none when it was lawful so far. @beta @since 0.1.0 */
export function brokenLaws(subject: LawSubject): readonly BrokenLaw[] {
  requireOptions('brokenLaws', subject);
  requireText('advisoryId', subject.advisoryId, 'an advisoryId');
  const { calls, records, cases, results } = subject;
  for (const [name, list] of Object.entries({ calls, records, cases, results })) requireList(name, list, 'a list');
  if (!Number.isFinite(subject.epochMs))
    throw invalidOption('epochMs', subject.epochMs, 'engine ms at the zero of the clock');
  const life = foldedLife(subject.advisoryId, subject.records);
  if (life === undefined) return [];
  return (Object.entries(JUDGES) as [LawId, Judge][]).flatMap(([law, judge]) =>
    judge(subject, life).map((why) => ({ law, why })),
  );
}
