/**
 * The sweep: all open orders and positions at the broker against the journal (M3). It opens cases and corrects nothing.
 *
 * 1. Executions that are live are left to themselves; so are the symbols in which they trade.
 * 2. An order that ended without certainty is read again: what it filled meanwhile is a stray fill (T5).
 * 3. A position is expected to be what was there before the first execution, plus what each entry still holds, plus what a
 *    person has accepted. How an exit ended is asked once in its life, and recorded: a sweep asks only for exits that are
 *    not known to be over, and only for those that the open orders do not show (M4).
 * 4. What did not answer judges nothing: a symbol with such an exit is a failure of the sweep, and no difference (M4). Every
 *    symbol is held against what is known of its exits, also one that looks right: two differences are two.
 * 5. What the open case of an execution says already is one matter: the sweep adds to that case, and opens none (M1).
 */

import { callBroker } from '../actors/calls.js';
import type { Case, CaseKind } from '../domain/cases.js';
import {
  absolute,
  add,
  type Decimal,
  isPositive,
  isZero,
  lessThan,
  parseVenueDecimal,
  subtract,
  sum,
  ZERO,
} from '../domain/decimal.js';
import { EXIT_LOOK_MS } from '../domain/limits.js';
import type { Clock, OrderRef } from '../domain/ports.js';
import type { ReasonCode } from '../domain/reasons.js';
import { mismatch, POSITION_KINDS } from '../domain/reconciliation.js';
import { isoTime } from '../domain/time.js';
import { type ExecutionContext, orderRef } from '../machines/execution.context.js';
import { workingRefs } from '../machines/protection.context.js';
import { acceptedIn, isWithin, type Range, shifted } from './accepted.js';
import { isInDoubt } from './compare-later.js';
import { heldBy } from './holdings.js';
import { type EndedPosition, exitIdsOf } from './protections.js';
import type { SweepParts } from './sweep-parts.js';

/** What a sweep compared, could not ask, and found (M3, M4). @public @since 0.1.0 */
export interface SweepReport {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Orders looked at: those that the broker lists as open, those whose end was uncertain, and exits that it does not list. */
  readonly orders: number;
  /** Symbols whose positions were compared. */
  readonly positions: number;
  /** Cases that were opened, or added to. */
  readonly cases: readonly Case[];
  /** What could not be asked; what it would have shown is unknown. */
  readonly failures: readonly string[];
}

/** What could not be asked, and what the exits said. */
interface Findings {
  readonly failures: string[];
  /** Symbols with an exit that did not answer: nothing is judged. */
  readonly unanswered: Set<string>;
  /** Entries with an exit that the broker does not know by its id: what it has closed, if anything, is unknown. */
  readonly unfound: Set<string>;
}

const noFindings = (): Findings => ({ failures: [], unanswered: new Set(), unfound: new Set() });

export async function sweep(parts: SweepParts): Promise<SweepReport> {
  const findings = noFindings();
  const known = new Set(parts.cases.open());
  const uncertain = parts.uncertain();
  // Whatever is live when the sweep begins, or comes since, may trade between question and answer.
  const busy = new Set(parts.executions.live().map(({ symbol }) => symbol));
  const unwatch = parts.executions.watch((symbol) => busy.add(symbol));
  try {
    const listed = await strayOrders(parts, uncertain, findings.failures);
    const read = await uncertainOrders(parts, uncertain, findings.failures);
    const exits = await askExits(parts, parts.protections.watched(), findings, listed);
    const positions = await positionsAgainstJournal(parts, busy, findings);
    return {
      at: isoTime(parts.time()),
      orders: (listed?.length ?? 0) + read + exits,
      positions,
      cases: parts.cases.open().filter((now) => !known.has(now)),
      failures: findings.failures,
    };
  } finally {
    unwatch();
  }
}

/** Orders open at the broker that no live execution, and no position of ours, accounts for. Returns all that are open. */
async function strayOrders(
  parts: SweepParts,
  uncertain: readonly ExecutionContext[],
  failures: string[],
): Promise<readonly unknown[] | undefined> {
  const { broker, clock, deadlines, cases } = parts;
  if (broker.getOpenOrders === undefined) return undefined;
  // What ends while the question is under way may still be open in the answer.
  const before = expectedOpen(parts);
  const outcome = await callBroker(
    clock,
    deadlines.positionsMs,
    (signal) => broker.getOpenOrders?.(signal) ?? Promise.resolve([]),
  );
  if (outcome.kind !== 'answered' || !Array.isArray(outcome.value)) {
    failures.push(`open orders: ${outcome.kind === 'answered' ? 'unreadable answer' : outcome.cause}`);
    return undefined;
  }
  await parts.refresh?.();
  const ours = new Set([...before, ...expectedOpen(parts)]);
  const rows: readonly unknown[] = outcome.value;
  for (const row of rows) {
    const { clientOrderId, symbol } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
    if (typeof clientOrderId !== 'string' || typeof symbol !== 'string' || ours.has(clientOrderId)) continue;
    const message = `Expected no open order ${clientOrderId}, found it open in broker`;
    const own = uncertain.find((context) => context.clientOrderId === clientOrderId)?.snapshot.advisoryId;
    const told = cases.open().find(({ advisoryId }) => own !== undefined && advisoryId === own);
    const found = mismatch('STRAY_ORDER', 'none', 'open', message);
    void cases.raise({ kind: 'STRAY_ORDER', symbol, ...ownerOf(told), mismatches: [found] });
  }
  return rows;
}

/** Ids that may be open: the entry of a live execution, and the exits of whatever holds a position. */
function expectedOpen({ executions, protections }: SweepParts): string[] {
  const watched = protections.watched().flatMap(({ context }) => exitIdsOf(context.clientOrderId));
  return [...watched, ...executions.live().flatMap(({ openIds }) => openIds)];
}

/** Orders whose end nobody saw: they are read once more. */
async function uncertainOrders(
  parts: SweepParts,
  uncertain: readonly ExecutionContext[],
  failures: string[],
): Promise<number> {
  const { broker, clock, deadlines } = parts;
  await inTurns(uncertain, async (context) => {
    const ref = orderRef(context);
    const outcome = await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref, signal));
    if (outcome.kind === 'answered') parts.onReport(context, outcome.value);
    else failures.push(`order ${ref.clientOrderId}: ${outcome.cause}`);
  });
  return uncertain.length;
}

const CERTAIN: readonly unknown[] = ['filled', 'cancelled', 'rejected', 'expired'];

/** Whether nobody saw how the order of this execution, which is over, ended. */
export const isUncertain = ({ report }: ExecutionContext): boolean =>
  report !== undefined && !CERTAIN.includes(report.brokerOrderState);

/** Exits that are not known to be over. Their answers go to their charts, and from there into what is held. */
async function askExits(
  { exitWatch }: Pick<SweepParts, 'exitWatch'>,
  hosts: readonly EndedPosition[],
  { failures, unanswered, unfound }: Findings,
  listed?: readonly unknown[],
): Promise<number> {
  const asked = hosts.flatMap((host) => workingRefs(host.context).map(({ ref }) => ({ host, ref })));
  if (asked.length === 0) return 0;
  const refs = asked.map(({ ref }): OrderRef => ref);
  const answers = await exitWatch.ask(refs, { limitMs: EXITS_LIMIT_MS, ...(listed !== undefined && { listed }) });
  const silent = asked.filter(({ ref: { clientOrderId: id } }) => !answers.told.has(id) && !answers.notFound.has(id));
  const causeOf = (id: string) => answers.failures.get(id) ?? answers.failure ?? 'not asked';
  for (const { host } of silent) unanswered.add(host.context.symbol);
  for (const { ref } of silent.slice(0, MOST_NAMED)) {
    failures.push(`exit ${ref.clientOrderId}: ${causeOf(ref.clientOrderId)}`);
  }
  const more = silent.length - MOST_NAMED;
  if (more > 0) failures.push(`exits: ${more} more have not answered (${answers.failure ?? 'not asked'})`);
  for (const { host, ref } of asked) {
    if (answers.notFound.has(ref.clientOrderId)) unfound.add(host.context.clientOrderId);
  }
  const inList = new Set(listed?.map((order) => (order as { readonly clientOrderId?: unknown } | null)?.clientOrderId));
  return refs.filter(({ clientOrderId }) => !inList.has(clientOrderId)).length;
}

/** Time for the questions about exits: the rest is asked by the watch, at its own pace, and by the next sweep. */
const EXITS_LIMIT_MS = 5_000;
/** Exits named one by one among the failures. */
const MOST_NAMED = 10;

async function positionsAgainstJournal(
  parts: SweepParts,
  busy: ReadonlySet<string>,
  findings: Findings,
): Promise<number> {
  const { capabilities, holdings, protections } = parts;
  if (capabilities.positions === 'none') return 0;
  const held = await positionsHeld(parts, findings.failures);
  if (held === undefined) return 0;
  // An exit has ended, and its chart is asking for the very position: it decides.
  const isAsked = (symbol: string) => isInDoubt(protections, symbol);
  const symbols = [...new Set([...held.keys(), ...holdings.symbols()])].filter((symbol) => !busy.has(symbol));
  const isLeft = (symbol: string) => findings.unanswered.has(symbol) || isAsked(symbol) || busy.has(symbol);
  async function judge(symbol: string, shown: Decimal): Promise<void> {
    protections.seen(symbol, shown);
    const found = await difference(parts, symbol, shown, findings);
    if (found === undefined) return;
    await parts.refresh?.();
    if (!isLeft(symbol)) raise(parts, symbol, found);
  }
  const doubted = symbols.filter(isAsked);
  for (const symbol of symbols) if (!isLeft(symbol)) await judge(symbol, held.get(symbol) ?? ZERO);
  // What that chart finds explains its own exits, and not what else may be wrong in the symbol.
  await untilDecided(parts.clock, () => doubted.some(isAsked));
  const again = doubted.filter((symbol) => !isLeft(symbol));
  const anew = again.length === 0 ? undefined : await sizesHeld(parts, again, findings.failures);
  if (anew !== undefined) for (const symbol of again) await judge(symbol, anew.get(symbol) ?? ZERO);
  for (const symbol of doubted.filter(isAsked)) {
    findings.failures.push(`position ${symbol}: an exit has ended, and the position is still being asked for`);
    protections.markUnclear(symbol);
  }
  return symbols.length;
}

/** One symbol, as a sweep compares it; returns what could not be asked. */
export async function compareSymbol(parts: SweepParts, symbol: string): Promise<readonly string[]> {
  const findings = noFindings();
  const shown = (await sizesHeld(parts, [symbol], findings.failures))?.get(symbol);
  const found = await difference(parts, symbol, shown ?? ZERO, findings);
  if (found !== undefined && findings.failures.length === 0) raise(parts, symbol, found);
  return findings.failures;
}

/** Waits while an exits' chart is asking for a position: its look (B7) and one call, and not longer. */
async function untilDecided(clock: Clock, isUndecided: () => boolean): Promise<void> {
  const endsAt = clock.monotonic() + DECISION_LIMIT_MS;
  while (isUndecided() && clock.monotonic() < endsAt) {
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, DECISION_LOOK_MS);
    });
  }
}

const DECISION_LIMIT_MS = EXIT_LOOK_MS + 5_000;
const DECISION_LOOK_MS = 250;

interface Difference {
  readonly wanted: Decimal;
  readonly actual: Decimal;
}

function raise({ cases, holdings }: SweepParts, symbol: string, { wanted, actual }: Difference): void {
  const [kind, code] = kindOf(wanted, actual);
  const message = `Expected position ${wanted}, found ${actual} in broker`;
  const compared = { expected: wanted, actual, held: Object.fromEntries(holdings.heldIn(symbol)) };
  const open = cases.open().filter((one) => one.symbol === symbol);
  const told =
    open.find((one) => saysOfPosition(one, { wanted, actual })) ??
    open.find((one) => explainsByCorrections(one, { wanted, actual }));
  void cases.raise({ kind, symbol, ...ownerOf(told), mismatches: [mismatch(code, wanted, actual, message)], compared });
}

/** Whether the case of an execution says this difference already. */
const saysOfPosition = ({ advisoryId, mismatches }: Case, { wanted, actual }: Difference): boolean =>
  advisoryId !== undefined &&
  mismatches.some(
    ({ kind, expected, actual: found }) => POSITION_KINDS.includes(kind) && expected === wanted && found === actual,
  );

/**
 * Whether the case of an execution says of fills that the venue took back, or changed, just what makes this difference: what
 * an exit did not close after all is held, and what an entry did not fill is not.
 */
function explainsByCorrections({ advisoryId, mismatches }: Case, { wanted, actual }: Difference): boolean {
  const changes = mismatches
    .filter(({ kind }) => kind === 'FILL_BUSTED' || kind === 'FILL_CORRECTED')
    .map((told) => absolute(subtract(sizeIn(told.actual), sizeIn(told.expected))));
  return advisoryId !== undefined && changes.length > 0 && sum(changes) === absolute(subtract(actual, wanted));
}

/** Of `100 @ 151.25`. */
const sizeIn = (text: string): Decimal => parseVenueDecimal(text.split(' ')[0]) ?? ZERO;

const ownerOf = (told: Case | undefined): { readonly advisoryId?: string } =>
  told?.advisoryId === undefined ? {} : { advisoryId: told.advisoryId };

/** Every position at the broker; what it leaves out is asked for by name, since "all" may mean less to some. */
async function positionsHeld(parts: SweepParts, failures: string[]): Promise<Map<string, Decimal> | undefined> {
  const all = await sizesHeld(parts, [], failures);
  if (all === undefined) return undefined;
  const { holdings } = parts;
  const missing = holdings.symbols().filter((symbol) => !all.has(symbol) && !isZero(holdings.expected(symbol)));
  const named = missing.length === 0 ? new Map<string, Decimal>() : await sizesHeld(parts, missing, failures);
  return named === undefined ? undefined : new Map([...all, ...named]);
}

async function sizesHeld(
  { broker, clock, deadlines }: SweepParts,
  symbols: readonly string[],
  failures: string[],
): Promise<Map<string, Decimal> | undefined> {
  const outcome = await callBroker(clock, deadlines.positionsMs, (signal) => broker.getPositions(symbols, signal));
  const sizes = outcome.kind === 'answered' ? sizesBySymbol(outcome.value) : undefined;
  if (sizes === undefined)
    failures.push(`positions: ${outcome.kind === 'answered' ? 'unreadable answer' : outcome.cause}`);
  return sizes;
}

/**
 * The exits may close more of the position while they are asked: a position that is not as expected is read once more,
 * between two looks at them.
 */
async function difference(
  parts: SweepParts,
  symbol: string,
  shown: Decimal,
  findings: Findings,
): Promise<Difference | undefined> {
  const wanted = expectedRange(parts, symbol);
  if (isWithin(shown, wanted)) return undefined;
  const sizes = await sizesHeld(parts, [symbol], findings.failures);
  if (sizes === undefined) return undefined;
  const actual = sizes.get(symbol) ?? ZERO;
  if (isWithin(actual, wanted)) return undefined;
  const own = parts.protections.watched().filter(({ context }) => context.symbol === symbol);
  await askExits(parts, own, findings);
  if (findings.unanswered.has(symbol)) return undefined;
  const wantedNow = expectedRange(parts, symbol);
  if (isWithin(actual, wantedNow)) return undefined;
  const isBetween = lessThan(actual, wanted.least) !== lessThan(actual, wantedNow.least);
  if (isBetween) return undefined;
  const unknown = own.filter(({ context }) => findings.unfound.has(context.clientOrderId));
  if (isWithin(actual, widened(wantedNow, unknown))) {
    const names = unknown.map(({ context }) => context.clientOrderId).join(', ');
    const { wanted: told } = outside(actual, wantedNow);
    findings.failures.push(
      `position ${symbol}: expected ${told}, found ${actual}; the broker does not know the exits of ${names}, which may have closed it`,
    );
    return undefined;
  }
  return outside(actual, wantedNow);
}

const expectedRange = ({ holdings, cases }: SweepParts, symbol: string): Range =>
  shifted(acceptedIn(cases.all(), symbol, holdings.heldIn(symbol)), holdings.expected(symbol));

/** The range, with all that exits may have closed of which nobody knows what became. */
function widened({ least, most }: Range, unknown: readonly EndedPosition[]): Range {
  const sizes = unknown.map(({ context }) => heldBy(context));
  return {
    least: sizes.filter(isPositive).reduce(subtract, least),
    most: sizes.filter((size) => !isPositive(size)).reduce(subtract, most),
  };
}

const outside = (actual: Decimal, { least, most }: Range): Difference => ({
  wanted: lessThan(actual, least) ? least : most,
  actual,
});

/** Runs `task` over the items, a few at a time: a start must not flood the broker. */
async function inTurns<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  for (let next = 0; next < items.length; next += AT_ONCE) {
    await Promise.all(items.slice(next, next + AT_ONCE).map(task));
  }
}

const AT_ONCE = 8;

function kindOf(wanted: Decimal, actual: Decimal): readonly [CaseKind, ReasonCode] {
  if (isZero(wanted)) return ['PHANTOM_POSITION', 'PHANTOM_POSITION'];
  return isZero(actual) ? ['MISSING_POSITION', 'MISSING_POSITION'] : ['MISMATCH', 'POSITION_SIZE'];
}

function sizesBySymbol(raw: unknown): Map<string, Decimal> | undefined {
  if (!Array.isArray(raw)) return undefined;
  const sizes = new Map<string, Decimal>();
  for (const row of raw as readonly unknown[]) {
    const { symbol, size } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
    const read = parseVenueDecimal(size);
    if (typeof symbol !== 'string' || read === undefined) return undefined;
    sizes.set(symbol, add(sizes.get(symbol) ?? ZERO, read));
  }
  return sizes;
}
