/**
 * A broker that does exactly what a script says, faults included, on a clock of your own.
 *
 * 1. Times in a script are ms since the first submit call of that order: the T of the rules.
 * 2. The truth (orders, fills, position, exits) is the venue model's; faults stand between that truth and the caller.
 * 3. Every call is counted and listed, with the time at which it came.
 */

import { Subject } from 'rxjs';
import type {
  BrokerAdapter,
  BrokerCapabilities,
  CancelOutcome,
  Instrument,
  LegOutcome,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
  SubmitOutcome,
  WorkingProtection,
} from '../domain/ports.js';
import { checkFaultBroker, type FaultBrokerOptions } from './fault-options.js';
import {
  type BrokerMethod,
  type ExitScript,
  exitPlanOf,
  type Fault,
  isFault,
  type LegsScript,
  nth,
  type OrderScript,
  planOf,
} from './fault-script.js';
import { Venue } from './venue/venue.js';
import { carried } from './venue/venue-line.js';
import { isOver } from './venue/venue-order.js';
import type { OrderPlan } from './venue/venue-plan.js';
import { VenuePort } from './venue/venue-port.js';
import type { PlannedOrder } from './venue/venue-requests.js';
import { PLAIN_PROFILE, type VenueProfile } from './venue/venue-rules.js';

export type { FaultBrokerOptions } from './fault-options.js';
export type {
  BrokerMethod,
  ExitScript,
  Fault,
  LegsScript,
  OrderScript,
  ScriptedCorrection,
  ScriptedFill,
} from './fault-script.js';

/** One call that the scripted broker got. @public @since 0.1.0 */
export interface BrokerCall {
  readonly method: BrokerMethod;
  /** Monotonic ms of the clock. */
  readonly at: number;
  readonly clientOrderId?: string;
  readonly argument: unknown;
}

/** A broker that follows a script, faults included, and lists each call. @public @since 0.1.0 */
export interface FaultBroker extends BrokerAdapter {
  readonly calls: readonly BrokerCall[];
  /** Calls of one method, or of those that write. */
  count(method: BrokerMethod | 'writes', clientOrderId?: string): number;
  /** Pushes a raw report now. */
  push(report: unknown): void;
  /** What the venue behind it holds to be true; tests may act on it. */
  readonly venue: Venue;
  /** Reports on the order as the broker's truth has it now. */
  truth(clientOrderId: string): OrderReport | undefined;
}

/** An entry as the script wants it. */
interface Scripted {
  readonly script: OrderScript;
  readonly request: OrderRequest;
  readonly brokerOrderId: string;
  /** False: the venue never took it, whatever was answered. */
  readonly isLive: boolean;
  cancels: number;
  protections: number;
}

const WRITES: readonly BrokerMethod[] = ['submitOrder', 'cancelOrder', 'placeProtection'];

const DEFAULT_CAPABILITIES: BrokerCapabilities = {
  push: false,
  batchStatus: false,
  lookupByClientId: true,
  nativeOco: true,
  positions: 'netting',
  fractional: true,
  minPollMs: 0,
};

/** Makes a broker that follows a script on a clock of yours. @public @since 0.1.0 */
export function faultBroker(options: FaultBrokerOptions): FaultBroker {
  checkFaultBroker(options);
  const { clock } = options;
  const calls: BrokerCall[] = [];
  const orders = new Map<string, Scripted>();
  const submits = new Map<string, number>();
  const pushed = new Subject<OrderReport>();
  const venue = new Venue({
    clock,
    profile: profileOf(options),
    positions: options.positions ?? {},
    instruments: (symbol) => ({ symbol, ...assetOf(options.instruments?.[symbol]) }),
    plan: planFor,
  });
  const port = new VenuePort(venue, { tellsFills: options.tellsFills === true });
  if (options.tells === true) venue.listen((event) => pushIfAny(port.push(event)));

  const count = (method: BrokerMethod | 'writes', clientOrderId?: string): number =>
    calls.filter(
      (call) =>
        (method === 'writes' ? WRITES.includes(call.method) : call.method === method) &&
        (clientOrderId === undefined || call.clientOrderId === clientOrderId),
    ).length;

  const scriptFor = (order: OrderRequest): OrderScript =>
    typeof options.script === 'function' ? options.script(order) : (options.script ?? {});

  function planFor({ clientOrderId, role }: PlannedOrder): OrderPlan {
    const script = orders.get(entryIdOf(clientOrderId))?.script ?? {};
    return role === 'entry' ? planOf(script) : exitPlanOf(script.exits?.[legNameOf(clientOrderId)] ?? {});
  }

  /** Lists the call, lets a fault have its way, else answers with the truth. */
  function answer<T>(
    method: BrokerMethod,
    argument: unknown,
    clientOrderId: string | undefined,
    truth: () => T,
    scripted?: Fault,
  ): Promise<T> {
    calls.push({ method, at: clock.monotonic(), argument, ...(clientOrderId !== undefined && { clientOrderId }) });
    const configured = options.faults?.[method];
    const fault = scripted ?? (typeof configured === 'function' ? configured(count(method)) : configured);
    return carried({ method, clock }, fault, truth);
  }

  function beginOrder(request: OrderRequest, script: OrderScript, isLive: boolean): Scripted {
    const known = orders.get(request.clientOrderId);
    if (known !== undefined) return known;
    const brokerOrderId = `B-${orders.size + 1}`;
    const order: Scripted = { request, script, brokerOrderId, isLive, cancels: 0, protections: 0 };
    orders.set(request.clientOrderId, order);
    if (isLive) port.submit(request, brokerOrderId);
    for (const { at, report } of script.pushes ?? []) clock.setTimeout(() => push(report), at);
    return order;
  }

  function submitOrder(request: OrderRequest): Promise<SubmitOutcome> {
    const script = scriptFor(request);
    const tries = (submits.get(request.clientOrderId) ?? 0) + 1;
    submits.set(request.clientOrderId, tries);
    const outcome = isFault(script.submit) ? undefined : nth(script.submit, tries);
    const refuses = outcome?.kind === 'rejected' || outcome?.kind === 'not_sent';
    const isLive = script.live ?? !refuses;
    return answer(
      'submitOrder',
      request,
      request.clientOrderId,
      () => {
        const order = refuses && !isLive ? undefined : beginOrder(request, script, isLive);
        return outcome ?? { kind: 'accepted', brokerOrderId: order?.brokerOrderId ?? 'B-0' };
      },
      isFault(script.submit) ? script.submit : undefined,
    );
  }

  /** By our id, or else by the broker's. */
  function statusOf({ clientOrderId, brokerOrderId }: OrderRef): OrderReport | 'not_found' {
    const isNamed = orders.has(clientOrderId) || brokerOrderId === undefined;
    const named = isNamed ? undefined : [...orders.values()].find((order) => order.brokerOrderId === brokerOrderId);
    return port.status(named?.request.clientOrderId ?? clientOrderId);
  }

  /** The order as it stands, hidden or not. */
  function truth(clientOrderId: string): OrderReport | undefined {
    const order = venue.find({ clientOrderId, isHidden: true });
    return order === undefined ? undefined : port.report(order);
  }

  function cancelOrder(ref: OrderRef): Promise<CancelOutcome> {
    const order = orders.get(ref.clientOrderId);
    const scripted = order?.script.cancel;
    return answer(
      'cancelOrder',
      ref,
      ref.clientOrderId,
      once(() => {
        if (order === undefined || !order.isLive) return 'not_found';
        order.cancels += 1;
        const outcome = cancelTruth(order, scripted);
        const report = truth(ref.clientOrderId);
        const tells = order.script.cancelTells === true && typeof outcome === 'string' && report !== undefined;
        return tells ? { kind: outcome, report } : outcome;
      }),
      isFault(scripted) ? scripted : undefined,
    );
  }

  function cancelTruth({ request, cancels }: Scripted, scripted: OrderScript['cancel']): CancelOutcome {
    const { clientOrderId } = request;
    const order = venue.find({ clientOrderId, isHidden: true });
    if (order !== undefined && isOver(order)) return 'already_closed';
    const isPlain = scripted === undefined || typeof scripted === 'number' || isFault(scripted);
    const outcome = isPlain || scripted === 'confirm' || scripted === 'ignore' ? 'requested' : nth(scripted, cancels);
    const kind = typeof outcome === 'object' ? outcome.kind : outcome;
    if (kind === 'requested') venue.cancel({ clientOrderId, isHidden: true });
    return outcome ?? 'requested';
  }

  function placeProtection(request: ProtectionRequest): Promise<ProtectionOutcome> {
    const order = orders.get(request.clientOrderId);
    const scripted = order?.script.protection;
    return answer(
      'placeProtection',
      request,
      request.clientOrderId,
      once(() => {
        if (order === undefined) return { stopLoss: refusedLeg, takeProfit: refusedLeg };
        order.protections += 1;
        return placed(request, order, (isFault(scripted) ? undefined : nth(scripted, order.protections)) ?? {});
      }),
      isFault(scripted) ? scripted : undefined,
    );
  }

  /** A leg that the script answers for is there if the answer says so. */
  function placed(
    request: ProtectionRequest,
    { brokerOrderId, script }: Scripted,
    legs: LegsScript,
  ): ProtectionOutcome {
    const names = (['sl', 'tp'] as const).filter((name) => {
      const told = name === 'sl' ? legs.stopLoss : legs.takeProfit;
      return told === undefined || exists(told);
    });
    const made = port.protect(request, names);
    const answered = (name: 'sl' | 'tp', told: LegOutcome | undefined, truly: LegOutcome): LegOutcome => {
      if (told !== undefined) return told;
      // A repeat is told what the first was told.
      return truly.kind === 'duplicate' ? acceptedLeg(`${brokerOrderId}-${name}`, script.exits?.[name]) : truly;
    };
    return {
      stopLoss: answered('sl', legs.stopLoss, made.stopLoss),
      takeProfit: answered('tp', legs.takeProfit, made.takeProfit),
    };
  }

  function positionOf(symbol: string): PositionReport {
    const scripts = [...orders.values()].filter(({ request }) => request.symbol === symbol);
    const shown = scripts.find(({ script }) => script.positionShown !== undefined)?.script.positionShown;
    const exits = port.workingExits(symbol).map((exit) => hidden(exit, orders.get(exit.clientOrderId)?.script.hides));
    const last = exits.at(-1);
    return {
      symbol,
      size: shown ?? venue.position(symbol),
      ...(last?.stopLoss !== undefined && { sl: last.stopLoss }),
      ...(last?.takeProfit !== undefined && { tp: last.takeProfit }),
      ...(exits.length > 1 && { protections: exits }),
    };
  }

  function push(report: unknown): void {
    pushed.next(report as OrderReport);
  }

  function pushIfAny(report: OrderReport | undefined): void {
    if (report !== undefined) push(report);
  }

  const allSymbols = () =>
    new Set([...Object.keys(options.positions ?? {}), ...[...orders.values()].map(({ request }) => request.symbol)]);

  function face(): FaultBroker {
    return {
      name: 'fault',
      capabilities: { ...DEFAULT_CAPABILITIES, ...options.capabilities },
      reports$: pushed,
      calls,
      venue,
      count,
      push,
      truth,
      connect: () => answer('connect', undefined, undefined, () => undefined),
      instrument: (symbol) =>
        answer(
          'instrument',
          symbol,
          undefined,
          () => options.instruments?.[symbol] ?? { symbol, tickSize: '0.01', lotSize: '1' },
        ),
      submitOrder,
      getOrderStatus: (ref) => answer('getOrderStatus', ref, ref.clientOrderId, () => statusOf(ref)),
      getOrderStatuses: (refs) =>
        answer('getOrderStatuses', refs, undefined, () =>
          refs.map(statusOf).filter((report): report is OrderReport => report !== 'not_found'),
        ),
      cancelOrder,
      placeProtection,
      getPositions: (symbols) =>
        answer('getPositions', symbols, undefined, () =>
          (symbols.length === 0 ? [...allSymbols()] : symbols).map(positionOf),
        ),
      ...offered(options, port, answer),
    };
  }

  return face();
}

type Answer = <T>(
  method: BrokerMethod,
  argument: unknown,
  clientOrderId: string | undefined,
  truth: () => T,
) => Promise<T>;

/** What only some adapters offer. */
function offered(options: FaultBrokerOptions, port: VenuePort, answer: Answer): Partial<BrokerAdapter> {
  const { margin, exitsAllowed, quotes, openOrders, aliases, capacity } = options;
  return {
    ...(margin !== undefined && {
      checkMargin: (order: OrderRequest) => answer('checkMargin', order, order.clientOrderId, () => margin),
    }),
    ...(exitsAllowed !== undefined && {
      checkProtection: (request: ProtectionRequest) =>
        answer('checkProtection', request, request.clientOrderId, () => exitsAllowed),
    }),
    ...(quotes !== undefined && {
      quote: (symbol: string) => answer('quote', symbol, undefined, () => quotes[symbol] ?? {}),
    }),
    ...(openOrders === true && {
      getOpenOrders: () => answer('getOpenOrders', undefined, undefined, () => port.openOrders()),
    }),
    ...(aliases !== undefined && { aliases: (symbol: string) => aliases[symbol] ?? [] }),
    ...(capacity !== undefined && { capacity }),
  };
}

/** Net positions, with the fee rate that is wanted. The engine keeps the rules of instruments; the broker takes anything. */
function profileOf({ feeRate, placeholderId }: FaultBrokerOptions): VenueProfile {
  return {
    ...PLAIN_PROFILE,
    ...(feeRate !== undefined && { fee: { rate: feeRate, in: 'received' } }),
    ...(placeholderId !== undefined && { placeholderId }),
  };
}

const assetOf = (instrument: Instrument | 'unknown_symbol' | undefined): { readonly base?: string } =>
  typeof instrument === 'object' && instrument.baseAsset !== undefined ? { base: instrument.baseAsset } : {};

const acceptedLeg = (brokerOrderId: string, exit: ExitScript | undefined): LegOutcome => ({
  kind: 'accepted',
  brokerOrderId,
  ...(exit?.worksFrom !== undefined && { state: 'pending' as const }),
});
const refusedLeg: LegOutcome = { kind: 'rejected', code: 'UNKNOWN_ORDER', reason: 'no such entry order' };
const exists = ({ kind }: LegOutcome): boolean => kind === 'accepted' || kind === 'duplicate';

const entryIdOf = (clientOrderId: string): string => clientOrderId.replace(/-(?:sl|tp)$/, '');
const legNameOf = (clientOrderId: string): 'sl' | 'tp' => (clientOrderId.endsWith('-sl') ? 'sl' : 'tp');

function hidden(exit: WorkingProtection, hides: OrderScript['hides'] = []): WorkingProtection {
  const { stopLoss, takeProfit, ...rest } = exit;
  return {
    ...rest,
    ...(stopLoss !== undefined && !hides.includes('sl') && { stopLoss }),
    ...(takeProfit !== undefined && !hides.includes('tp') && { takeProfit }),
  };
}

/** What a write makes of the truth, it makes once, however often its answer is put together. */
function once<T>(act: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => {
    done ??= { value: act() };
    return done.value;
  };
}
