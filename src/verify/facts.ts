/**
 * Every fact that the world can tell an execution, one of each kind that differs.
 *
 * The broker's own truth is abstracted to what it can say: whatever an order goes through, and whatever a line does to
 * the reports on it (late, stale, doubled, out of order, without a price, contradicting the call's answer), what arrives
 * is a sequence of these, and every sequence is tried.
 */
import type { Decimal } from '../domain/decimal.js';
import type { ExitFact, ExitLeg } from '../domain/exits.js';
import type { KillSwitchState, KillSwitchType } from '../domain/kill-switch.js';
import type { OrderFact } from '../domain/order.js';
import { type CancelWord, type LegOutcome, type SubmitOutcome, TAKE_PROFIT_PASSED } from '../domain/ports.js';
import type { BrokerAnswer, Gate } from '../domain/validation.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { DeadlineName, ExecutionFact, ExecutionInput, Legs } from '../machines/execution.facts.js';
import {
  BAD_PRICE,
  BASELINE,
  CRUMB,
  FEES,
  GOOD_PRICE,
  INSTRUMENT,
  MORE,
  OTHERS,
  PART,
  STANDING_PRICE,
  STARTING_POINTS,
  WHOLE,
} from './advisories.js';
import { OBSERVATIONS, type Observation, observed } from './observations.js';
import { DEADLINES, FIRST_SUBMIT_AT } from './phases.js';

type FactWithout<Type extends ExecutionFact['type']> = Omit<Extract<ExecutionFact, { type: Type }>, 'at'>;

/** A fact that is known but for its time, and what a law must know to judge what the chart makes of it. */
export interface Fact {
  readonly id: number;
  readonly label: string;
  readonly type: ExecutionFact['type'];
  make(context: ExecutionContext, at: number): ExecutionFact;
  /** The code that refuses here, by the rules and not by the chart. */
  readonly refusedWith?: string | undefined;
  readonly report?: OrderFact;
  readonly deadline?: DeadlineName;
  readonly observation?: Observation;
  readonly submit?: SubmitOutcome['kind'] | 'busy';
  readonly cancel?: CancelWord;
  readonly legs?: Legs;
  readonly exit?: ExitWord;
  /** Told by a rough venue alone. */
  readonly isRough?: boolean;
  /** Told by a venue that stands by its word alone: what differs from another fact in a way that roughness does not touch. */
  readonly isSteady?: boolean;
}

export const FACTS: Fact[] = [];

function fact<Type extends ExecutionFact['type']>(
  type: Type,
  label: string,
  body: FactWithout<Type> | ((context: ExecutionContext) => FactWithout<Type>),
  known: Partial<Fact> = {},
): Fact {
  const make = (context: ExecutionContext, at: number) =>
    ({ ...(typeof body === 'function' ? body(context) : body), at }) as ExecutionFact;
  const made = { id: FACTS.length, label, type, make, ...known };
  FACTS.push(made);
  return made;
}

const AFTER_EXPIRY = Date.UTC(2031, 0, 1);

/** A gate, the switches as they must stand for it, and the code that it refuses with. */
const GATES: readonly (readonly [string, Gate, string | undefined])[] = [
  ['open', { now: 0, killSwitchState: 'OFF' }, undefined],
  ['open, with a warning', { now: 0, killSwitchState: 'WARNING' }, undefined],
  ['closed: expired', { now: AFTER_EXPIRY, killSwitchState: 'OFF' }, 'ADVISORY_EXPIRED'],
  [
    'closed: expired, with a case and a kill switch',
    { now: AFTER_EXPIRY, killSwitchState: 'ACTIVE', openCaseId: 'case-1' },
    'ADVISORY_EXPIRED',
  ],
  ['closed: a case', { now: 0, killSwitchState: 'OFF', openCaseId: 'case-1' }, 'UNRESOLVED_MISMATCH'],
  [
    'closed: a case and a kill switch',
    { now: 0, killSwitchState: 'ACTIVE', openCaseId: 'case-1' },
    'UNRESOLVED_MISMATCH',
  ],
  ['closed: a kill switch', { now: 0, killSwitchState: 'ACTIVE' }, 'KILL_SWITCH_ACTIVE'],
];

const startOf = (advisory: ExecutionInput, gate: Gate): FactWithout<'START'> => ({ type: 'START', gate, advisory });

/** Starts, with the state of the switches that each belongs to. */
export const STARTS = GATES.map(([label, gate]) => ({
  killSwitchState: gate.killSwitchState,
  fact: fact(
    'START',
    `START, the gate is ${label}`,
    ({ advisoryId, clientOrderId, snapshot, snapshotHash, problems }) =>
      startOf({ advisoryId, clientOrderId, snapshot, snapshotHash, problems }, gate),
  ),
}));

export const START_AGAIN = fact(
  'START',
  'START, the same advisory again',
  ({ advisoryId, clientOrderId, snapshot, snapshotHash, problems }) =>
    startOf({ advisoryId, clientOrderId, snapshot, snapshotHash, problems }, { now: 0, killSwitchState: 'OFF' }),
);

/** The code that must refuse this start: expiry first, then the fields, then the gate. */
export function startRefusal(factId: number, context: ExecutionContext): string | undefined {
  const gate = GATES[STARTS.findIndex((start) => start.fact.id === factId)]?.[2];
  const point = STARTING_POINTS.find(({ input }) => input.snapshot === context.snapshot);
  return gate === 'ADVISORY_EXPIRED' ? gate : (point?.refusedWith ?? gate);
}

const answered = { kind: 'answered', instrument: INSTRUMENT, margin: 'ok', baseline: BASELINE } as const;
const ASKED: readonly (readonly [string, BrokerAnswer, string | undefined])[] = [
  ['agrees', answered, undefined],
  ['does not know the symbol', { kind: 'unknown_symbol' }, 'INSTRUMENT_RULES'],
  ['wants another lot', { ...answered, instrument: { ...INSTRUMENT, lotSize: '7' } }, 'INSTRUMENT_RULES'],
  ['could not place the exits', { ...answered, exits: { refused: 'price band' } }, 'EXITS_NOT_PLACEABLE'],
  ['has no room for it', { kind: 'no_capacity' }, 'CAPACITY_EXHAUSTED'],
  ['wants more margin', { ...answered, margin: { refused: 'margin' } }, 'INSUFFICIENT_MARGIN'],
  ['does not answer', { kind: 'unavailable', cause: 'silent' }, 'BROKER_UNAVAILABLE'],
];
export const BROKER_ASKED = ASKED.map(([label, answer, refusedWith]) =>
  fact(
    'BROKER_ASKED',
    `BROKER_ASKED, the broker ${label}`,
    { type: 'BROKER_ASKED', answer, others: OTHERS },
    { refusedWith },
  ),
);

export const SUBMIT_STARTED = fact('SUBMIT_STARTED', 'SUBMIT_STARTED', { type: 'SUBMIT_STARTED' });

const blocked = (
  code: 'ADVISORY_EXPIRED' | 'UNRESOLVED_MISMATCH' | 'JOURNAL_UNAVAILABLE' | 'KILL_SWITCH_ACTIVE' | 'ORDER_NOT_SENT',
) =>
  fact(
    'SUBMIT_BLOCKED',
    `SUBMIT_BLOCKED, ${code}`,
    { type: 'SUBMIT_BLOCKED', refusal: { code, message: code } },
    { refusedWith: code },
  );
/** What the last look may find by chance, and what it must find. */
export const BLOCKED_BY_CHANCE = [
  blocked('ADVISORY_EXPIRED'),
  blocked('UNRESOLVED_MISMATCH'),
  blocked('JOURNAL_UNAVAILABLE'),
];
export const BLOCKED_BY_SWITCH = blocked('KILL_SWITCH_ACTIVE');
export const BLOCKED_BY_TIME = blocked('ORDER_NOT_SENT');

const submitOutcome = (submit: NonNullable<Fact['submit']>, outcome: SubmitOutcome) =>
  fact('SUBMIT_OUTCOME', `SUBMIT_OUTCOME ${submit}`, { type: 'SUBMIT_OUTCOME', outcome }, { submit });
export const ACCEPTED = submitOutcome('accepted', { kind: 'accepted', brokerOrderId: 'b-1' });
export const SUBMIT_OUTCOMES = [
  ACCEPTED,
  submitOutcome('duplicate', { kind: 'duplicate' }),
  submitOutcome('unknown', { kind: 'unknown', cause: 'silent' }),
  submitOutcome('rejected', { kind: 'rejected', code: 'NO', reason: 'no' }),
  submitOutcome('busy', { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true }),
  submitOutcome('not_sent', { kind: 'not_sent', reason: 'no line' }),
];

const ZERO = '0' as Decimal;
/** What only some reports tell. */
type Further = Pick<OrderFact, 'correction' | 'quantity' | 'fees'>;

const BUST: Further = { correction: { kind: 'bust', fillId: 'f-1' } };
const CORRECTED: Further = { correction: { kind: 'correct', fillId: 'f-1' } };

const REPORTED: readonly (readonly [OrderFact['status'], Decimal, (Decimal | undefined)?, Further?])[] = [
  ['open', ZERO],
  ['cancelled', ZERO],
  ['rejected', ZERO],
  ['expired', ZERO],
  ['open', PART],
  ['open', PART, GOOD_PRICE],
  ['filled', PART, GOOD_PRICE],
  ['cancelled', PART],
  ['cancelled', PART, GOOD_PRICE],
  ['cancelled', PART, BAD_PRICE],
  ['rejected', PART, GOOD_PRICE],
  ['filled', WHOLE],
  ['filled', WHOLE, GOOD_PRICE],
  ['filled', WHOLE, BAD_PRICE],
  ['open', WHOLE, GOOD_PRICE],
  ['filled', MORE],
  ['filled', MORE, GOOD_PRICE],
  // A fill taken back or made smaller, and an order restated to less than was sent (P8, P10).
  ['open', ZERO, undefined, BUST],
  ['open', PART, GOOD_PRICE, CORRECTED],
  ['open', PART, GOOD_PRICE, { quantity: PART }],
  // A fee in the bought asset, and a fill of less than a lot (B6).
  ['filled', WHOLE, GOOD_PRICE, { fees: FEES }],
  ['cancelled', CRUMB, GOOD_PRICE],
];
export const ORDER_REPORTS = REPORTED.map(([status, cumQty, avgPrice, further = {}]) => {
  const { correction, quantity, fees } = further;
  const price = avgPrice === undefined ? {} : { avgPrice };
  const report: OrderFact = { brokerOrderId: 'b-1', status, cumQty, ...price, ...further };
  const words = [
    ...(avgPrice === undefined ? [] : [` @ ${avgPrice}`]),
    ...(correction === undefined ? [] : [`, a ${correction.kind} of fill ${correction.fillId}`]),
    ...(quantity === undefined ? [] : [`, restated to ${quantity}`]),
    ...(fees === undefined ? [] : [', with a fee in the bought asset']),
  ];
  const label = `ORDER_REPORT ${status}, filled ${cumQty}${words.join('')}`;
  const isRough = correction !== undefined || quantity !== undefined || fees !== undefined || cumQty === CRUMB;
  return fact('ORDER_REPORT', label, { type: 'ORDER_REPORT', report }, { report, isRough });
});

export const CANCEL_OUTCOMES = (['requested', 'already_closed', 'not_found', 'unknown'] satisfies CancelWord[]).map(
  (outcome) =>
    fact('CANCEL_OUTCOME', `CANCEL_OUTCOME ${outcome}`, { type: 'CANCEL_OUTCOME', outcome }, { cancel: outcome }),
);

export const CANCEL_STARTED = fact('CANCEL_STARTED', 'CANCEL_STARTED', { type: 'CANCEL_STARTED' });
export const ORDER_LOOKED = fact('ORDER_LOOKED', 'ORDER_LOOKED', { type: 'ORDER_LOOKED' });

const LEG = {
  accepted: { kind: 'accepted', brokerOrderId: 'b-2' },
  pending: { kind: 'accepted', brokerOrderId: 'b-2', state: 'pending' },
  passed: { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason: 'the market has passed it' },
  duplicate: { kind: 'duplicate' },
  found: { kind: 'duplicate', found: { price: STANDING_PRICE } },
  rejected: { kind: 'rejected', code: 'NO', reason: 'no' },
  busy: { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true },
  not_sent: { kind: 'not_sent', reason: 'no line' },
  unknown: { kind: 'unknown', cause: 'silent' },
} as const satisfies Record<string, LegOutcome>;
const LEGS: readonly (readonly [keyof typeof LEG, keyof typeof LEG])[] = [
  ['unknown', 'unknown'],
  ['accepted', 'accepted'],
  ['duplicate', 'accepted'],
  ['found', 'duplicate'],
  ['accepted', 'rejected'],
  ['rejected', 'accepted'],
  ['rejected', 'rejected'],
  ['accepted', 'busy'],
  ['not_sent', 'not_sent'],
  ['busy', 'duplicate'],
  ['rejected', 'unknown'],
  ['pending', 'pending'],
  ['accepted', 'pending'],
  ['passed', 'passed'],
  ['accepted', 'passed'],
];
export const PROTECTION_OUTCOMES = LEGS.map(([stopLoss, takeProfit]) => {
  const legs: Legs = { stopLoss: LEG[stopLoss], takeProfit: LEG[takeProfit] };
  const label = `PROTECTION_OUTCOME SL ${stopLoss}, TP ${takeProfit}`;
  const isRough = [stopLoss, takeProfit].some((leg) => leg === 'pending' || leg === 'passed');
  const isSteady = [stopLoss, takeProfit].some((leg) => leg === 'not_sent' || leg === 'busy' || leg === 'found');
  return fact('PROTECTION_OUTCOME', label, { type: 'PROTECTION_OUTCOME', legs }, { legs, isRough, isSteady });
});

/** What the venue says of an exit before the execution is done: it works, it has ended, it has filled (B5). */
interface ExitWord {
  readonly leg: ExitLeg;
  readonly says: 'works' | 'ended' | 'filled';
}

const EXIT_FACTS = {
  works: { status: 'open', cumQty: ZERO, isWorking: true },
  ended: { status: 'rejected', cumQty: ZERO },
  filled: { status: 'filled', cumQty: WHOLE, avgPrice: GOOD_PRICE },
} as const satisfies Record<ExitWord['says'], ExitFact>;

export const EXIT_REPORTS = (['sl', 'tp'] as const).flatMap((leg) =>
  (['works', 'ended', 'filled'] as const).map((says) =>
    fact(
      'EXIT_REPORT',
      `EXIT_REPORT ${leg} ${says}`,
      { type: 'EXIT_REPORT', leg, report: EXIT_FACTS[says] },
      { exit: { leg, says } },
    ),
  ),
);

export const RECONCILED = OBSERVATIONS.map((observation) =>
  fact(
    'RECONCILED',
    `RECONCILED, ${observation.label}`,
    (context) => ({ type: 'RECONCILED', observed: observed(observation, context) }),
    { observation, isSteady: observation.isSteady === true },
  ),
);

export const DEADLINE = Object.fromEntries(
  DEADLINES.map((name) => [name, fact('DEADLINE', `DEADLINE ${name}`, { type: 'DEADLINE', name }, { deadline: name })]),
) as { readonly [Name in DeadlineName]: Fact };

/** How the switches that cover the symbol stand. One of each type suffices: the chart hears of types, not of switches. */
export const SWITCHES = ['OFF', 'WARNING', 'RISK_LIMIT ACTIVE', 'ACTIVE'] as const;
export const RISK_LIMIT_ACTIVE = 2;
export const CANCELLING_ACTIVE = 3;
export const effectiveOf = (switches: number): KillSwitchState =>
  switches === 0 ? 'OFF' : switches === 1 ? 'WARNING' : 'ACTIVE';

const switched = (from: number, to: number, switchType: KillSwitchType, state: KillSwitchState) => ({
  from,
  to,
  fact: fact('KILL_SWITCH', `KILL_SWITCH ${switchType} ${state}`, {
    type: 'KILL_SWITCH',
    switchType,
    state,
    effective: effectiveOf(to),
  }),
});
export const SWITCH_CHANGES = [
  switched(0, 1, 'GLOBAL', 'WARNING'),
  switched(0, 2, 'RISK_LIMIT', 'ACTIVE'),
  switched(0, 3, 'SYMBOL_LEVEL', 'ACTIVE'),
  switched(1, 0, 'GLOBAL', 'OFF'),
  switched(1, 3, 'GLOBAL', 'ACTIVE'),
  switched(2, 0, 'RISK_LIMIT', 'OFF'),
  switched(2, 3, 'MANUAL', 'ACTIVE'),
  switched(3, 0, 'GLOBAL', 'OFF'),
  switched(3, 2, 'GLOBAL', 'OFF'),
] as const;
/** What a new process tells an execution that had not heard of an ACTIVE switch. */
export const TOLD_AGAIN = switched(3, 3, 'GLOBAL', 'ACTIVE').fact;

/** The engine is closed before the call is made. */
export const WITHDRAWN = fact('SUBMIT_WITHDRAWN', 'SUBMIT_WITHDRAWN', { type: 'SUBMIT_WITHDRAWN' });

export const RECOVERED = fact('RECOVERED', 'RECOVERED', { type: 'RECOVERED', intentAt: FIRST_SUBMIT_AT });
