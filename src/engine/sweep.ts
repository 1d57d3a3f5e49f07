/**
 * The sweep: all open orders and positions at the broker against the journal (M3). It opens cases and corrects nothing.
 *
 * 1. Executions that are live are left to themselves; so are the symbols in which they trade.
 * 2. An order that ended without certainty is read again: what it filled meanwhile is a stray fill (T5).
 * 3. A position is expected to be what was there before the first execution, plus every fill, less what SL and TP closed.
 */

import { callBroker } from '../actors/calls.js';
import type { EngineTime } from '../actors/engine-time.js';
import type { Case, CaseKind } from '../domain/cases.js';
import { add, type Decimal, isZero, lessThan, negate, parseDecimal, subtract, sum, ZERO } from '../domain/decimal.js';
import type { CallDeadlines } from '../domain/limits.js';
import { hasFill, readOrderReport } from '../domain/order.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, Side } from '../domain/ports.js';
import type { ReasonCode } from '../domain/reasons.js';
import { mismatch } from '../domain/reconciliation.js';
import { isoTime } from '../domain/time.js';
import { orderRef } from '../machines/execution.context.js';
import type { CaseBook } from './cases.js';
import type { ExecutionHost } from './execution-host.js';

export interface SweepReport {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Orders looked at. */
  readonly orders: number;
  /** Symbols whose positions were compared. */
  readonly positions: number;
  /** Cases that were opened, or added to. */
  readonly cases: readonly Case[];
  /** What could not be asked; what it would have shown is unknown. */
  readonly failures: readonly string[];
}

export interface SweepParts {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly deadlines: CallDeadlines;
  readonly cases: CaseBook;
  readonly hosts: () => readonly ExecutionHost[];
}

export async function sweep(parts: SweepParts): Promise<SweepReport> {
  const failures: string[] = [];
  const known = new Set(parts.cases.open());
  const finished = parts.hosts().filter(({ snapshot }) => snapshot.status !== 'active');
  const open = await strayOrders(parts, failures);
  const uncertain = await uncertainOrders(parts, finished, failures);
  const positions = await positionsAgainstJournal(parts, finished, failures);
  return {
    at: isoTime(parts.time()),
    orders: open + uncertain,
    positions,
    cases: parts.cases.open().filter((now) => !known.has(now)),
    failures,
  };
}

/** Orders open at the broker that no live execution, and no protected position of ours, accounts for. */
async function strayOrders(
  { broker, clock, deadlines, hosts, cases }: SweepParts,
  failures: string[],
): Promise<number> {
  if (broker.getOpenOrders === undefined) return 0;
  const expected = () => hosts().flatMap((host) => expectedOpen(host));
  // What ends while the question is under way may still be open in the answer.
  const before = expected();
  const outcome = await callBroker(
    clock,
    deadlines.positionsMs,
    (signal) => broker.getOpenOrders?.(signal) ?? Promise.resolve([]),
  );
  if (outcome.kind !== 'answered' || !Array.isArray(outcome.value)) {
    failures.push(`open orders: ${outcome.kind === 'answered' ? 'unreadable answer' : outcome.cause}`);
    return 0;
  }
  const ours = new Set([...before, ...expected()]);
  const rows: readonly unknown[] = outcome.value;
  for (const row of rows) {
    const { clientOrderId, symbol } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
    if (typeof clientOrderId !== 'string' || typeof symbol !== 'string' || ours.has(clientOrderId)) continue;
    const message = `Expected no open order ${clientOrderId}, found it open in broker`;
    void cases.raise({ kind: 'STRAY_ORDER', symbol, mismatches: [mismatch('STRAY_ORDER', 'none', 'open', message)] });
  }
  return rows.length;
}

/** Ids that may be open: the entry of a live execution, and the legs of whatever holds a position. */
function expectedOpen({ snapshot, context, execution }: ExecutionHost): string[] {
  const { clientOrderId } = execution;
  const legs = hasFill(context.order) ? [`${clientOrderId}-sl`, `${clientOrderId}-tp`] : [];
  return snapshot.status === 'active' ? [clientOrderId, ...legs] : legs;
}

/** Orders whose end nobody saw: they are read once more. */
async function uncertainOrders(
  parts: SweepParts,
  finished: readonly ExecutionHost[],
  failures: string[],
): Promise<number> {
  const uncertain = finished.filter(
    ({ context }) => context.report !== undefined && !isCertain(context.report.brokerOrderState),
  );
  await inTurns(uncertain, async (host) => {
    const raw = await readOrder(parts, host.execution.clientOrderId, host);
    if (raw === undefined) failures.push(`order ${host.execution.clientOrderId}: no answer`);
    else host.report(raw);
  });
  return uncertain.length;
}

const isCertain = (state: string | undefined): boolean =>
  state !== undefined && ['filled', 'cancelled', 'rejected', 'expired'].includes(state);

async function readOrder(
  { broker, clock, deadlines }: SweepParts,
  clientOrderId: string,
  { context }: ExecutionHost,
): Promise<unknown> {
  const ref =
    clientOrderId === context.clientOrderId ? orderRef(context) : { clientOrderId, symbol: context.snapshot.symbol };
  const outcome = await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref, signal));
  return outcome.kind === 'answered' ? outcome.value : undefined;
}

async function positionsAgainstJournal(
  parts: SweepParts,
  finished: readonly ExecutionHost[],
  failures: string[],
): Promise<number> {
  const { capabilities, hosts, cases } = parts;
  if (capabilities.positions === 'none') return 0;
  const held = await positionsHeld(parts, finished, failures);
  if (held === undefined) return 0;
  // Whatever was live when the sweep began, or came since, may have traded between question and answer.
  const settled = new Set(finished);
  const isBusy = (symbol: string) => hosts().some((host) => !settled.has(host) && symbolOf(host) === symbol);
  const symbols = [...new Set([...held.keys(), ...finished.map(symbolOf)])].filter((symbol) => !isBusy(symbol));
  for (const symbol of symbols) {
    const found = await difference(parts, symbol, held.get(symbol) ?? ZERO, finished, failures);
    if (found === undefined || isBusy(symbol)) continue;
    const { wanted, actual } = found;
    const [kind, code] = kindOf(wanted, actual);
    const message = `Expected position ${wanted}, found ${actual} in broker`;
    void cases.raise({ kind, symbol, mismatches: [mismatch(code, wanted, actual, message)] });
  }
  return symbols.length;
}

/** Every position at the broker; what it leaves out is asked for by name, since "all" may mean less to some. */
async function positionsHeld(
  parts: SweepParts,
  finished: readonly ExecutionHost[],
  failures: string[],
): Promise<Map<string, Decimal> | undefined> {
  const all = await sizesHeld(parts, [], failures);
  const missing = [...new Set(finished.filter(holds).map(symbolOf))].filter((symbol) => all?.has(symbol) === false);
  const named = missing.length === 0 ? new Map<string, Decimal>() : await sizesHeld(parts, missing, failures);
  return all === undefined || named === undefined ? undefined : new Map([...all, ...named]);
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

const holds = ({ context }: ExecutionHost): boolean => hasFill(context.order) || !isZero(context.baseline);

const symbolOf = ({ execution }: ExecutionHost): string => execution.snapshot.symbol;

/**
 * Expected is what was there before the first execution, plus every fill, plus every difference that a person has
 * accepted by resolving its case, less what SL and TP have closed. The exits are asked for only when the rest does not
 * explain the position; they may close more of it while they are asked, so the position is then read between two looks
 * at them.
 */
async function difference(
  parts: SweepParts,
  symbol: string,
  shown: Decimal,
  finished: readonly ExecutionHost[],
  failures: string[],
): Promise<{ readonly wanted: Decimal; readonly actual: Decimal } | undefined> {
  const sent = finished.filter((host) => symbolOf(host) === symbol && host.context.attempts.length > 0);
  const holding = sent.filter(({ context }) => hasFill(context.order));
  const filled = holding.map(({ context }) => signed(context.snapshot.side, context.order.cumQty));
  const before = sent[0]?.context.baseline ?? ZERO;
  const expected = sum([before, ...filled, ...acceptedDifferences(parts.cases, symbol)]);
  if (expected === shown) return undefined;
  if (holding.length === 0) return { wanted: expected, actual: shown };

  const wanted = subtract(expected, await exitedBy(parts, holding));
  if (wanted === shown) return undefined;
  const sizes = await sizesHeld(parts, [symbol], failures);
  if (sizes === undefined) return { wanted, actual: shown };
  const actual = sizes.get(symbol) ?? ZERO;
  if (wanted === actual) return undefined;
  const wantedNow = subtract(expected, await exitedBy(parts, holding));
  return isBetween(actual, wanted, wantedNow) ? undefined : { wanted: wantedNow, actual };
}

const isBetween = (value: Decimal, one: Decimal, other: Decimal): boolean =>
  lessThan(one, other)
    ? !lessThan(value, one) && !lessThan(other, value)
    : !lessThan(value, other) && !lessThan(one, value);

/** What the exits of these executions have closed: signed like the position that they close. */
async function exitedBy(parts: SweepParts, holding: readonly ExecutionHost[]): Promise<Decimal> {
  return sum(await inTurns(holding, async (host) => signed(host.context.snapshot.side, await exited(parts, host))));
}

const signed = (side: Side, quantity: Decimal): Decimal => (side === 'buy' ? quantity : negate(quantity));

/** By how much the broker differed when a person resolved a case of an earlier sweep: it is taken as known since. */
function acceptedDifferences(cases: CaseBook, symbol: string): Decimal[] {
  return cases
    .all()
    .filter((known) => known.symbol === symbol && known.advisoryId === undefined && known.resolution !== undefined)
    .flatMap(({ mismatches }) => mismatches.filter(({ kind }) => POSITION_KINDS.includes(kind)).slice(-1))
    .map(({ expected, actual }) => subtract(parseDecimal(actual) ?? ZERO, parseDecimal(expected) ?? ZERO));
}

const POSITION_KINDS: readonly ReasonCode[] = ['PHANTOM_POSITION', 'MISSING_POSITION', 'POSITION_SIZE'];

/** Runs `task` over the items, a few at a time: a start must not flood the broker. */
async function inTurns<Item, Result>(items: readonly Item[], task: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let next = 0; next < items.length; next += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(next, next + AT_ONCE).map(task))));
  }
  return results;
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
    const read = parseDecimal(size);
    if (typeof symbol !== 'string' || read === undefined) return undefined;
    sizes.set(symbol, add(sizes.get(symbol) ?? ZERO, read));
  }
  return sizes;
}

/** How much of an execution's position its SL and TP have closed. */
async function exited(parts: SweepParts, host: ExecutionHost): Promise<Decimal> {
  const { clientOrderId } = host.execution;
  const legs = await Promise.all(
    ['sl', 'tp'].map(async (leg) => {
      const id = `${clientOrderId}-${leg}`;
      return readOrderReport(await readOrder(parts, id, host), { clientOrderId: id })?.cumQty ?? ZERO;
    }),
  );
  return legs.reduce(add, ZERO);
}
