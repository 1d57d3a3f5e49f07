/**
 * What an audit event says, in one line for a person. The whole of it is in the export.
 */
import type { AuditEvent, AuditRecord } from '../../domain/audit.js';
import type { Json, JsonObject } from '../../domain/canonical.js';

const text = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** The words that there are, with blanks between. */
const words = (...all: readonly string[]): string => all.filter((word) => word !== '').join(' ');
const clauses = (...all: readonly string[]): string => all.filter((clause) => clause !== '').join(', ');
/** The value after its name; nothing for none. */
const named = (name: string, value: Json | undefined): string => (text(value) === '' ? '' : `${name} ${text(value)}`);
const inBrackets = (value: string): string => (value === '' ? '' : `(${value})`);

const member = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[name] : undefined;

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** Sentences of mismatches, given as such or within objects. */
const sentences = (value: Json | undefined): string =>
  list(value)
    .map((item) => text(member(item, 'message') ?? item))
    .join('; ');

type Teller = (details: JsonObject) => string;

const order: Teller = ({ side, quantity, symbol }) => words(text(side), text(quantity), text(symbol));

const fill: Teller = ({ cumQty, quantity, avgPrice, stopLoss, takeProfit, slippagePct }) =>
  clauses(
    words(text(cumQty), named('of', quantity), named('@', avgPrice)),
    named('SL', stopLoss),
    named('TP', takeProfit),
    named('slippage %', slippagePct),
  );

const refusal: Teller = ({ outcome, reason, state }) =>
  clauses(
    text(member(outcome, 'code') ?? member(outcome, 'kind') ?? state),
    text(member(outcome, 'reason') ?? member(outcome, 'cause') ?? reason),
  );

const kill: Teller = ({ type, target, state, previous, reason, by }) =>
  words(
    `${words(text(type), text(target))}:`,
    words(text(previous), '→', text(state)),
    named('because:', reason),
    inBrackets(named('by', by)),
  );

const protection: Teller = ({ quantity, stopLoss, takeProfit, try: tries, nakedWindowMs, cause }) =>
  clauses(
    named('for', quantity),
    named('SL', stopLoss),
    named('TP', takeProfit),
    named('try', tries),
    nakedWindowMs === undefined ? '' : `naked for ${text(nakedWindowMs)} ms`,
    text(cause),
  );

const result: Teller = ({
  status,
  reason,
  finalPositionSize,
  finalFillPrice,
  reconciliationStatus,
  totalDurationSeconds,
}) =>
  clauses(
    words(text(status), inBrackets(text(reason))),
    words(named('position', finalPositionSize), named('@', finalFillPrice)),
    text(reconciliationStatus),
    totalDurationSeconds === undefined ? '' : `${text(totalDurationSeconds)} s`,
  );

const timeout: Teller = ({ phase, elapsedMs, orderStatus, lateFill, finalPosition }) =>
  clauses(
    words(text(phase), named('after', elapsedMs), elapsedMs === undefined ? '' : 'ms'),
    named('order', orderStatus),
    lateFill === true ? 'filled late' : '',
    named('position', finalPosition),
  );

/** What became of an exit after the result (B7). */
const exit: Teller = ({ leg, quantity, price, realisedPnl, reason }) =>
  clauses(words(text(leg), text(quantity), named('@', price)), named('realised', realisedPnl), text(reason));

/** A fill that the venue took back or changed (P8). */
const correction: Teller = ({ fillId, cumQty, avgPrice }) =>
  clauses(named('fill', fillId), words(named('now', cumQty), named('@', avgPrice)));

const TELLERS: Record<AuditEvent, Teller> = {
  execution_start: ({ side, positionSize, symbol, referencePrice, slOffsetPct, tpOffsetPct }) =>
    clauses(
      words(text(side), text(positionSize), text(symbol)),
      named('reference', referencePrice),
      named('SL offset', slOffsetPct),
      named('TP offset', tpOffsetPct),
    ),
  validation_failed: ({ code, message }) => words(text(code), named('–', message)),
  kill_switch_abort: ({ killSwitchState, reason }) => clauses(text(killSwitchState), text(reason)),
  order_submitted: (details) =>
    clauses(order(details), named('try', details['attempt']), named('client order', details['clientOrderId'])),
  order_accepted: ({ brokerOrderId, outcome }) =>
    clauses(named('broker order', brokerOrderId), member(outcome, 'kind') === 'duplicate' ? 'known there already' : ''),
  order_unknown: refusal,
  order_rejected: refusal,
  order_partially_filled: fill,
  order_filled: fill,
  timeout,
  cancel_requested: ({ cause, try: tries }) => clauses(named('because of', cause), named('try', tries)),
  cancel_confirmed: ({ state, byBroker, reason }) =>
    clauses(text(state), byBroker === true ? 'by the broker' : '', text(reason)),
  protection_placed: protection,
  protection_failed: protection,
  reconciliation: ({ status, mismatches }) => words(text(status), named('–', sentences(mismatches))),
  execution_result: result,
  kill_switch_set: kill,
  kill_switch_released: kill,
  case_opened: ({ caseId, kind, symbol, mismatches }) =>
    words(text(caseId), text(kind), text(symbol), named('–', sentences(mismatches))),
  case_resolved: ({ caseId, by, reason }) => clauses(text(caseId), named('by', by), text(reason)),
  exit_working: exit,
  exit_filled: exit,
  exit_lost: exit,
  position_closed_elsewhere: exit,
  fill_busted: correction,
  fill_corrected: correction,
  engine_fault: ({ cause }) => text(cause),
  recovered: ({ from, to, actions }) =>
    clauses(words(text(from), '→', text(to)), list(actions).map(text).join(' ') || 'nothing to do'),
};

/** The line; for an event that this version does not know, its details as they are. */
export function mainDetails({ event, details }: AuditRecord): string {
  const teller: Teller | undefined = Object.hasOwn(TELLERS, event) ? TELLERS[event] : undefined;
  return teller === undefined ? JSON.stringify(details) : teller(details);
}
