/**
 * What a host owes a chart: the order of effects, the same for every host, in one process or over many (A4).
 *
 * A host holds a state and turns facts into the next one by `step(state, fact)`. For each fact, in this order:
 *
 * 1. **One at a time.** A fact that comes up while another is taken waits its turn. A `DEADLINE` that the state does not take
 *    (`takes`) has outlived its state: it is no fact, and leaves no record. Every other fact is taken and recorded, also when
 *    the chart makes nothing of it. A report that changes nothing (`applyReport`, `takes`) may be dropped before; one that
 *    changes nothing and asks for nothing but a case that is told by then (`isAskedAgain`) is dropped after the step.
 * 2. **Step, then record.** The fact goes down with the audit lines of its step, in the turn in which the step was taken:
 *    what the records say, in their order, is all that the state rests on (A3).
 * 3. **Commands are begun in the order of the list.** {@link WAITS_FOR} says what each waits for:
 *    - `nothing`: begun at once, in the turn of the step. It reads, or sets a timer.
 *    - `record`: begun when the record of the fact is durable, and of every case that stands before it in the list. When
 *      the record cannot become durable, `submitOrder` is answered by `SUBMIT_BLOCKED` with `JOURNAL_UNAVAILABLE`.
 *    - `recordForAMoment`: the same, but for {@link RISK_PATIENCE_MS} at most: what lessens risk goes out without its
 *      record rather than not at all (B2, K3); its ids make a repeat after a crash harmless.
 *    - `case`: the case goes down as a record of its own; what follows in the list waits for it as well.
 *    - `listeners`: begun when the record is durable and listeners have heard of all up to it.
 * 4. **Between the last look and the submit call nothing is awaited**: expiry, switches, cases, limits, hash and time are read
 *    in the very turn of the call (V, K2). The record `SUBMIT_STARTED` follows the call, and so does `CANCEL_STARTED`.
 * 5. **A command whose state has passed by then is not carried out**: `submitOrder` only in `submitted.ready`, `cancelOrder`
 *    only in `cancelling` and `timeout`.
 * 6. **Listeners** hear of a fact when its record is durable and its commands are begun, never before (E6).
 *
 * **Answers** come back as facts: {@link ANSWERED_BY}. No call stays unanswered: each has a deadline of its own (P7), and
 * silence is an answer (`unknown`).
 *
 * **Deadlines.** `scheduleDeadline` names an instant in engine ms. When it is reached, `DEADLINE` with that name comes back, at
 * once when it has passed already (T4). Asked for again under the same name, the later request stands. The ends of T1 are
 * inclusive (T2): what falls due at the very instant of `hardTimeout` or `lateWindow` goes first, and the order is looked at
 * once more before either is told. All deadlines end with the execution.
 *
 * **After a crash** a host folds the recorded facts through `step` from the first state on, carries out none of the commands,
 * and then sends `RECOVERED`. Everything that must be asked for again comes out of that step.
 */
import type { ExecutionCommand } from './execution.commands.js';
import type { ExecutionFact } from './execution.facts.js';

/** Longest wait of a cancel or a protection for its record (B2, K3): well inside the five seconds that SL and TP have. */
export const RISK_PATIENCE_MS = 1_000;

/** What a command waits for before it is begun. */
type Waiting = 'nothing' | 'record' | 'recordForAMoment' | 'case' | 'listeners';

export const WAITS_FOR: { readonly [Type in ExecutionCommand['type']]: Waiting } = {
  askBroker: 'nothing',
  submitOrder: 'record',
  watchOrder: 'nothing',
  unwatchOrder: 'nothing',
  queryOrder: 'nothing',
  lookAtOrder: 'nothing',
  watchExits: 'nothing',
  unwatchExits: 'nothing',
  cancelOrder: 'recordForAMoment',
  placeProtection: 'recordForAMoment',
  reconcile: 'nothing',
  scheduleDeadline: 'nothing',
  openCase: 'case',
  finish: 'listeners',
};

/** The facts by which a command is answered, in the order in which they come; none where nothing comes back. */
export const ANSWERED_BY: { readonly [Type in ExecutionCommand['type']]: readonly ExecutionFact['type'][] } = {
  askBroker: ['BROKER_ASKED'],
  submitOrder: ['SUBMIT_BLOCKED', 'SUBMIT_STARTED', 'SUBMIT_OUTCOME'],
  watchOrder: ['ORDER_REPORT'],
  unwatchOrder: [],
  queryOrder: ['ORDER_REPORT'],
  lookAtOrder: ['ORDER_REPORT', 'ORDER_LOOKED'],
  watchExits: ['EXIT_REPORT'],
  unwatchExits: [],
  cancelOrder: ['CANCEL_STARTED', 'CANCEL_OUTCOME'],
  placeProtection: ['PROTECTION_OUTCOME'],
  reconcile: ['RECONCILED'],
  scheduleDeadline: ['DEADLINE'],
  openCase: [],
  finish: [],
};
