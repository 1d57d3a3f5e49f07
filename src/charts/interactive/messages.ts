/**
 * Who says what to whom: a fact and the commands that follow it, as messages between operator, engine and broker.
 *
 * 1. Total: a fact or command that is not known here is told by its type, never dropped.
 * 2. Words of venues and operators are carried as they are; whoever shows them escapes them.
 */
import type { EventObject } from 'xstate';
import type { ExecutionCommand } from '../../machines/execution.commands.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import { shortDecimal } from './short-decimal.js';

export type Party = 'operator' | 'engine' | 'broker';

export interface Message {
  readonly from: Party;
  readonly to: Party;
  readonly text: string;
  /** `call` waits for an answer; `note` is of the engine with itself. */
  readonly kind: 'call' | 'answer' | 'note';
  readonly isBad?: true;
}

export const messagesOf = (fact: EventObject, commands: readonly EventObject[]): readonly Message[] => [
  messageOfFact(fact),
  ...commands.flatMap(messageOfCommand),
];

const answer = (text: string, isBad = false): Message => ({
  from: 'broker',
  to: 'engine',
  text,
  kind: 'answer',
  ...(isBad && { isBad }),
});
const call = (text: string): Message => ({ from: 'engine', to: 'broker', text, kind: 'call' });
const note = (text: string, isBad = false): Message => ({
  from: 'engine',
  to: 'engine',
  text,
  kind: 'note',
  ...(isBad && { isBad }),
});
const report = (text: string, isBad = false): Message => ({
  from: 'engine',
  to: 'operator',
  text,
  kind: 'answer',
  ...(isBad && { isBad }),
});
const order = (text: string): Message => ({ from: 'operator', to: 'engine', text, kind: 'call' });

type AnyFact = ExecutionFact | ProtectionFact;

function messageOfFact(event: EventObject): Message {
  const fact = event as AnyFact | { readonly type: 'SET' | 'RELEASED'; readonly change: SwitchWords };
  switch (fact.type) {
    case 'START':
      return startOf(fact);
    case 'BROKER_ASKED':
      return ofBrokerAsked(fact.answer as BrokerAnswerWords);
    case 'SUBMIT_STARTED':
      return call('Submit call begins; T starts with the first one');
    case 'SUBMIT_WITHDRAWN':
      return note('The engine is closing: nothing was sent');
    case 'SUBMIT_BLOCKED':
      return note(`Submit blocked: ${fact.refusal.code}`, true);
    case 'SUBMIT_OUTCOME':
      return ofSubmitOutcome(fact.outcome);
    case 'ORDER_REPORT':
      return answer(reportWords('Order', fact.report), fact.report.status === 'rejected');
    case 'CANCEL_STARTED':
      return call('Cancel call begins');
    case 'CANCEL_OUTCOME':
      return answer(CANCEL_WORDS[fact.outcome], fact.outcome === 'unknown');
    case 'ORDER_LOOKED':
      return answer('The look at the order is over');
    case 'PROTECTION_OUTCOME':
      return ofProtection(fact.legs);
    case 'EXIT_REPORT':
      return answer(reportWords(legName(fact.leg), fact.report), fact.report.status === 'rejected');
    case 'EXIT_ABSENT':
      return answer(`${legName(fact.leg)} is not found`, true);
    case 'POSITION_SEEN':
      return fact.seen.kind === 'position'
        ? answer(`Position is ${fact.seen.size}`)
        : answer(`Position is not told: ${fact.seen.kind}`, fact.seen.kind === 'failed');
    case 'RECONCILED':
      return answer('Order and position, for the reconciliation');
    case 'DEADLINE':
      return note(`Deadline ${fact.name}`);
    case 'KILL_SWITCH':
      return order(`Kill switch ${fact.switchType} is ${fact.state}; the symbol is ${fact.effective}`);
    case 'RECOVERED':
      return note('The engine restarted and recovered');
    case 'SET':
    case 'RELEASED':
      return order(`${switchWords(fact.change)}: ${fact.change.reason}`);
    default:
      return note((fact as EventObject).type);
  }
}

interface SwitchWords {
  readonly type: string;
  readonly target?: string;
  readonly state: string;
  readonly reason: string;
}

const switchWords = ({ type, target, state }: SwitchWords): string =>
  `${target === undefined ? type : `${type} ${target}`} ${state}`;

const legName = (leg: 'sl' | 'tp'): string => (leg === 'sl' ? 'Stop-loss' : 'Take-profit');

function startOf(fact: Extract<AnyFact, { type: 'START' }>): Message {
  if (!('advisory' in fact)) {
    const { quantity, symbol, sl, tp } = fact.input;
    const legs = [sl && `SL ${sl.price}`, tp && `TP ${tp.price}`].filter(Boolean).join(' and ') || 'no exit';
    return note(`${quantity} ${symbol} held, with ${legs}`);
  }
  const { side, positionSize, symbol } = fact.advisory.snapshot;
  return order(`Execute ${side ?? 'buy'} ${positionSize ?? '?'} ${symbol ?? '?'}`);
}

interface BrokerAnswerWords {
  readonly kind: string;
  readonly instrument?: { readonly tickSize?: string; readonly lotSize?: string } | 'unknown_symbol';
  readonly baseline?: string;
}

function ofBrokerAsked({ kind, instrument, baseline }: BrokerAnswerWords): Message {
  if (kind !== 'answered') return answer('The broker could not be asked', true);
  if (typeof instrument !== 'object') return answer('The symbol is unknown', true);
  return answer(`Tick ${instrument.tickSize}, lot ${instrument.lotSize}, position ${baseline ?? 'not told'}`);
}

function ofSubmitOutcome(outcome: Extract<ExecutionFact, { type: 'SUBMIT_OUTCOME' }>['outcome']): Message {
  switch (outcome.kind) {
    case 'accepted':
      return answer(`Order accepted: ${outcome.brokerOrderId}`);
    case 'rejected':
      return answer(`Order rejected: ${outcome.code} ${outcome.reason}`, true);
    case 'not_sent':
      return note(`Nothing was sent: ${outcome.reason}`, true);
    case 'duplicate':
      return answer('The broker knows this order already');
    case 'unknown':
      return note(`Outcome of the submit call is unknown: ${outcome.cause}`, true);
  }
}

const CANCEL_WORDS = {
  requested: 'Cancel request taken',
  already_closed: 'Nothing to cancel: the order is closed',
  not_found: 'Cancel: order not found',
  unknown: 'Outcome of the cancel call is unknown',
} as const;

interface ReportWords {
  readonly status: string;
  readonly cumQty: string;
  readonly avgPrice?: string;
  readonly reason?: string;
  readonly correction?: { readonly kind: string };
}

function reportWords(what: string, { status, cumQty, avgPrice, reason, correction }: ReportWords): string {
  const price = avgPrice === undefined ? ' at no price' : ` @ ${shortDecimal(avgPrice)}`;
  const filled = Number(cumQty) === 0 ? '' : `, ${cumQty}${price}`;
  const taken = correction === undefined ? '' : ` (${correction.kind} of a fill)`;
  return `${what} ${status}${filled}${taken}${reason === undefined ? '' : `: ${reason}`}`;
}

function ofProtection({
  stopLoss,
  takeProfit,
}: Extract<ExecutionFact, { type: 'PROTECTION_OUTCOME' }>['legs']): Message {
  const isBad = [stopLoss, takeProfit].some(({ kind }) => kind !== 'accepted' && kind !== 'duplicate');
  return answer(`SL ${stopLoss.kind}, TP ${takeProfit.kind}`, isBad);
}

function messageOfCommand(event: EventObject): readonly Message[] {
  const command = event as ExecutionCommand;
  switch (command.type) {
    case 'askBroker':
      return [call('Instrument rules, margin and position?')];
    case 'submitOrder':
      return [note(`Submit ${command.order.side} ${command.order.quantity} ${command.order.symbol} at market`)];
    case 'watchOrder':
      return [call('Watch the order')];
    case 'queryOrder':
    case 'lookAtOrder':
      return [call('Order status?')];
    case 'cancelOrder':
      return [note('Cancel the order')];
    case 'placeProtection': {
      const { quantity, stopLoss, takeProfit, legs } = command.request;
      return [call(`Place SL ${stopLoss}${legs === 'stopLoss' ? '' : ` and TP ${takeProfit}`} for ${quantity}`)];
    }
    case 'watchExits':
      return [call('Watch the exits')];
    case 'reconcile':
      return [call('Order and position, once?')];
    case 'openCase':
      return [report(`Case opened: ${command.kind}`, true)];
    case 'finish':
      return [report('The result stands')];
    default:
      return [];
  }
}
