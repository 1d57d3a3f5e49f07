/**
 * Exits that stand at the venue otherwise than they were placed: at another price or for another quantity, since somebody has
 * changed them there, or suspended, so that they do not trigger. A case says so (B7, M1); the engine moves nothing.
 *
 * 1. One look proves nothing. An exit that fills in part shrinks its sibling, and may be told after it: another size counts
 *    once the sibling has been told again, after a while, with nothing more filled. Another price counts, and a suspension, when it is told again after a while.
 * 2. What a case has told once is known, also after a restart: it is not told again, unless the case was withdrawn (M5).
 * 3. What was seen is a fold, kept by whoever hosts the exits.
 * 4. A sibling that has not shrunk after a fill is told by the exits' own chart.
 */
import type { CaseRegister, NewCase } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import { type Case, toldOf } from '../domain/cases.js';
import { isPositive, lessThan, subtract } from '../domain/decimal.js';
import { type Exit, type ExitFact, type ExitLeg, exitIdOf, isOver } from '../domain/exits.js';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { isPartlyClosed, type ProtectionContext, restOf } from '../machines/protection.context.js';

/** What an exit said of itself that is not as it was placed, and since when, engine ms. */
interface Seen {
  readonly report: ExitFact;
  readonly since: number;
}

/** What the exits of one position have said so, each its latest; plain JSON. */
export type SeenAmendments = Partial<Readonly<Record<ExitLeg, Seen>>>;

/** A report on an exit of a position that is open, before it is applied. */
export interface ToldByExit {
  readonly context: ProtectionContext;
  readonly leg: ExitLeg;
  readonly report: ExitFact;
  /** Engine ms. */
  readonly at: number;
}

/** What is seen after a report, and what is to be told now. */
export function lookForAmendment(
  seen: SeenAmendments,
  told: ToldByExit,
): { readonly seen: SeenAmendments; readonly found: readonly Mismatch[] } {
  const exit = told.context.exits.find(({ leg }) => leg === told.leg);
  if (exit === undefined || told.report.cumQty !== exit.cumQty) return { seen, found: [] };
  const own = ownChange(seen, exit, told);
  return { seen: own.seen, found: [...own.found, ...siblingsChange(own.seen, told)] };
}

export interface AmendedExits {
  look(told: Omit<ToldByExit, 'at'>): void;
  /** The position is over. */
  forget(clientOrderId: string): void;
}

/** The exits of all positions of an engine. */
export function amendedExits(cases: Pick<CaseRegister, 'all' | 'raise'>, time: EngineTime): AmendedExits {
  const seen = new Map<string, SeenAmendments>();
  return {
    look(told) {
      const { clientOrderId } = told.context;
      const before = seen.get(clientOrderId) ?? {};
      const after = lookForAmendment(before, { ...told, at: time() });
      if (after.seen !== before) seen.set(clientOrderId, after.seen);
      const opened = after.found.length === 0 ? undefined : caseOfAmendment(told.context, after.found, cases.all());
      if (opened !== undefined) void cases.raise(opened);
    },
    forget: (clientOrderId) => void seen.delete(clientOrderId),
  };
}

/** The case for what was found, without what cases of the advisory have told; `undefined` when nothing is left to tell. */
export function caseOfAmendment(
  { symbol, advisoryId, snapshotHash }: ProtectionContext,
  found: readonly Mismatch[],
  cases: readonly Case[],
): NewCase | undefined {
  const told = toldOf(cases, advisoryId);
  const mismatches = found.filter((one) => !told.some((known) => saysTheSame(known, one) || explains(known, one)));
  if (mismatches.length === 0) return undefined;
  const kind = mismatches.some(isLoss) ? 'PROTECTION_LOST' : mismatches.some(isOfSize) ? 'PROTECTION_SIZE' : 'MISMATCH';
  return { kind, symbol, advisoryId, snapshotHash, mismatches };
}

const isOld = ({ since }: Seen, at: number): boolean => at - since >= EXIT_GRACE_MS;

function ownChange(seen: SeenAmendments, exit: Exit, { context, leg, report, at }: ToldByExit) {
  const changes = changesOf(context, exit, report);
  const { [leg]: before, ...others } = seen;
  if (changes.length === 0) return { seen: before === undefined ? seen : others, found: [] };
  if (before === undefined || !isSame(before.report, report))
    return { seen: { ...seen, [leg]: { report, since: at } }, found: [] };
  const waits = hasSibling(context, exit) && changes.some(isOfSize);
  return { seen, found: isOld(before, at) && !waits ? changes : [] };
}

/** What the sibling said, now that nothing more of this one is filled. */
function siblingsChange(seen: SeenAmendments, { context, leg, at }: ToldByExit): readonly Mismatch[] {
  const sibling = context.exits.find((other) => other.leg !== leg);
  const before = sibling && seen[sibling.leg];
  return sibling === undefined || before === undefined || !isOld(before, at)
    ? []
    : changesOf(context, sibling, before.report);
}

const saysTheSame = (known: Mismatch, { kind, actual, message }: Mismatch): boolean =>
  known.message === message || (known.kind === kind && known.actual === actual);

/** A person makes an exit as large as what the venue has left of the fill (P8): `60 @ 151`. */
const explains = (known: Mismatch, found: Mismatch): boolean =>
  isOfSize(found) && known.kind === 'FILL_BUSTED' && known.actual.split(' ')[0] === found.actual;

const isSame = (one: ExitFact, other: ExitFact): boolean =>
  one.price === other.price &&
  one.quantity === other.quantity &&
  one.cumQty === other.cumQty &&
  one.isSuspended === other.isSuspended;

const isLoss = ({ kind }: Mismatch): boolean => kind === 'PROTECTION_LOST';
const isOfSize = ({ kind }: Mismatch): boolean => kind === 'PROTECTION_SIZE';

const hasSibling = ({ exits }: ProtectionContext, { leg }: Exit): boolean =>
  exits.some((other) => other.leg !== leg && !isOver(other));

function changesOf(context: ProtectionContext, exit: Exit, report: ExitFact): Mismatch[] {
  if (report.status !== 'open' || isOver(exit) || report.cumQty !== exit.cumQty) return [];
  const name = `${exit.leg === 'sl' ? 'stop-loss' : 'take-profit'} ${exitIdOf(context.clientOrderId, exit.leg)}`;
  return [...suspended(name, exit, report), ...otherPrice(name, exit, report), ...otherSize(name, context, report)];
}

function suspended(name: string, { price }: Exit, report: ExitFact): Mismatch[] {
  if (report.isSuspended !== true) return [];
  const message = `Expected ${name} at ${price} to work, found it suspended in broker: it does not trigger until the venue lets it`;
  return [mismatch('PROTECTION_LOST', 'working', 'suspended', message)];
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
