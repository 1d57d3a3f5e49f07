/**
 * Reports of a broker on an execution's order and exits, read and held against what is known of them.
 *
 * 1. A report that says nothing new beside what is known, and what waits to be taken, is dropped; nothing else is (P2).
 * 2. One that shows more filled goes before what is only to be written down: it may ask for protection.
 * 3. After the end of the execution a fill, or a correction of one, is never dropped (T5, P8).
 */
import { lessThan } from '../domain/decimal.js';
import { type ExitLeg, exitIdOf, readExitReport } from '../domain/exits.js';
import { applyReport, type OrderFact, readOrderReport } from '../domain/order.js';
import type { Recorder } from '../journal/recorder.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import type { EngineTime } from './engine-time.js';
import type { Inbox } from './inbox.js';
import type { Urgency } from './turns.js';

export interface ReportsParts {
  readonly clientOrderId: string;
  readonly snapshot: () => ExecutionSnapshot;
  /** What waits to be taken. */
  readonly facts: Pick<Inbox<ExecutionFact>, 'isEmpty'>;
  readonly send: (fact: ExecutionFact, urgency?: Urgency) => void;
  readonly time: EngineTime;
  readonly say: Recorder['say'];
  /** More filled than was accounted for (T5), or a fill taken back or changed (P8), after the end. */
  readonly onStrayFill: (context: ExecutionContext, report: OrderFact) => void;
}

export interface Reports {
  /** A raw report on the order. */
  order(raw: unknown): void;
  /** A raw report on an exit. Before the execution is done; afterwards the exits have a life of their own (B7). */
  exit(leg: ExitLeg, raw: unknown): void;
  /** A report that is taken when the execution is done. */
  afterTheEnd(report: OrderFact): void;
}

export function reportsOf(parts: ReportsParts): Reports {
  const { clientOrderId, snapshot, facts, send, time, say, onStrayFill } = parts;
  /** The order as it is when all reports that wait have been taken. */
  let ahead = snapshot().context.order;

  function afterTheEnd(report: OrderFact): void {
    const { context } = snapshot();
    const isMore = lessThan(context.order.cumQty, report.cumQty);
    if (isMore || report.correction !== undefined) onStrayFill(context, report);
  }

  function whileLive(report: OrderFact): void {
    const { context } = snapshot();
    const known = facts.isEmpty ? context.order : ahead;
    ahead = applyReport(known, report);
    if (ahead === known) return;
    const { fellTo } = ahead;
    if (fellTo !== known.fellTo && fellTo !== undefined) sayFallen(say, context, fellTo);
    const isMore = lessThan(known.cumQty, report.cumQty);
    send({ type: 'ORDER_REPORT', at: time(), report }, isMore ? 'act' : 'book');
  }

  return {
    order(raw) {
      const report = readOrderReport(raw, { clientOrderId });
      if (report === undefined) return;
      if (snapshot().status === 'active') whileLive(report);
      else afterTheEnd(report);
    },
    exit(leg, raw) {
      const report = readExitReport(raw, { clientOrderId: exitIdOf(clientOrderId, leg) });
      if (report === undefined || snapshot().status !== 'active') return;
      const told = { type: 'EXIT_REPORT', at: time(), leg, report } as const;
      if (!facts.isEmpty || snapshot().can(told)) send(told);
    },
    afterTheEnd,
  };
}

/** Less than is known, and no bust: nothing changes, and it is written down, here and in the journal (P8). */
function sayFallen(say: Recorder['say'], { advisoryId, clientOrderId, order }: ExecutionContext, told: string): void {
  const known = { advisoryId, clientOrderId, cumQty: order.cumQty, told };
  say('warn', known, 'a falling filled size that is not said to be a bust is ignored');
}
