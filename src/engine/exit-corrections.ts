/**
 * Fills of exits that the venue takes back or changes (P8): a case each, that says what is held again and what still covers it.
 * The engine moves nothing.
 *
 * 1. While the exits are watched their chart follows the fact as well; a position that is over stays over in the journal.
 * 2. What a case has told once is known, also after a restart: it is not told again, unless the case was withdrawn (M5).
 */
import type { CaseRegister } from '../actors/cases.js';
import type { EngineTime } from '../actors/engine-time.js';
import { movedFrom } from '../actors/moved-since-end.js';
import type { AuditEntry } from '../domain/audit.js';
import { exitSide } from '../domain/bracket.js';
import { toldOf } from '../domain/cases.js';
import { type Decimal, isPositive } from '../domain/decimal.js';
import {
  applyExitReport,
  type Exit,
  type ExitFact,
  type ExitLeg,
  exitIdOf,
  filledBy,
  isNewExitCorrection,
  isOver,
  leavesOf,
} from '../domain/exits.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { correctionEntry } from '../machines/protection.audit.js';
import { type ProtectionContext, restOf } from '../machines/protection.context.js';

interface CorrectionParts {
  readonly cases: Pick<CaseRegister, 'all' | 'raise'>;
  readonly time: EngineTime;
  readonly onAudit?: ((audit: readonly AuditEntry[], at: number) => void) | undefined;
}

interface ExitCorrection {
  readonly context: ProtectionContext;
  readonly leg: ExitLeg;
  readonly report: ExitFact;
  /** What the exit had closed at the end of its position, when nobody watches it any more. */
  readonly closedAtEnd?: Decimal;
}

/** Opens the case of a correction that is new; returns what is known of the exits after it, `undefined` when it is not new. */
export function tellExitCorrection(
  { cases, time, onAudit }: CorrectionParts,
  told: ExitCorrection,
): ProtectionContext | undefined {
  const { context, leg, report, closedAtEnd } = told;
  const before = context.exits.find((exit) => exit.leg === leg);
  if (before === undefined || !isNewExitCorrection(before, report)) return undefined;
  const now = applyExitReport(before, report);
  const after = { ...context, exits: context.exits.map((exit) => (exit === before ? now : exit)) };
  const found = correctionOf(told, before, now, after);
  const { symbol, advisoryId, snapshotHash } = context;
  if (toldOf(cases.all(), advisoryId).some(({ message }) => message === found.message)) return undefined;
  const kind = report.correction?.kind === 'bust' ? 'FILL_BUSTED' : 'FILL_CORRECTED';
  // Of exits that are watched the chart writes the line.
  const audit = closedAtEnd === undefined ? [] : [correctionEntry(after, before, now)];
  const id = exitIdOf(context.clientOrderId, leg);
  // While they are watched the records of their chart tell it.
  const moved = closedAtEnd && movedFrom(id, exitSide(context.side), closedAtEnd, now.cumQty);
  void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches: [found], audit, moved });
  onAudit?.(audit, time());
  return after;
}

function correctionOf(
  { context, leg, report }: ExitCorrection,
  before: Exit,
  now: Exit,
  after: ProtectionContext,
): Mismatch {
  const { kind = 'correct', fillId } = report.correction ?? {};
  const fill = fillId === undefined ? 'a fill' : `fill ${fillId}`;
  const did = kind === 'bust' ? `took back ${fill}` : `corrected ${fill}`;
  const name = `${nameOf(leg)} ${exitIdOf(context.clientOrderId, leg)}`;
  const [was, is] = [sizeAndPrice(before), sizeAndPrice(now)];
  const message = `The venue ${did} of ${name}: filled ${was}, now ${is}; ${heldOf(after)}`;
  return mismatch(kind === 'bust' ? 'FILL_BUSTED' : 'FILL_CORRECTED', was, is, message);
}

/** What is held as far as the exits say, and what covers it. */
function heldOf(after: ProtectionContext): string {
  const rest = restOf(after);
  if (!isPositive(rest)) return `nothing of ${after.symbol} is held by it`;
  const working = after.exits.filter((exit) => !isOver(exit)).map(({ leg, price }) => `${nameOf(leg)} at ${price}`);
  return `${rest} of ${after.symbol} may be held again, ${working.length === 0 ? 'and no exit works' : `covered by ${working.join(' and ')}`}`;
}

/** What the exits of an entry cover now, and what they have closed. */
export function coverNow(context: ProtectionContext | undefined): string | undefined {
  if (context === undefined) return undefined;
  const { exits } = context;
  const working = exits.filter((exit) => !isOver(exit));
  const closed = filledBy(exits);
  const before = isPositive(closed) ? `its exits have closed ${closed}, and ` : '';
  if (working.length === 0) return before === '' ? 'no exits stand' : `${before}none works any more`;
  const sizes = new Set(working.map(leavesOf));
  const [size] = sizes;
  const legs = working.map((exit) => {
    const own = sizes.size === 1 ? '' : ` for ${leavesOf(exit)}`;
    return `${exit.leg.toUpperCase()} ${exit.price}${own}`;
  });
  return `${before}the exits still cover ${sizes.size === 1 ? `${size} ` : ''}(${legs.join(', ')})`;
}

const nameOf = (leg: ExitLeg): string => (leg === 'sl' ? 'stop-loss' : 'take-profit');

const sizeAndPrice = ({ cumQty, avgPrice }: Exit): string =>
  avgPrice === undefined ? cumQty : `${cumQty} @ ${avgPrice}`;
