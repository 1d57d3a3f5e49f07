/**
 * Reports of a broker on an execution's order and exits, read and held against what is known of them.
 *
 * 1. A report that says nothing new beside what is known, and what waits to be taken, is dropped; nothing else is (P2).
 * 2. One that shows more filled goes before what is only to be written down: it may ask for protection.
 * 3. After the end of the execution a fill, or a correction of one, is never dropped (T5, P8).
 */
import { lessThan } from '../domain/decimal.js';
import { type ExitLeg, exitIdOf, readExitReport } from '../domain/exits.js';
import { applyReport, type OrderFact, type OrderState, readOrderReport, saysNothingNew } from '../domain/order.js';
import type { Recorder } from '../journal/recorder.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import { takes } from '../machines/step.js';
import type { EngineTime } from './engine-time.js';
import type { Inbox } from './inbox.js';
import type { Urgency } from './turns.js';

/** The execution whose reports these are. */
export interface ReportsOwner {
  readonly snapshot: ExecutionSnapshot;
  /** What waits to be taken. */
  readonly facts: Pick<Inbox<ExecutionFact>, 'isEmpty'>;
  send(fact: ExecutionFact, urgency?: Urgency): void;
}

interface ReportsParts {
  readonly time: EngineTime;
  readonly recorder: Pick<Recorder, 'say'>;
  /** More filled than was accounted for (T5), or a fill taken back or changed (P8), after the end. */
  readonly onStrayFill: (context: ExecutionContext, report: OrderFact) => void;
}

export class Reports {
  readonly #owner: ReportsOwner;
  readonly #parts: ReportsParts;
  /** The order as it was when a report was put off that waits since, and as it is when that has been taken. */
  #before: OrderState | undefined;
  #ahead: OrderState | undefined;

  constructor(owner: ReportsOwner, parts: ReportsParts) {
    this.#owner = owner;
    this.#parts = parts;
  }

  /** A raw report on the order. */
  order(raw: unknown): void {
    const { snapshot } = this.#owner;
    if (snapshot.status === 'active' && saysNothingNew(raw, snapshot.context, this.#known(snapshot.context))) return;
    const report = readOrderReport(raw, snapshot.context);
    if (report === undefined) return;
    if (snapshot.status === 'active') this.#whileLive(snapshot.context, report);
    else this.afterTheEnd(report);
  }

  /** A raw report on an exit. Before the execution is done; afterwards the exits have a life of their own (B7). */
  exit(leg: ExitLeg, raw: unknown): void {
    const { snapshot, facts } = this.#owner;
    const report = readExitReport(raw, { clientOrderId: exitIdOf(snapshot.context.clientOrderId, leg) });
    if (report === undefined || snapshot.status !== 'active') return;
    const told = { type: 'EXIT_REPORT', at: this.#parts.time(), leg, report } as const;
    if (!facts.isEmpty || takes(snapshot, told)) this.#owner.send(told);
  }

  /** A report that is taken when the execution is done. */
  afterTheEnd(report: OrderFact): void {
    const { context } = this.#owner.snapshot;
    const isMore = lessThan(context.order.cumQty, report.cumQty);
    if (isMore || report.correction !== undefined) this.#parts.onStrayFill(context, report);
  }

  /** The order with the reports that wait; what waits besides may say nothing of it. */
  #known({ order }: ExecutionContext): OrderState {
    const isWaiting = this.#before === order && !this.#owner.facts.isEmpty;
    return isWaiting ? (this.#ahead ?? order) : order;
  }

  #whileLive(context: ExecutionContext, report: OrderFact): void {
    const known = this.#known(context);
    const ahead = applyReport(known, report);
    if (ahead === known) return;
    this.#before = context.order;
    this.#ahead = ahead;
    const { recorder, time } = this.#parts;
    if (ahead.fellTo !== known.fellTo && ahead.fellTo !== undefined) sayFallen(recorder.say, context, ahead.fellTo);
    const isMore = lessThan(known.cumQty, report.cumQty);
    this.#owner.send({ type: 'ORDER_REPORT', at: time(), report }, isMore ? 'act' : 'book');
  }
}

/** Less than is known, and no bust: nothing changes, and it is written down, here and in the journal (P8). */
function sayFallen(say: Recorder['say'], { advisoryId, clientOrderId, order }: ExecutionContext, told: string): void {
  const known = { advisoryId, clientOrderId, cumQty: order.cumQty, told };
  say('warn', known, 'a falling filled size that is not said to be a bust is ignored');
}
