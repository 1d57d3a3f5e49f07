/**
 * The exits of every position that is open, and what became of the latest that are not (B7).
 *
 * 1. One root actor a position, from the end of its execution until nothing is left to watch; then only its view is kept,
 *    and of those only the latest.
 * 2. A finished execution that holds a fill has its position here exactly once, also after a restart in between (A6); a case
 *    that a fact asked for, and that nobody wrote down before the process ended, is opened by the next one (M1).
 * 3. A fill of an exit that comes to light after the end is never dropped, nor is one that is taken back or changed: a case
 *    (T5, P8).
 */
import { type Observable, Subject } from 'rxjs';
import { untoldOf } from '../actors/exit-cases.js';
import { movedFrom } from '../actors/moved-since-end.js';
import { type ProtectionHost, type ProtectionServices, protectionHost } from '../actors/protection-host.js';
import { within } from '../actors/within.js';
import { exitSide } from '../domain/bracket.js';
import { type Decimal, isPositive, lessThan, maximum, subtract, sum, ZERO } from '../domain/decimal.js';
import { EXIT_LEGS, type ExitLeg, exitIdOf, exitOf, readExitReport } from '../domain/exits.js';
import { hasFill } from '../domain/order.js';
import type { BrokerCapabilities, OrderRef } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { ReasonCode } from '../domain/reasons.js';
import { type Mismatch, mismatch, type ObservedPosition } from '../domain/reconciliation.js';
import {
  type ExecutionContext,
  exitPrices,
  heldBy as heldByEntry,
  type LegState,
} from '../machines/execution.context.js';
import type { ProtectionCommandOf } from '../machines/protection.commands.js';
import { type ProtectionContext, restOf, workingRefs } from '../machines/protection.context.js';
import type { PlacedExit, ProtectionFact, ProtectionInput, SeenPosition } from '../machines/protection.facts.js';
import { positionWord } from '../machines/protection.updates.js';
import { type PositionView, positionViewOf } from '../views/position-view.js';
import { acceptedIn } from './accepted.js';
import { coverNow, tellExitCorrection } from './exit-corrections.js';
import { type Holdings, heldBy } from './holdings.js';

export interface ProtectionsParts extends Omit<ProtectionServices, 'askPosition' | 'onChange'> {
  readonly capabilities: BrokerCapabilities;
  readonly holdings: Holdings;
  readonly observePosition: (ref: OrderRef) => Promise<ObservedPosition>;
  /** What orders that are live have done in the symbol, and may do yet: signed, between two bounds. */
  readonly liveIn: (symbol: string) => { readonly least: Decimal; readonly most: Decimal };
  /** So much of a position is closed; `isOver` once nothing more is to come. */
  readonly onClosing: (context: ProtectionContext, closed: Decimal, isOver: boolean) => void;
  /** In an earlier process the venue took back so much of what the exits of an entry had closed. */
  readonly onReopened: (context: ProtectionContext, quantity: Decimal) => void;
  /** An open position has its exits at these prices. */
  readonly holdExits: (symbol: string, clientOrderId: string, prices: readonly Decimal[]) => void;
  /** Its execution is in memory: it is live, or has just ended, and the journal has no position of it that is over. */
  readonly isInMemory: (clientOrderId: string) => boolean;
  /** A position that is over, from the journal. @throws when that cannot be read */
  readonly endedPosition: (
    by: { readonly advisoryId: string } | { readonly clientOrderId: string },
  ) => EndedPosition | undefined;
  /** A position begins, with the end of this execution. */
  readonly onBegun: (context: ExecutionContext) => void;
  /** A position is over. */
  readonly onRetired: (clientOrderId: string) => void;
  /** How many closed positions are kept to be shown. */
  readonly retained?: number;
}

export interface Protections {
  /** The execution is done. */
  take(context: ExecutionContext): void;
  /** Goes on with an open position, from its recorded facts. */
  goOn(facts: readonly ProtectionFact[]): void;
  /** Advisories whose positions are the latest that closed, oldest first. */
  restoreClosed(advisoryIds: readonly string[]): void;
  /** News of an exit, by its own id; of no concern when it is none of ours. */
  report(id: string, raw: unknown): void;
  absent(id: string): void;
  /** The net position of a symbol, as a sweep found it: who was lost may be gone. */
  seen(symbol: string, size: Decimal): void;
  /** Positions whose exits are not over. */
  watched(): readonly ProtectionHost[];
  /** Every position that is open, then the latest that are closed, oldest first. */
  positions(): readonly PositionView[];
  readonly exits$: Observable<PositionView>;
  /** Symbols whose position does not fit what is known, or was not compared, while an exit of it is in doubt. */
  readonly unclear$: Observable<string>;
  markUnclear(symbol: string): void;
  /** What the exits of an entry cover now, in words; `undefined` when nothing is known of them. */
  coverOf(clientOrderId: string): string | undefined;
  /** Asks once for the exits that work in the symbol; resolves when what they say is known, or nobody says it. */
  lookAt(symbol: string): Promise<void>;
  /** By advisory. */
  state(): { readonly open: readonly string[]; readonly closed: readonly string[] };
  close(): void;
}

/** Exits that are looked at for a reconciliation. */
const MOST_LOOKED_AT = 8;
const LOOK_LIMIT_MS = 2_500;

/** Closed positions that are shown; older ones are found in the journal. */
export const RETAINED = 250;

export type EndedPosition = Pick<ProtectionHost, 'context' | 'state'>;

export function protections(parts: ProtectionsParts): Protections {
  const { holdings, capabilities, time, cases, watch, retained = RETAINED } = parts;
  const [open, closed] = [new Map<string, ProtectionHost>(), new Map<string, EndedPosition>()];
  const [exits$, unclear$] = [new Subject<PositionView>(), new Subject<string>()];
  const closedAtEnd = firstOfEach();
  /** Closed before this process: read when somebody asks. */
  let closedBefore: readonly string[] = [];
  const services: ProtectionServices = { ...parts, askPosition, onChange };

  /** Written out once for each change, however often it is asked for. */
  const views = new WeakMap<ProtectionContext, PositionView>();

  function viewOf({ context, state }: EndedPosition): PositionView {
    const known = views.get(context);
    if (known?.state === state) return known;
    const view = positionViewOf(context, state);
    views.set(context, view);
    return view;
  }

  function onChange(host: ProtectionHost, before: ProtectionContext): void {
    const { context, isOver } = host;
    if (context === before) return;
    holdings.set(context);
    parts.onClosing(context, closedOf(context), isOver);
    if (isOver) retire(host);
    if (exits$.observed) exits$.next(viewOf(host));
  }

  function retire(host: ProtectionHost): void {
    const { clientOrderId } = host.context;
    open.delete(clientOrderId);
    parts.onRetired(clientOrderId);
    // The actor goes; what it came to is all that is kept.
    closed.set(clientOrderId, { context: host.context, state: host.state });
    forgetOldest();
  }

  function forgetOldest(): void {
    for (const oldest of closed.keys()) {
      if (closed.size <= retained) break;
      closed.delete(oldest);
    }
  }

  function readClosedBefore(): void {
    const before = closedBefore;
    closedBefore = [];
    const since = [...closed];
    closed.clear();
    for (const advisoryId of before.slice(Math.max(0, since.length + before.length - retained))) {
      const ended = endedOrNone({ advisoryId });
      if (ended !== undefined) closed.set(ended.context.clientOrderId, ended);
    }
    for (const [id, ended] of since) closed.set(id, ended);
    forgetOldest();
  }

  /** A journal that cannot be read now shows nothing, and ends nothing. */
  function endedOrNone(by: Parameters<ProtectionsParts['endedPosition']>[0]): EndedPosition | undefined {
    try {
      return parts.endedPosition(by);
    } catch (error) {
      parts.recorder.say('error', { ...by, cause: causeOf(error) }, 'a closed position cannot be read');
      return undefined;
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
      const { size, netting } = observed;
      const seen = { kind: 'position', size, isOwn: !netting, others: othersOf(context) } as const;
      if (positionWord(context, { type: 'POSITION_SEEN', at: time(), seen }) === 'unknown') unclear$.next(symbol);
      return seen;
    }
    return observed.kind === 'failed' ? { kind: 'failed', cause: observed.cause } : { kind: 'untold' };
  }

  function begin(context: ExecutionContext): void {
    const input = protectionInputOf(context, capabilities);
    if (input === undefined || open.has(input.clientOrderId) || closed.has(input.clientOrderId)) return;
    const host = protectionHost(services);
    open.set(input.clientOrderId, host);
    parts.onBegun(context);
    host.send({ type: 'START', at: time(), input });
    // What was told of the exits before is not told again; what can have changed is asked for.
    if (context.protection.hasExitFilled === true) void watch.query(workingRefs(host.context).map(({ ref }) => ref));
  }

  function goOn(facts: readonly ProtectionFact[]): void {
    const [first] = facts;
    if (first?.type !== 'START') return;
    const host = protectionHost(services);
    const { clientOrderId, symbol, sl, tp } = first.input;
    open.set(clientOrderId, host);
    const placed = [sl, tp].flatMap((exit) => (exit?.isPlaced === true ? [exit.price] : []));
    parts.holdExits(symbol, clientOrderId, placed);
    const { asked, reopened } = host.replay(facts);
    parts.onReopened(host.context, reopened);
    for (const each of asked) raiseUnlessKnown(host.context, each);
    if (!host.isOver) host.send({ type: 'RECOVERED', at: time() });
  }

  /** A process that ended between a fact and its case leaves the case to the next one (M1). */
  function raiseUnlessKnown(
    { symbol, advisoryId, snapshotHash }: ProtectionContext,
    asked: ProtectionCommandOf<'openCase'>,
  ): void {
    for (const { kind, mismatches } of untoldOf([asked], cases.all(), advisoryId))
      void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
  }

  /** What the venue took back is held again, as far as this process knows; the journal has a case of it. */
  function showAgain(context: ProtectionContext): void {
    const ended: EndedPosition = { context, state: 'lost' };
    closed.set(context.clientOrderId, ended);
    if (exits$.observed) exits$.next(viewOf(ended));
  }

  function tellLate(position: EndedPosition, leg: ExitLeg, raw: unknown): void {
    const { context } = position;
    const { clientOrderId, symbol, advisoryId, snapshotHash } = context;
    const id = exitIdOf(clientOrderId, leg);
    const report = readExitReport(raw, { clientOrderId: id });
    const known = context.exits.find((exit) => exit.leg === leg)?.cumQty ?? ZERO;
    if (report?.correction !== undefined) {
      const after = tellExitCorrection(parts, { context, leg, report, closedAtEnd: closedAtEnd(id, known) });
      if (after !== undefined && isPositive(restOf(after))) showAgain(after);
      return;
    }
    if (report === undefined || !lessThan(known, report.cumQty)) return;
    const mismatches = [filledAfterEnd(id, known, report.cumQty)];
    const moved = movedFrom(id, exitSide(context.side), closedAtEnd(id, known), report.cumQty);
    void cases.raise({ kind: 'POSITION_REVERSED', symbol, advisoryId, snapshotHash, mismatches, moved });
  }

  return {
    take(context) {
      holdings.noteBaseline(context);
      begin(context);
    },
    goOn,
    restoreClosed(advisoryIds) {
      closedBefore = advisoryIds;
    },
    report(id, raw) {
      const exit = exitOf(id);
      if (exit === undefined) return;
      const host = open.get(exit.clientOrderId);
      if (host !== undefined) {
        // First what a person must know: a fact whose case was not written down would be taken as told.
        const report = readExitReport(raw, { clientOrderId: id });
        if (report?.correction !== undefined)
          tellExitCorrection(parts, { context: host.context, leg: exit.leg, report });
        return host.report(exit.leg, raw);
      }
      const { clientOrderId } = exit;
      // Brokers push each exit when it is placed, before there is a position: that is no reason to read.
      const isRead = !closed.has(clientOrderId) && !parts.isInMemory(clientOrderId);
      const over = isRead ? endedOrNone({ clientOrderId }) : closed.get(clientOrderId);
      if (over !== undefined) tellLate(over, exit.leg, raw);
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
    positions() {
      readClosedBefore();
      return [...closed.values(), ...open.values()].map(viewOf);
    },
    state() {
      const own = (of: Iterable<Pick<ProtectionHost, 'context'>>) => [...of].map(({ context }) => context.advisoryId);
      return { open: own(open.values()), closed: [...closedBefore, ...own(closed.values())].slice(-retained) };
    },
    exits$: exits$.asObservable(),
    unclear$: unclear$.asObservable(),
    markUnclear: (symbol) => unclear$.next(symbol),
    coverOf: (id) => coverNow((open.get(id) ?? closed.get(id))?.context),
    async lookAt(symbol) {
      const hosts = [...open.values()].filter(({ context }) => context.symbol === symbol);
      const refs = hosts.flatMap(({ context }) => workingRefs(context).map(({ ref }) => ref));
      if (refs.length > 0)
        await within(parts.clock, LOOK_LIMIT_MS, watch.ask(refs.slice(0, MOST_LOOKED_AT)), undefined);
      // Whoever looks at a position sees all that has come to it.
      for (const host of hosts) void host.context;
    },
    close() {
      for (const host of open.values()) host.abandon();
      watch.close();
      exits$.complete();
      unclear$.complete();
    },
  };
}

/** What is closed of the position, by its exits or otherwise. */
export const closedOf = (context: ProtectionContext): Decimal => subtract(context.quantity, restOf(context));

export const filledAfterEnd = (id: string, known: Decimal, cumQty: Decimal): Mismatch =>
  mismatch(
    'POSITION_REVERSED',
    known,
    cumQty,
    `Exit ${id} filled ${cumQty} after the position had ended with ${known}: the position is reversed`,
  );

/** The first quantity that was known of each. */
function firstOfEach(): (id: string, known: Decimal) => Decimal {
  const first = new Map<string, Decimal>();
  return (id, known) => {
    if (!first.has(id)) first.set(id, known);
    return first.get(id) ?? known;
  };
}

/** What the exits start from; `undefined` when the execution holds nothing. */
export function protectionInputOf(
  context: ExecutionContext,
  { nativeOco }: Pick<BrokerCapabilities, 'nativeOco'>,
): ProtectionInput | undefined {
  const { order, bracket, protection, advisoryId, snapshotHash, clientOrderId, snapshot } = context;
  if (!hasFill(order)) return undefined;
  const placed = (price: Decimal | undefined, state: LegState, missing: ReasonCode): PlacedExit | undefined =>
    price === undefined || state === 'none' || state === 'refused'
      ? undefined
      : { price, isPlaced: state === 'placed' && !hasFound(context, missing) };
  const prices = exitPrices(context);
  const sl = placed(prices.stopLoss, protection.stopLoss, 'MISSING_SL');
  const tp = placed(prices.takeProfit, protection.takeProfit, 'MISSING_TP');
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

/** An exit that the broker took and did not show a moment later is in doubt until the broker tells of it: no view calls it working. */
const hasFound = ({ report }: ExecutionContext, missing: ReasonCode): boolean =>
  report?.mismatches.some(({ kind }) => kind === missing) === true;

/** Ids that both exits of an entry have at the broker. */
export const exitIdsOf = (clientOrderId: string): readonly string[] =>
  EXIT_LEGS.map((leg) => exitIdOf(clientOrderId, leg));
