/**
 * The exits of every position that is open, and what became of the latest that are not (B7).
 *
 * 1. One root actor a position, from the end of its execution until nothing is left to watch; then only its view is kept,
 *    and of those only the latest.
 * 2. A finished execution that holds a fill has its position here exactly once, also after a restart in between (A6); a case
 *    that a fact asked for, and that nobody wrote down before the process ended, is opened by the next one (M1).
 * 3. A fill of an exit that comes to light after the end is never dropped: a case (T5).
 */
import { type Observable, Subject } from 'rxjs';
import { type ProtectionHost, type ProtectionServices, protectionHost } from '../actors/protection-host.js';
import { type Decimal, lessThan, maximum, subtract, sum, ZERO } from '../domain/decimal.js';
import { EXIT_LEGS, type ExitLeg, exitIdOf, exitOf, readExitReport } from '../domain/exits.js';
import { hasFill } from '../domain/order.js';
import type { BrokerCapabilities, OrderRef } from '../domain/ports.js';
import { mismatch, type ObservedPosition } from '../domain/reconciliation.js';
import { type ExecutionContext, heldBy as heldByEntry, type LegState } from '../machines/execution.context.js';
import type { ProtectionCommandOf } from '../machines/protection.commands.js';
import { type ProtectionContext, workingRefs } from '../machines/protection.context.js';
import type { PlacedExit, ProtectionFact, ProtectionInput, SeenPosition } from '../machines/protection.facts.js';
import { type PositionView, positionViewOf } from '../views/position-view.js';
import { acceptedIn } from './accepted.js';
import { type Holdings, heldBy } from './holdings.js';

export interface ProtectionsParts extends Omit<ProtectionServices, 'askPosition' | 'onChange'> {
  readonly capabilities: BrokerCapabilities;
  readonly holdings: Holdings;
  readonly observePosition: (ref: OrderRef) => Promise<ObservedPosition>;
  /** What orders that are live have done in the symbol, and may do yet: signed, between two bounds. */
  readonly liveIn: (symbol: string) => { readonly least: Decimal; readonly most: Decimal };
  /** How many closed positions are kept to be shown. */
  readonly retained?: number;
}

export interface Protections {
  /** The execution is done. */
  take(context: ExecutionContext): void;
  /** A recorded fact, before `open`. */
  restore(advisoryId: string, fact: ProtectionFact): void;
  /** The journal is read: what it holds goes on, and what it lacks begins. */
  open(attempt: (what: object, act: () => void) => void): void;
  /** News of an exit, by its own id; of no concern when it is none of ours. */
  report(id: string, raw: unknown): void;
  absent(id: string): void;
  /** The net position of a symbol, as a sweep found it: who was lost may be gone. */
  seen(symbol: string, size: Decimal): void;
  /** Positions whose exits are not over. */
  watched(): readonly ProtectionHost[];
  /** Whether it has begun here, and is open or among the latest that are closed. */
  knows(clientOrderId: string): boolean;
  /** Every position that is open, then the latest that are closed, oldest first. */
  positions(): readonly PositionView[];
  readonly exits$: Observable<PositionView>;
  close(): void;
}

const RETAINED = 1_000;

type EndedPosition = Pick<ProtectionHost, 'context' | 'state'>;

export function protections(parts: ProtectionsParts): Protections {
  const { holdings, capabilities, time, cases, watch, retained = RETAINED } = parts;
  const open = new Map<string, ProtectionHost>();
  const closed = new Map<string, EndedPosition>();
  const exits$ = new Subject<PositionView>();
  let restored: Map<string, ProtectionFact[]> | undefined = new Map();
  let early: ExecutionContext[] = [];
  const services: ProtectionServices = { ...parts, askPosition, onChange };

  const viewOf = ({ context, state }: EndedPosition): PositionView => positionViewOf(context, state);

  function onChange(host: ProtectionHost, before: ProtectionContext): void {
    const { context, isOver } = host;
    if (context === before) return;
    holdings.set(context);
    if (isOver) retire(host);
    exits$.next(viewOf(host));
  }

  function retire(host: ProtectionHost): void {
    const { clientOrderId } = host.context;
    open.delete(clientOrderId);
    // The actor goes; what it came to is all that is kept.
    closed.set(clientOrderId, { context: host.context, state: host.state });
    for (const oldest of closed.keys()) {
      if (closed.size <= retained) break;
      closed.delete(oldest);
    }
  }

  /** What is known of everything else in the symbol. */
  function othersOf(context: ProtectionContext): { readonly least: Decimal; readonly most: Decimal } {
    const { symbol } = context;
    const known = subtract(holdings.expected(symbol), heldBy(context));
    const accepted = acceptedIn(cases.all(), symbol, holdings.heldIn(symbol));
    const live = parts.liveIn(symbol);
    return { least: sum([known, accepted.least, live.least]), most: sum([known, accepted.most, live.most]) };
  }

  async function askPosition(context: ProtectionContext): Promise<SeenPosition> {
    const { clientOrderId, symbol } = context;
    const observed = await parts.observePosition({ clientOrderId, symbol });
    if (observed.kind === 'position') {
      return { kind: 'position', size: observed.size, isOwn: !observed.netting, others: othersOf(context) };
    }
    return observed.kind === 'failed' ? { kind: 'failed', cause: observed.cause } : { kind: 'untold' };
  }

  function begin(context: ExecutionContext): void {
    const input = protectionInputOf(context, capabilities);
    if (input === undefined || open.has(input.clientOrderId) || closed.has(input.clientOrderId)) return;
    const host = protectionHost(services);
    open.set(input.clientOrderId, host);
    host.send({ type: 'START', at: time(), input });
    // What was told of the exits before is not told again; what can have changed is asked for.
    if (context.protection.hasExitFilled === true) void watch.query(workingRefs(host.context).map(({ ref }) => ref));
  }

  function goOn(facts: readonly ProtectionFact[]): void {
    const [first] = facts;
    if (first?.type !== 'START') return;
    const host = protectionHost(services);
    open.set(first.input.clientOrderId, host);
    for (const asked of host.replay(facts)) raiseUnlessKnown(host.context, asked);
    if (!host.isOver) host.send({ type: 'RECOVERED', at: time() });
  }

  /** A process that ended between a fact and its case leaves the case to the next one (M1). */
  function raiseUnlessKnown(
    { symbol, advisoryId, snapshotHash }: ProtectionContext,
    { kind, mismatches }: ProtectionCommandOf<'openCase'>,
  ): void {
    const told = cases.all().filter((known) => known.advisoryId === advisoryId);
    const isKnown = (message: string) =>
      told.some((known) => known.mismatches.some((each) => each.message === message));
    if (mismatches.every(({ message }) => isKnown(message))) return;
    void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
  }

  function tellLate({ context }: EndedPosition, leg: ExitLeg, raw: unknown): void {
    const { clientOrderId, symbol, advisoryId, snapshotHash } = context;
    const id = exitIdOf(clientOrderId, leg);
    const report = readExitReport(raw, { clientOrderId: id });
    const known = context.exits.find((exit) => exit.leg === leg)?.cumQty ?? ZERO;
    if (report === undefined || !lessThan(known, report.cumQty)) return;
    const message = `Exit ${id} filled ${report.cumQty} after the position had ended with ${known}: the position is reversed`;
    const mismatches = [mismatch('POSITION_REVERSED', known, report.cumQty, message)];
    void cases.raise({ kind: 'POSITION_REVERSED', symbol, advisoryId, snapshotHash, mismatches });
  }

  return {
    take(context) {
      holdings.noteBaseline(context);
      if (restored === undefined) begin(context);
      else early.push(context);
    },
    restore(advisoryId, fact) {
      const facts = restored?.get(advisoryId);
      if (facts === undefined) restored?.set(advisoryId, [fact]);
      else facts.push(fact);
    },
    open(attempt) {
      const lives = restored ?? new Map<string, ProtectionFact[]>();
      restored = undefined;
      for (const [advisoryId, facts] of lives) attempt({ advisoryId, stream: 'protection' }, () => goOn(facts));
      for (const context of early) {
        const { advisoryId } = context;
        if (!lives.has(advisoryId)) attempt({ advisoryId, stream: 'protection' }, () => begin(context));
      }
      early = [];
    },
    report(id, raw) {
      const exit = exitOf(id);
      if (exit === undefined) return;
      const host = open.get(exit.clientOrderId);
      const over = closed.get(exit.clientOrderId);
      if (host !== undefined) host.report(exit.leg, raw);
      else if (over !== undefined) tellLate(over, exit.leg, raw);
    },
    absent(id) {
      const exit = exitOf(id);
      if (exit !== undefined) open.get(exit.clientOrderId)?.send({ type: 'EXIT_ABSENT', at: time(), leg: exit.leg });
    },
    seen(symbol, size) {
      for (const host of [...open.values()]) {
        if (host.context.symbol !== symbol || host.state !== 'lost') continue;
        const seen = { kind: 'position', size, isOwn: false, others: othersOf(host.context) } as const;
        host.send({ type: 'POSITION_SEEN', at: time(), seen });
      }
    },
    watched: () => [...open.values()],
    knows: (clientOrderId) => open.has(clientOrderId) || closed.has(clientOrderId),
    positions: () => [...closed.values(), ...open.values()].map(viewOf),
    exits$: exits$.asObservable(),
    close() {
      for (const host of open.values()) host.abandon();
      watch.close();
      exits$.complete();
    },
  };
}

/** What the exits start from; `undefined` when the execution holds nothing. */
export function protectionInputOf(
  context: ExecutionContext,
  { nativeOco }: Pick<BrokerCapabilities, 'nativeOco'>,
): ProtectionInput | undefined {
  const { order, bracket, protection, advisoryId, snapshotHash, clientOrderId, snapshot } = context;
  if (!hasFill(order)) return undefined;
  const placed = (price: Decimal | undefined, state: LegState): PlacedExit | undefined =>
    price === undefined || state === 'none' || state === 'refused'
      ? undefined
      : { price, isPlaced: state === 'placed' };
  const sl = placed(bracket?.stopLoss, protection.stopLoss);
  const tp = placed(bracket?.takeProfit, protection.takeProfit);
  const isPlaced = sl !== undefined || tp !== undefined;
  // The same figure as that of the reconciliation: a fee in the coin is no position (B6).
  const held = heldByEntry(context);
  const quantity = isPlaced ? (bracket?.quantity ?? held) : held;
  return {
    advisoryId,
    snapshotHash,
    clientOrderId,
    symbol: snapshot.symbol,
    side: snapshot.side,
    quantity,
    unprotectedQuantity: maximum(ZERO, subtract(held, quantity)),
    ...(order.avgPrice !== undefined && { entryPrice: order.avgPrice }),
    openedAt: context.firstFillAt ?? context.startedAt,
    ...(sl !== undefined && { sl }),
    ...(tp !== undefined && { tp }),
    nativeOco,
  };
}

/** Ids that both exits of an entry have at the broker. */
export const exitIdsOf = (clientOrderId: string): readonly string[] =>
  EXIT_LEGS.map((leg) => exitIdOf(clientOrderId, leg));
