/**
 * Exits that stand at the venue at another price, or for another quantity, than they were placed: somebody has changed them
 * there. A case says so (B7, M1); the engine moves nothing.
 *
 * 1. One look proves nothing. An exit that fills in part shrinks its sibling, and may be told after it: another size counts
 *    once the sibling has been told again, after a while, with nothing more filled. Another price counts when it is told again.
 * 2. What a case has told once is known, also after a restart: it is not told again, unless the case was withdrawn (M5).
 * 3. A sibling that has not shrunk after a fill is told by the exits' own chart.
 */
import type { CaseRegister } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import { toldOf } from '../domain/cases.js';
import { isPositive, lessThan, subtract } from '../domain/decimal.js';
import { EXIT_LEGS, type Exit, type ExitFact, type ExitLeg, exitIdOf, isOver } from '../domain/exits.js';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { isPartlyClosed, type ProtectionContext, restOf } from '../machines/protection.context.js';

export interface AmendedExits {
  /** A report on an exit of a position that is open, before it is applied. */
  look(context: ProtectionContext, leg: ExitLeg, report: ExitFact | undefined): void;
  /** The position is over. */
  forget(clientOrderId: string): void;
}

/** What an exit said of itself that is not as it was placed, and since when. */
interface Seen {
  readonly report: ExitFact;
  readonly since: number;
}

export function amendedExits(cases: Pick<CaseRegister, 'all' | 'raise'>, time: EngineTime): AmendedExits {
  const seen = new Map<string, Seen>();

  function raise({ symbol, advisoryId, snapshotHash }: ProtectionContext, found: readonly Mismatch[]): void {
    const told = toldOf(cases.all(), advisoryId);
    const mismatches = found.filter(
      ({ kind, actual, message }) =>
        !told.some((known) => known.message === message || (known.kind === kind && known.actual === actual)),
    );
    if (mismatches.length === 0) return;
    const kind = mismatches.some(isOfSize) ? 'PROTECTION_SIZE' : 'MISMATCH';
    void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
  }

  const isOld = (one: Seen): boolean => time() - one.since >= EXIT_GRACE_MS;

  /** @returns what is to be told now */
  function own(context: ProtectionContext, exit: Exit, report: ExitFact): readonly Mismatch[] {
    const id = exitIdOf(context.clientOrderId, exit.leg);
    const found = changesOf(context, exit, report);
    const before = seen.get(id);
    if (found.length === 0) seen.delete(id);
    else if (before === undefined || !isSame(before.report, report)) seen.set(id, { report, since: time() });
    else if (isOld(before) && !(hasSibling(context, exit) && found.some(isOfSize))) return found;
    return [];
  }

  /** What the sibling of this exit said, now that nothing more of this one is filled. */
  function ofSibling(context: ProtectionContext, { leg }: Exit): readonly Mismatch[] {
    const sibling = context.exits.find((other) => other.leg !== leg);
    const before = sibling && seen.get(exitIdOf(context.clientOrderId, sibling.leg));
    return sibling === undefined || before === undefined || !isOld(before)
      ? []
      : changesOf(context, sibling, before.report);
  }

  return {
    look(context, leg, report) {
      const exit = context.exits.find((known) => known.leg === leg);
      if (exit === undefined || report === undefined || report.cumQty !== exit.cumQty) return;
      raise(context, [...own(context, exit, report), ...ofSibling(context, exit)]);
    },
    forget(clientOrderId) {
      for (const leg of EXIT_LEGS) seen.delete(exitIdOf(clientOrderId, leg));
    },
  };
}

const isSame = (one: ExitFact, other: ExitFact): boolean =>
  one.price === other.price && one.quantity === other.quantity && one.cumQty === other.cumQty;

const isOfSize = ({ kind }: Mismatch): boolean => kind === 'PROTECTION_SIZE';

const hasSibling = ({ exits }: ProtectionContext, { leg }: Exit): boolean =>
  exits.some((other) => other.leg !== leg && !isOver(other));

function changesOf(context: ProtectionContext, exit: Exit, report: ExitFact): Mismatch[] {
  if (report.status !== 'open' || isOver(exit) || report.cumQty !== exit.cumQty) return [];
  const name = `${exit.leg === 'sl' ? 'stop-loss' : 'take-profit'} ${exitIdOf(context.clientOrderId, exit.leg)}`;
  return [...otherPrice(name, exit, report), ...otherSize(name, context, report)];
}

function otherPrice(name: string, { leg, price }: Exit, report: ExitFact): Mismatch[] {
  if (report.price === undefined || report.price === price) return [];
  const message = `Expected ${name} at ${price}, as it was placed, found it at ${report.price} in broker`;
  return [mismatch(leg === 'sl' ? 'STOP_LOSS_PRICE' : 'TAKE_PROFIT_PRICE', price, report.price, message)];
}

function otherSize(name: string, context: ProtectionContext, { quantity, cumQty }: ExitFact): Mismatch[] {
  const rest = restOf(context);
  if (quantity === undefined || !isPositive(rest)) return [];
  const leaves = subtract(quantity, cumQty);
  const isSmaller = lessThan(leaves, rest);
  if (leaves === rest || (!isSmaller && isPartlyClosed(context))) return [];
  const effect = isSmaller
    ? `${subtract(rest, leaves)} of ${context.symbol} are without it`
    : 'it would close too much';
  const message = `Expected ${name} to be for ${rest}, found it working for ${leaves} in broker: ${effect}`;
  return [mismatch('PROTECTION_SIZE', rest, leaves, message)];
}
