/**
 * What is left of the cases that the exits' chart asks for, once what cases of the advisory have said by then is left out. This
 * is no part of the chart: what other charts, sweeps and persons have made of a matter, and whether a case was withdrawn, is
 * known to the keeper of the cases alone (M5, P8).
 *
 * 1. What is asked for once is always left.
 * 2. What is asked for with each report that shows it is told once, also after a restart.
 */
import type { Case } from '../domain/cases.js';
import type { Mismatch } from '../domain/reconciliation.js';
import { kindOfAmended } from '../machines/protection.amended.js';
import type { ProtectionCommand, ProtectionCommandOf } from '../machines/protection.commands.js';

export const isAskedAgain = (command: ProtectionCommand): boolean =>
  command.type === 'openCase' && command.isAskedAgain === true;

/** @param told what cases of the advisory have said; read when there is something to leave out */
export function withoutTold<Command extends ProtectionCommand>(
  commands: readonly Command[],
  told: () => readonly Mismatch[],
): readonly Command[] {
  if (!commands.some(isAskedAgain)) return commands;
  const known = told();
  return commands.flatMap((command) => {
    if (command.type !== 'openCase' || !isAskedAgain(command)) return [command];
    const mismatches = command.mismatches.filter(
      (found) => !known.some((one) => saysTheSame(one, found) || explains(one, found)),
    );
    return mismatches.length === 0 ? [] : [{ ...command, kind: kindOfAmended(mismatches), mismatches }];
  });
}

const saysTheSame = (known: Mismatch, { kind, actual, message }: Mismatch): boolean =>
  known.message === message || (known.kind === kind && known.actual === actual);

/** A person makes an exit as large as what the venue has left of the fill (P8): `60 @ 151`. */
const explains = (known: Mismatch, found: Mismatch): boolean =>
  found.kind === 'PROTECTION_SIZE' && known.kind === 'FILL_BUSTED' && known.actual.split(' ')[0] === found.actual;

/** All that cases of an advisory have ever said. */
const saidOf = (cases: readonly Case[], advisoryId: string): readonly Mismatch[] =>
  cases.filter((known) => known.advisoryId === advisoryId).flatMap(({ mismatches }) => mismatches);

/** Whether the cases of an advisory tell all of these. */
export function isTold(cases: readonly Case[], advisoryId: string, mismatches: readonly Mismatch[]): boolean {
  const told = saidOf(cases, advisoryId);
  return mismatches.every(({ message }) => told.some((each) => each.message === message));
}

/**
 * What recorded facts have asked for and no case has told: a process ended in between (M1). A case that was withdrawn has
 * been written down all the same.
 */
export const untoldOf = (
  asked: readonly ProtectionCommandOf<'openCase'>[],
  cases: readonly Case[],
  advisoryId: string,
): readonly ProtectionCommandOf<'openCase'>[] =>
  withoutTold(asked, () => saidOf(cases, advisoryId)).filter(
    ({ mismatches }) => !isTold(cases, advisoryId, mismatches),
  );
