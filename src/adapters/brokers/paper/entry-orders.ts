/**
 * Entry orders at the broker: submitted and cancelled.
 *
 * 1. A `clientOrderId` is taken once; the same again is a duplicate, whatever else it says.
 * 2. A cancel that is queued loses to a fill that comes first. A repeat does not put it off.
 */
import { decimal } from '../../../domain/decimal.js';
import type { CancelOutcome, OrderRequest, SubmitOutcome } from '../../../domain/ports.js';
import { type Answer, answer, HANG } from './answer.js';
import { entryRefusal, ruleAgainst } from './entry-checks.js';
import type { EntryLife } from './entry-life.js';
import { marketFills, scriptedFills } from './fill-plan.js';
import type { OrderStore } from './order-store.js';
import type { PaperOrder } from './paper-order.js';
import type { PaperScript, SubmitScript } from './paper-script.js';
import { drawMs, happens } from './random.js';
import { refusal } from './reject-codes.js';
import type { ScriptStore } from './script-store.js';
import type { PaperSettings } from './settings.js';

export interface EntryContext {
  readonly settings: PaperSettings;
  readonly store: OrderStore;
  readonly scripts: ScriptStore;
  readonly life: EntryLife;
}

export function submitEntry(request: OrderRequest, context: EntryContext): Answer<SubmitOutcome> {
  const { store, scripts } = context;
  if (store.has(request.clientOrderId)) return answer({ kind: 'duplicate' });
  const script = scripts.arrive(request);
  const step = scripts.nextTry(request.clientOrderId, 'submit', script.submit) ?? 'accept';
  const said = submitted(step, () => decide(request, script, context));
  return said === 'nothing' ? HANG : { kind: 'answer', value: said, afterMs: script.submitAnswerAfterMs ?? 0 };
}

/** What the caller is told: what the script says of the line, and what the broker decided if the order got there. */
function submitted(step: SubmitScript, decideNow: () => SubmitOutcome): SubmitOutcome | 'nothing' {
  if (typeof step === 'object') {
    return 'rejected' in step ? { kind: 'rejected', ...step.rejected } : { kind: 'not_sent', ...step.not_sent };
  }
  switch (step) {
    case 'accept':
      return decideNow();
    case 'unknown-but-live':
      decideNow();
      return { kind: 'unknown', cause: 'the answer was lost' };
    case 'unknown-and-lost':
      return { kind: 'unknown', cause: 'the connection was cut' };
    case 'hang':
      decideNow();
      return 'nothing';
    case 'hang-and-lost':
      return 'nothing';
  }
}

function decide(request: OrderRequest, script: PaperScript, context: EntryContext): SubmitOutcome {
  const { store, settings } = context;
  const refused = entryRefusal(request, store, settings) ?? chanceAgainst(request, script, settings);
  if (refused !== undefined) return { kind: 'rejected', ...refused };
  return { kind: 'accepted', brokerOrderId: accept(request, script, context).brokerOrderId };
}

interface Rejected {
  readonly code: string;
  readonly reason: string;
  readonly transient?: boolean;
}

function chanceAgainst(request: OrderRequest, script: PaperScript, settings: PaperSettings): Rejected | undefined {
  // A script that says what the submit comes to is not overruled.
  if (script.submit !== undefined) return undefined;
  const rule = ruleAgainst(request, settings.rejectRules);
  if (rule !== undefined) {
    return { code: rule.code, reason: rule.reason, ...(rule.transient === true && { transient: true }) };
  }
  const isRejected = happens(settings.rejectProbability, settings.seed, ['reject', request.clientOrderId]);
  return isRejected ? refusal('RANDOM_REJECT', '') : undefined;
}

function accept(request: OrderRequest, script: PaperScript, { store, life, settings }: EntryContext): PaperOrder {
  const { clientOrderId, symbol, side } = request;
  const quantity = decimal(request.quantity);
  const order = store.add({ clientOrderId, symbol, side, type: 'MARKET', quantity });
  const delayMs = drawMs(settings.fillDelayMs, settings.seed, ['fill', clientOrderId]);
  const lotSize = store.instrument(symbol)?.lotSize ?? quantity;
  const steps =
    script.fills === undefined
      ? marketFills(quantity, lotSize, settings.partialFills, delayMs)
      : scriptedFills(script.fills);
  life.begin(order, steps, script);
  return order;
}

/** Cancels an open entry that is in the books. */
export function cancelEntry(order: PaperOrder, context: EntryContext): Answer<CancelOutcome> {
  const { store, scripts, settings } = context;
  const step = scripts.nextTry(order.clientOrderId, 'cancel', scripts.lookUp(order).cancel) ?? 'confirm';
  if (step === 'already_closed' || step === 'not_found' || step === 'unknown') return answer(step);
  if (step === 'ignore') {
    store.change({ ...order, cancelRequested: true });
    return answer('requested');
  }
  const usualMs = () => drawMs(settings.cancelLatencyMs, settings.seed, ['cancel', order.clientOrderId]);
  queueCancel(order, typeof step === 'object' ? step.confirmAfterMs : usualMs(), context);
  if (step === 'hang') return HANG;
  return answer(step === 'unknown-but-live' ? 'unknown' : 'requested');
}

/** Several may be queued, after one that was ignored; the first that is due closes the order, the others find it closed. */
function queueCancel(order: PaperOrder, delayMs: number, { store, life }: EntryContext): void {
  if (delayMs > 0) store.change({ ...order, cancelRequested: true });
  life.closeLater(order, delayMs, 'cancelled', 'cancelled on request');
}
