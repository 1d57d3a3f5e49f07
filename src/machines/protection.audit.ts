/**
 * What a fact about exits means to a reader of the audit log (A1): a pure function of what was known before and after.
 */
import type { AuditEntry, AuditEvent } from '../domain/audit.js';
import type { JsonObject } from '../domain/canonical.js';
import { ZERO } from '../domain/decimal.js';
import { closedSince, correctedSince, type Exit, exitIdOf, isOver } from '../domain/exits.js';
import type { ProtectionCommand } from './protection.commands.js';
import { lostExits, type ProtectionContext, restOf } from './protection.context.js';

interface ExitStep {
  readonly before: ProtectionContext;
  readonly after: ProtectionContext;
  /** The chart's state now. */
  readonly state: string;
  readonly commands: readonly ProtectionCommand[];
}

const entry = (event: AuditEvent, details: Record<string, unknown>): AuditEntry => ({
  event,
  details: Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as JsonObject,
});

/** The audit lines of a step, in the order in which they read. */
export function exitAuditOf(step: ExitStep): readonly AuditEntry[] {
  return [...ofWorking(step), ...ofFills(step), ...ofLoss(step), ...ofElsewhere(step)];
}

const exitBefore = ({ before }: ExitStep, { leg }: Exit): Exit | undefined =>
  before.exits.find((exit) => exit.leg === leg);

const detailsOf = ({ clientOrderId, symbol }: ProtectionContext, exit: Exit): Record<string, unknown> => ({
  leg: exit.leg,
  clientOrderId: exitIdOf(clientOrderId, exit.leg),
  brokerOrderId: exit.brokerOrderId,
  symbol,
});

/** The broker shows it as working, for the first time. */
function ofWorking(step: ExitStep): AuditEntry[] {
  return step.after.exits
    .filter((exit) => {
      const known = exitBefore(step, exit);
      if (known === undefined || exit.status !== 'working') return false;
      return known.status === 'doubtful' || (known.brokerOrderId === undefined && exit.brokerOrderId !== undefined);
    })
    .map((exit) =>
      entry('exit_working', { ...detailsOf(step.after, exit), price: exit.price, quantity: exit.quantity }),
    );
}

/** What was filled since; the lines of an exit add up to all that it closed. */
function ofFills(step: ExitStep): AuditEntry[] {
  const { side, entryPrice = ZERO } = step.after;
  return step.after.exits.flatMap((exit) => {
    const before = exitBefore(step, exit);
    if (before !== undefined && exit.corrections?.length !== before.corrections?.length)
      return [correctionEntry(step.after, before, exit)];
    const filled = closedSince({ side, entryPrice }, before, exit);
    if (filled === undefined) return [];
    const { price, quantity, realisedPnl } = filled;
    const left = { cumQty: exit.cumQty, restQuantity: restOf(step.after) };
    return [
      entry('exit_filled', { ...detailsOf(step.after, exit), price, quantity, realisedPnl, entryPrice, ...left }),
    ];
  });
}

/** A fill of an exit was taken back or changed (P8): by how much that changes what it closed, and what came of it. */
export function correctionEntry(context: ProtectionContext, before: Exit, now: Exit): AuditEntry {
  const { side, entryPrice = ZERO } = context;
  const isBust = now.corrections?.at(-1)?.startsWith('bust') === true;
  const { quantity, realisedPnl } = correctedSince({ side, entryPrice }, before, now);
  return entry(isBust ? 'fill_busted' : 'fill_corrected', {
    ...detailsOf(context, now),
    ...{ quantity, realisedPnl, entryPrice, cumQty: now.cumQty, price: now.avgPrice, restQuantity: restOf(context) },
  });
}

function ofLoss(step: ExitStep): AuditEntry[] {
  // One that is suspended is not over.
  const isTold = step.commands.some(
    (command) => command.type === 'openCase' && command.kind === 'PROTECTION_LOST' && command.isAskedAgain !== true,
  );
  if (!isTold) return [];
  const working = step.after.exits.filter((exit) => !isOver(exit)).map(({ leg }) => leg);
  return lostExits(step.after).map((exit) =>
    entry('exit_lost', {
      ...detailsOf(step.after, exit),
      endedAs: exit.endedAs,
      reason: exit.reason,
      price: exit.price,
      heldQuantity: restOf(step.after),
      stillWorking: working.join(' ') || 'none',
    }),
  );
}

function ofElsewhere({ before, after }: ExitStep): AuditEntry[] {
  if (after.closedElsewhere === ZERO || after.closedElsewhere === before.closedElsewhere) return [];
  const { symbol, closedElsewhere, clientOrderId } = after;
  return [entry('position_closed_elsewhere', { clientOrderId, symbol, quantity: closedElsewhere })];
}
