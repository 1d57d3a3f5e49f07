/**
 * Laws that are judged when a call goes out to the broker, on what is on record and on what the broker has proved so far.
 */
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import type { OrderRef, OrderReport, OrderRequest, ProtectionRequest } from '../../domain/ports.js';
import { epochMs } from '../../domain/time.js';
import { bracketOracle } from './bracket-oracle.js';
import type { Evidence } from './law-court.js';

export interface CallLaws {
  /** A call is about to reach the world. */
  onCall(method: string, argument: unknown): void;
  /** An answer that the process got to see. */
  onAnswer(method: string, argument: unknown, value: unknown): void;
  /** A new process. */
  onRestart(): void;
  /** Submit calls made for an order, by any process. */
  submits(clientOrderId: string): number;
  /** Cancel calls that went out for it. */
  cancels(clientOrderId: string): number;
  /** A change of one of its fills was told to a living engine. */
  wasTold(clientOrderId: string): boolean;
  onReport(report: unknown): void;
  /** Engine time of the first of them. */
  firstSubmitAt(clientOrderId: string): number | undefined;
  /** Awake time of the last status request for the order. */
  askedAt(clientOrderId: string): number | undefined;
  /** Position queries for single symbols, all told. */
  readonly positionQueries: number;
  /** Those of them that the process got no answer to. */
  readonly unansweredPositions: number;
  /** Questions about single exits that it got no answer to, one by one or in a batch. */
  readonly unansweredExits: number;
}

interface Submits {
  count: number;
  readonly firstAt: number;
  readonly firstMonotonic: number;
  /** The last answer seen proves that nothing is live: the same order may be sent again (S5). */
  mayRepeat: boolean;
}

export function callLaws(evidence: Evidence): CallLaws {
  const { clock, journal, court } = evidence;
  const submits = new Map<string, Submits>();
  const cancels = new Map<string, number>();
  const told = new Set<string>();
  const asked = new Map<string, number>();
  let positionQueries = 0;
  let answeredPositions = 0;
  let unansweredExits = 0;
  let wasRestarted = false;

  function onSubmit(order: OrderRequest): void {
    const { clientOrderId, symbol } = order;
    const before = submits.get(clientOrderId);
    const at = clock.monotonic();
    court.demand(
      'L1',
      before === undefined || before.mayRepeat,
      () => `${clientOrderId} is sent again without a proof that nothing is live`,
    );
    judgeGate(order, before, at);
    const life = journal.life(clientOrderId);
    court.demand('L1', isIntentDurable(life), () => `${clientOrderId} is sent, and its intent is not durable`);
    const { side, positionSize, symbol: approved } = life?.advisory.snapshot ?? {};
    const isApproved = side === order.side && positionSize === order.quantity && approved === symbol;
    court.demand('L5', isApproved, () => `${clientOrderId} is sent, and is not what was approved`);
    const firstAt = before?.firstAt ?? journal.engineTime(at);
    const firstMonotonic = before?.firstMonotonic ?? at;
    submits.set(clientOrderId, { count: (before?.count ?? 0) + 1, firstAt, firstMonotonic, mayRepeat: false });
  }

  /** L2: read from the record in the very turn of the call. */
  function judgeGate({ clientOrderId, symbol }: OrderRequest, before: Submits | undefined, at: number): void {
    const snapshot = journal.life(clientOrderId)?.advisory.snapshot;
    const state = journal.stateFor(symbol);
    court.demand(
      'L2',
      state !== 'ACTIVE',
      () => `${clientOrderId} is sent while a kill switch is ACTIVE for ${symbol}`,
    );
    const isValid = snapshot !== undefined && clock.now() < epochMs(snapshot.expirationTimestamp);
    court.demand('L2', isValid, () => `${clientOrderId} is sent after its expiry`);
    // After a restart the engine's T is that of its own clock, which a wall clock set back may have held up.
    const isInTime = before === undefined || wasRestarted || at - before.firstMonotonic < HARD_TIMEOUT_MS;
    court.demand('L2', isInTime, () => `${clientOrderId} is sent at T ≥ 30 s`);
    const blocking = journal.blockingCase(symbol, evidence.policy);
    court.demand('L2', blocking === undefined, () => `${clientOrderId} is sent while ${blocking?.caseId} is open`);
  }

  function onReport(report: unknown): void {
    const { correction, clientOrderId } = (report ?? {}) as Partial<OrderReport>;
    if (correction !== undefined && clientOrderId !== undefined) told.add(clientOrderId);
  }

  function onCancel({ clientOrderId }: OrderRef): void {
    cancels.set(clientOrderId, (cancels.get(clientOrderId) ?? 0) + 1);
    const facts = journal.life(clientOrderId)?.facts ?? [];
    court.demand('L5', facts.length > 0, () => `${clientOrderId}, which is no entry order, is cancelled`);
    // On a full disk the reason is not on record; a cancel lessens risk and goes out all the same.
    if (evidence.diskFailed()) return;
    const isWanted = facts.some(
      (fact) =>
        (fact.type === 'DEADLINE' && fact.name === 'hardTimeout') ||
        (fact.type === 'KILL_SWITCH' && fact.state === 'ACTIVE' && fact.switchType !== 'RISK_LIMIT'),
    );
    court.demand(
      'L15',
      isWanted,
      () => `${clientOrderId} is cancelled, and neither a kill switch nor T = 30 s wants that`,
    );
  }

  function onProtection(request: ProtectionRequest): void {
    const { clientOrderId } = request;
    const life = journal.life(clientOrderId);
    const order = evidence.venue.find({ clientOrderId, isHidden: true });
    if (life === undefined || order === undefined) {
      court.demand('L4', false, () => `protection for ${clientOrderId}, which is not on record`);
      return;
    }
    const wanted = bracketOracle(evidence.venue, order, life.advisory.snapshot);
    const asks = `${request.side} ${request.quantity} SL ${request.stopLoss} TP ${request.takeProfit}`;
    court.demand(
      'L4',
      wanted.includes(asks),
      () => `${clientOrderId}: asked for ${asks}; right is ${wanted.join(' or ')}`,
    );
    if (evidence.diskFailed()) return;
    const isOnRecord = life.facts
      .slice(0, life.durable)
      // A fee in the asset itself goes off what is protected (B6).
      .some((fact) => fact.type === 'ORDER_REPORT' && Number(fact.report.cumQty) >= Number(request.quantity));
    court.demand('L12', isOnRecord, () => `${clientOrderId} is protected before its fill is durable`);
    const isAtOnce = life.committedAt === clock.monotonic();
    court.demand('L12', isAtOnce, () => `${clientOrderId} is protected later than what caused it was durable`);
  }

  function onQuestions(refs: readonly OrderRef[]): void {
    for (const { clientOrderId } of refs) asked.set(clientOrderId, evidence.awakeMs());
    unansweredExits += refs.filter(isOfExit).length;
  }

  function onAnswers(values: readonly unknown[]): void {
    unansweredExits -= values.filter(isOfExit).length;
    values.forEach(onReport);
  }

  return {
    onCall(method, argument) {
      if (method === 'submitOrder') onSubmit(argument as OrderRequest);
      else if (method === 'cancelOrder') onCancel(argument as OrderRef);
      else if (method === 'placeProtection') onProtection(argument as ProtectionRequest);
      else if (method === 'getOrderStatus') onQuestions([argument as OrderRef]);
      else if (method === 'getOrderStatuses') onQuestions(argument as readonly OrderRef[]);
      else if (method === 'getPositions' && isForSymbols(argument)) positionQueries += 1;
    },
    onAnswer(method, argument, value) {
      const known = method === 'submitOrder' ? submits.get((argument as OrderRequest).clientOrderId) : undefined;
      if (known !== undefined) known.mayRepeat = isProofOfNothing(value);
      if (method === 'getPositions' && isForSymbols(argument) && Array.isArray(value)) answeredPositions += 1;
      if (method === 'getOrderStatus') onAnswers([value]);
      if (method === 'getOrderStatuses' && Array.isArray(value)) onAnswers(value);
    },
    onRestart() {
      wasRestarted = true;
      asked.clear();
    },
    submits: (clientOrderId) => submits.get(clientOrderId)?.count ?? 0,
    cancels: (clientOrderId) => cancels.get(clientOrderId) ?? 0,
    wasTold: (clientOrderId) => told.has(clientOrderId),
    onReport,
    firstSubmitAt: (clientOrderId) => submits.get(clientOrderId)?.firstAt,
    askedAt: (clientOrderId) => asked.get(clientOrderId),
    get positionQueries() {
      return positionQueries;
    },
    get unansweredPositions() {
      return positionQueries - answeredPositions;
    },
    get unansweredExits() {
      return unansweredExits;
    },
  };
}

/** A question about an exit, or an answer that names one. */
const isOfExit = (about: unknown): boolean =>
  /-(?:sl|tp)$/.test(String((about as { readonly clientOrderId?: unknown } | null)?.clientOrderId));

const isForSymbols = (argument: unknown): boolean => (argument as readonly string[]).length > 0;

/** Every fact so far is durable, and the broker's answer is among them. */
const isIntentDurable = (life: ReturnType<Evidence['journal']['life']>): boolean =>
  life?.facts.slice(0, life.durable).some(({ type }) => type === 'BROKER_ASKED') === true;

/** Nothing left the process, or the broker was busy: nothing else allows a repeat (S5). */
function isProofOfNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, transient } = value as { readonly kind?: unknown; readonly transient?: unknown };
  return kind === 'not_sent' || (kind === 'rejected' && transient === true);
}
