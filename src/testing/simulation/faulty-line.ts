/**
 * The seeded front of the venue: the line to it, with everything on it that goes wrong at brokers.
 *
 * 1. A fault changes what is told, or whether a request arrives; what the venue then makes of it is the venue's truth.
 * 2. Every call is shown to the observer before anything is done about it.
 * 3. Every fault that happened is counted by its name.
 */
import { Subject } from 'rxjs';
import type {
  BrokerAdapter,
  BrokerCapabilities,
  CancelOutcome,
  Clock,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
  SubmitOutcome,
} from '../../domain/ports.js';
import { carried } from '../venue/venue-line.js';
import type { VenuePort } from '../venue/venue-port.js';
import type { Random } from './random.js';

interface FaultyLineOptions {
  readonly clock: Clock;
  readonly port: VenuePort;
  /** Part of each fill that goes off as fee, in what the order receives. */
  readonly feeRate?: string;
  readonly random: Random;
  readonly capabilities: BrokerCapabilities;
  /** Probability that a call meets a fault. */
  readonly faultRate: number;
  readonly onCall: (method: string, argument: unknown) => void;
  readonly onFault: (name: string) => void;
  /** A report went out to whoever listens. */
  readonly onPush?: (report: OrderReport) => void;
}

export interface FaultyLine extends BrokerAdapter {
  /** From now on nothing goes wrong. */
  mend(): void;
}

/** Faults of any call. `lost` never arrives; `hang` and `throw` arrive, and the answer does not. */
const OF_ANY_CALL = { hang: 2, lost: 1, throw: 2, throwAtOnce: 1, slow: 4, garbage: 2 } as const;
type AnyFault = keyof typeof OF_ANY_CALL;

const OF_SUBMIT = {
  ...OF_ANY_CALL,
  hang: 6,
  busy: 5,
  refused: 2,
  notSent: 4,
  duplicate: 3,
  unknown: 4,
  answersLate: 2,
  arrivesLate: 2,
  withoutId: 2,
} as const;
const OF_STATUS = { ...OF_ANY_CALL, notFound: 5, stale: 6, oddWord: 3, withoutPrice: 3 } as const;
const OF_CANCEL = { ...OF_ANY_CALL, unknown: 3, notFound: 2 } as const;
const OF_PROTECTION = { ...OF_ANY_CALL, busy: 4, oneLeg: 3, refused: 2 } as const;
const OF_POSITIONS = { ...OF_ANY_CALL, lag: 5, wrong: 2, withoutExits: 3 } as const;
const OF_INSTRUMENT = { ...OF_ANY_CALL, unknownSymbol: 1 } as const;
const OF_PUSH = { dropped: 3, repeated: 4, reordered: 4, gap: 2, garbage: 2 } as const;

const GARBAGE: readonly [unknown, ...unknown[]] = [
  {},
  '<html>502</html>',
  null,
  undefined,
  42,
  [],
  [null],
  { kind: 'accepted' },
];

const REFUSED = { kind: 'rejected', code: 'NO_MARGIN', reason: 'insufficient funds' } as const;
const BUSY = { kind: 'rejected', code: 'RATE_LIMIT', reason: 'too many requests', transient: true } as const;

export function faultyLine(options: FaultyLineOptions): FaultyLine {
  const { clock, port, random, capabilities, onCall, onFault, feeRate } = options;
  const pushed = new Subject<unknown>();
  let { faultRate } = options;

  function fault<Name extends string>(what: string, weights: Readonly<Record<Name, number>>): Name | undefined {
    if (!random.chance(faultRate)) return undefined;
    const name = random.weighted(weights);
    onFault(`${what}.${name}`);
    return name;
  }

  const later = <T>(ms: number, value: () => T): Promise<T> =>
    new Promise((resolve) => {
      clock.setTimeout(() => resolve(value()), ms);
    });

  /** What a fault of any call makes of one that would do `act`. */
  function spoiled<T>(name: AnyFault, act: () => T): Promise<T> {
    const call = { method: 'call', clock };
    if (name === 'throwAtOnce') return carried(call, 'throw-sync', act);
    if (name === 'slow') return carried(call, { lateMs: random.int(1, 4_000) }, act);
    return carried(call, name === 'garbage' ? { answer: random.pick(GARBAGE) } : name, act);
  }

  function answered<T>(method: string, argument: unknown, act: () => T, weights: Readonly<Record<AnyFault, number>>) {
    onCall(method, argument);
    const name = fault(method, weights);
    return name === undefined ? told(act()) : spoiled(name, act);
  }

  /** At once, or after the usual way there and back. */
  const told = <T>(value: T): Promise<T> =>
    random.chance(0.5) ? Promise.resolve(value) : later(random.int(1, 120), () => value);

  const accept = (order: OrderRequest): SubmitOutcome => port.submit(order);

  /** The venue tells of each change by itself, as well as the line lets it. */
  if (capabilities.push) {
    port.venue.listen((event) => {
      const report = port.push(event);
      if (report !== undefined) push(report, event.order.takenAt);
    });
  }

  function push(report: OrderReport, takenAt: number): void {
    const at = clock.monotonic();
    const name = fault('push', OF_PUSH);
    if (name === 'dropped') return;
    if (name === 'gap' || name === 'garbage') {
      pushed.next(name === 'gap' ? { type: 'gap' } : random.pick(GARBAGE));
      return;
    }
    options.onPush?.(report);
    pushed.next(report);
    if (name === 'repeated') pushed.next(report);
    if (name !== 'reordered') return;
    const older = port.status(report.clientOrderId, at - Math.min(at - takenAt, 2_000));
    if (older !== 'not_found') pushed.next(older);
  }

  function submitOrder(order: OrderRequest): Promise<SubmitOutcome> {
    onCall('submitOrder', order);
    const name = fault('submitOrder', OF_SUBMIT);
    const act = () => accept(order);
    switch (name) {
      case undefined:
        return told(act());
      case 'busy':
        return told(BUSY);
      case 'refused':
        return told(REFUSED);
      case 'notSent':
        return Promise.resolve({ kind: 'not_sent', reason: 'the queue is full' });
      case 'duplicate':
        act();
        return told({ kind: 'duplicate' });
      case 'unknown':
        if (random.chance(0.7)) act();
        return told({ kind: 'unknown', cause: 'HTTP 503' });
      case 'answersLate': {
        const value = act();
        return later(random.int(5_001, 9_000), () => value);
      }
      case 'arrivesLate':
        return later(random.int(1_000, 35_000), act);
      case 'withoutId':
        act();
        return told({ kind: 'accepted' } as SubmitOutcome);
      default:
        return spoiled(name, act);
    }
  }

  function getOrderStatus(ref: OrderRef): Promise<OrderReport | 'not_found'> {
    onCall('getOrderStatus', ref);
    const name = fault('getOrderStatus', OF_STATUS);
    const at = clock.monotonic();
    const report = port.status(ref.clientOrderId, name === 'stale' ? at - random.int(1, 5_000) : at);
    if (name === undefined || name === 'stale') return told(report);
    if (name === 'notFound') return told('not_found');
    if (name === 'oddWord') return told(report === 'not_found' ? report : { ...report, state: 'pending_review' });
    if (name === 'withoutPrice') return told(report === 'not_found' ? report : withoutPrice(report));
    return spoiled(name, () => report);
  }

  async function getOrderStatuses(refs: readonly OrderRef[]): Promise<readonly OrderReport[]> {
    const shown = refs.filter(() => fault('batch', { leftOut: 1 }) === undefined);
    const reports = shown.map((ref) => port.status(ref.clientOrderId));
    const found = reports.filter((report): report is OrderReport => report !== 'not_found');
    return answered('getOrderStatuses', refs, () => found, OF_ANY_CALL);
  }

  function cancelOrder(ref: OrderRef): Promise<CancelOutcome> {
    onCall('cancelOrder', ref);
    const name = fault('cancelOrder', OF_CANCEL);
    const act = () => port.cancel(ref.clientOrderId);
    if (name === undefined) return told(act());
    if (name === 'notFound') return told('not_found');
    if (name !== 'unknown') return spoiled(name, act);
    if (random.chance(0.5)) act();
    return told('unknown');
  }

  function placeProtection(request: ProtectionRequest): Promise<ProtectionOutcome> {
    onCall('placeProtection', request);
    const name = fault('placeProtection', OF_PROTECTION);
    const act = () => port.protect(request);
    if (name === undefined) return told(act());
    if (name === 'busy') return told({ stopLoss: BUSY, takeProfit: BUSY });
    if (name === 'refused') return told({ stopLoss: REFUSED, takeProfit: REFUSED });
    if (name === 'oneLeg') return told(port.protect(request, [random.pick(['sl', 'tp'])]));
    return spoiled(name, act);
  }

  function getPositions(symbols: readonly string[]): Promise<readonly PositionReport[]> {
    onCall('getPositions', symbols);
    const name = fault('getPositions', OF_POSITIONS);
    const at = clock.monotonic();
    const rows = port.positions(symbols, name === 'lag' ? at - random.int(1, 6_000) : at);
    if (name === undefined || name === 'lag') return told(rows);
    if (name === 'wrong')
      return told(rows.map((row) => ({ ...row, size: String(Number(row.size) + random.int(-50, 50)) })));
    if (name === 'withoutExits') return told(rows.map((row) => ({ ...row, protections: [] })));
    return spoiled(name, () => rows);
  }

  return {
    name: 'simulated',
    capabilities,
    connect: () => answered('connect', undefined, () => undefined, OF_ANY_CALL),
    instrument: (symbol) => {
      onCall('instrument', symbol);
      const name = fault('instrument', OF_INSTRUMENT);
      const rules = () => ({
        symbol,
        tickSize: '0.01',
        lotSize: '1',
        ...(feeRate !== undefined && { baseAsset: symbol }),
      });
      if (name === undefined) return told(rules());
      return name === 'unknownSymbol'
        ? told('unknown_symbol' as const)
        : spoiled<ReturnType<typeof rules>>(name, rules);
    },
    submitOrder,
    getOrderStatus,
    ...(capabilities.batchStatus && { getOrderStatuses }),
    getOpenOrders: () => answered('getOpenOrders', undefined, () => port.openOrders(), OF_ANY_CALL),
    cancelOrder,
    placeProtection,
    getPositions,
    ...(capabilities.push && { reports$: pushed as unknown as NonNullable<BrokerAdapter['reports$']> }),
    mend() {
      faultRate = 0;
    },
  };
}

function withoutPrice({ fillPrice: _price, ...report }: OrderReport): OrderReport {
  return report;
}
