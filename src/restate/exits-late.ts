/**
 * What comes to light of fills that were taken as fact: of exits, and of an entry whose execution is over. A case each, told
 * once; the engine moves nothing (P8, T5). The judge is that of every other host; here its cases go to the gate.
 */
import type * as restate from '@restatedev/restate-sdk';
import type { NewCase } from '../actors/cases.js';
import { isTold } from '../actors/exit-cases.js';
import { movedFrom } from '../actors/moved-since-end.js';
import type { AuditEntry } from '../domain/audit.js';
import { exitSide } from '../domain/bracket.js';
import type { Case } from '../domain/cases.js';
import { type Decimal, isPositive, lessThan, ZERO } from '../domain/decimal.js';
import { type ExitFact, type ExitLeg, exitIdOf, isNewExitCorrection } from '../domain/exits.js';
import type { OrderFact } from '../domain/order.js';
import { tellExitCorrection } from '../engine/exit-corrections.js';
import { filledAfterEnd } from '../engine/protections.js';
import { realises } from '../engine/risk-counters.js';
import { strayFills } from '../engine/stray-fills.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import { type ProtectionContext, restOf } from '../machines/protection.context.js';
import type { GateObject } from './gate-object.js';
import { toLimits } from './hosted-limits.js';
import { newLife } from './life.js';
import { ADVISORIES, ALL, GATE } from './names.js';
import type { AdvisoriesObject } from './objects.js';
import { tellMoved } from './tell-moved.js';

type Exclusive = restate.ObjectContext;

/** The cases that the gate knows, and those that are raised meanwhile. */
interface Collected {
  all(): readonly Case[];
  raise(found: NewCase): Promise<{ readonly durable: true }>;
  readonly raised: readonly NewCase[];
}

const gateOn = (ctx: Exclusive) => ctx.objectClient<GateObject>({ name: GATE }, ALL);

async function collecting(ctx: Exclusive): Promise<Collected> {
  const known = await gateOn(ctx).cases();
  const raised: NewCase[] = [];
  return {
    raised,
    all: () => known,
    async raise(found) {
      raised.push(found);
      return { durable: true };
    },
  };
}

/** Opens the cases; what orders that were over have done since is told to the others in the symbol (R6.2). */
async function raiseAll(ctx: Exclusive, raised: readonly NewCase[]): Promise<void> {
  for (const found of raised) {
    await gateOn(ctx).raise(found);
    tellMoved(ctx, found);
  }
}

interface ToldOfExit {
  readonly context: ProtectionContext;
  readonly leg: ExitLeg;
  readonly report: ExitFact;
  /** Limits are configured: what is realised counts (G3). */
  readonly isLimited: boolean;
  /** Engine ms. */
  readonly at: number;
}

/** What is known of the exits after a correction that is new. @param closedAtEnd of the exit, when its position is over */
export async function tellCorrection(
  ctx: Exclusive,
  { context, leg, report, at, isLimited }: ToldOfExit,
  closedAtEnd?: Decimal,
): Promise<ProtectionContext | undefined> {
  const before = context.exits.find((exit) => exit.leg === leg);
  if (before === undefined || !isNewExitCorrection(before, report)) return undefined;
  const cases = await collecting(ctx);
  const realised: AuditEntry[] = [];
  const onAudit = (audit: readonly AuditEntry[]) => void realised.push(...audit.filter(realises));
  const told = { context, leg, report, ...(closedAtEnd !== undefined && { closedAtEnd }) };
  const after = tellExitCorrection({ cases, time: () => at, onAudit }, told);
  await raiseAll(ctx, cases.raised);
  if (isLimited && realised.length > 0) toLimits(ctx).realise({ audit: realised, at });
  return after;
}

/**
 * After the end of the position. A fill turns it round; what is taken back is held again.
 *
 * @param shown the position as it is shown now, which may be held again
 * @returns the position as it is shown from now on, when something of it is held again
 */
export async function tellLate(
  ctx: Exclusive,
  told: ToldOfExit,
  shown: ProtectionContext,
): Promise<ProtectionContext | undefined> {
  const { context, leg, report } = told;
  const { clientOrderId, symbol, side, advisoryId, snapshotHash } = context;
  const filledOf = ({ exits }: ProtectionContext) => exits.find((exit) => exit.leg === leg)?.cumQty ?? ZERO;
  const atEnd = filledOf(context);
  if (report.correction !== undefined) {
    const after = await tellCorrection(ctx, { ...told, context: shown }, atEnd);
    return after !== undefined && isPositive(restOf(after)) ? after : undefined;
  }
  const known = filledOf(shown);
  if (!lessThan(known, report.cumQty)) return undefined;
  const id = exitIdOf(clientOrderId, leg);
  const mismatches = [filledAfterEnd(id, known, report.cumQty)];
  // Every worker may hear of it.
  if (isTold(await gateOn(ctx).cases(), advisoryId, mismatches)) return undefined;
  const moved = movedFrom(id, exitSide(side), atEnd, report.cumQty);
  await raiseAll(ctx, [{ kind: 'POSITION_REVERSED', symbol, advisoryId, snapshotHash, mismatches, moved }]);
  return undefined;
}

/**
 * A report on the entry of an execution that is over (T5, P8).
 *
 * @param before reports that were told before, oldest first: a correction follows from those
 * @param cover what the exits cover by now, in words
 * @returns whether it said something new
 */
export async function tellOfEntry(
  ctx: Exclusive,
  advisoryId: string,
  { report, before }: { readonly report: OrderFact; readonly before: readonly OrderFact[] },
  cover: string | undefined,
): Promise<boolean> {
  const known = await ctx.objectClient<AdvisoriesObject>({ name: ADVISORIES }, advisoryId).view();
  const facts = (known?.records ?? []).map(({ fact }) => fact as unknown as ExecutionFact);
  const [first] = facts;
  if (first?.type !== 'START') return false;
  const life = newLife(first.advisory);
  for (const fact of facts) life.take(fact);
  if (!life.isDone) return false;
  const { context } = life;
  if (report.correction === undefined && !lessThan(context.order.cumQty, report.cumQty)) return false;
  const cases = await collecting(ctx);
  let isPast = true;
  const stray = strayFills(
    {
      all: () => (isPast ? [] : cases.all()),
      raise: (found) => (isPast ? Promise.resolve({ durable: true } as const) : cases.raise(found)),
    },
    () => cover,
  );
  for (const each of before) stray(context, each);
  isPast = false;
  stray(context, report);
  await raiseAll(ctx, cases.raised);
  return cases.raised.length > 0;
}
