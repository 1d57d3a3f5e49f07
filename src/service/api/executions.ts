/**
 * Shapes of advisories, executions and their audit records.
 */
import { type Static, Type } from '@sinclair/typebox';
import { AUDIT_EVENTS } from '../../domain/audit.js';
import { ReconciliationStatus } from '../../domain/reconciliation.js';
import { ExecutionStage, FINAL_STATUSES } from '../../domain/result.js';
import { Account, AdvisoryId, AnyObject, Decimal, NextCursor, SymbolName, Time, Words } from './common.js';

const STAGES = Object.values(ExecutionStage);

/** A decimal of an advisory: text, or a JSON number that is taken digit for digit as it is written. */
const DecimalInput = (description: string, example: string) =>
  Type.Union([Type.String({ examples: [example] }), Type.Number()], { description });

/**
 * An advisory as it is sent. The engine judges its fields, so that codes and sentences are the library's; `account` is not
 * part of the advisory.
 */
export const AdvisoryInput = Type.Object(
  {
    account: Type.Optional(Account),
    advisoryId: AdvisoryId,
    symbol: SymbolName,
    side: Type.Optional(Words(['buy', 'sell'], '`buy` when absent.')),
    referencePrice: DecimalInput('Greater than zero.', '150.00'),
    slOffsetPct: DecimalInput('Fraction of the fill price: -0.02 is 2 % below it.', '-0.02'),
    tpOffsetPct: DecimalInput('Fraction of the fill price: 0.03 is 3 % above it.', '0.03'),
    positionSize: DecimalInput('Greater than zero.', '100'),
    expirationTimestamp: Type.String({
      description: 'ISO 8601 with a zone.',
      examples: ['2030-01-01T00:00:00Z'],
    }),
    createdAt: Type.Optional(Type.String({ description: 'ISO 8601 with a zone.' })),
    htfBias: Type.Optional(Type.String()),
    reasoningMode: Type.Optional(Type.String()),
    reasoningContext: Type.Optional(AnyObject),
  },
  { $id: 'AdvisoryInput', title: 'AdvisoryInput', additionalProperties: false },
);
export type AdvisoryInput = Static<typeof AdvisoryInput>;

export const Snapshot = Type.Object(
  {
    advisoryId: Type.String(),
    symbol: Type.String(),
    side: Words(['buy', 'sell']),
    referencePrice: Decimal,
    slOffsetPct: Decimal,
    tpOffsetPct: Decimal,
    positionSize: Decimal,
    expirationTimestamp: Time,
    createdAt: Type.Optional(Time),
    htfBias: Type.Optional(Type.String()),
    reasoningMode: Type.Optional(Type.String()),
    reasoningContext: Type.Optional(AnyObject),
  },
  { $id: 'Snapshot', title: 'Snapshot', description: 'The frozen advisory.' },
);
export type Snapshot = Static<typeof Snapshot>;

export const Mismatch = Type.Object(
  {
    kind: Type.String({ description: 'A code of the registry.' }),
    expected: Type.String(),
    actual: Type.String(),
    message: Type.String(),
  },
  { $id: 'Mismatch', title: 'Mismatch' },
);

export const ReconciliationReport = Type.Object(
  {
    reconciliationId: Type.String(),
    advisoryId: Type.String(),
    timestamp: Time,
    status: Words(Object.values(ReconciliationStatus)),
    mismatches: Type.Array(Mismatch),
    requiresManualResolution: Type.Boolean(),
    brokerOrderId: Type.Optional(Type.String()),
    brokerOrderState: Type.Optional(Type.String()),
    brokerFillPrice: Type.Optional(Decimal),
    brokerFilledSize: Type.Optional(Decimal),
    brokerPositionSize: Type.Optional(Decimal),
    brokerSl: Type.Optional(Decimal),
    brokerTp: Type.Optional(Decimal),
    internalOrderId: Type.Optional(Type.String()),
    internalOrderState: Type.String(),
    internalFillPrice: Type.Optional(Decimal),
    internalFilledSize: Decimal,
    internalPositionSize: Decimal,
    internalSl: Type.Optional(Decimal),
    internalTp: Type.Optional(Decimal),
  },
  { $id: 'ReconciliationReport', title: 'ReconciliationReport' },
);

export const ExecutionResult = Type.Object(
  {
    advisoryId: Type.String(),
    snapshotHash: Type.String(),
    status: Words(FINAL_STATUSES),
    reason: Type.Optional(Type.String({ description: 'A code of the registry.' })),
    errorMessage: Type.Optional(Type.String()),
    refusedBy: Type.Optional(AnyObject),
    finalOrderId: Type.Optional(Type.String()),
    clientOrderId: Type.Optional(Type.String()),
    finalFillPrice: Type.Optional(Decimal),
    finalPositionSize: Type.Optional(Decimal),
    finalSl: Type.Optional(Decimal),
    finalTp: Type.Optional(Decimal),
    slippagePct: Type.Optional(Decimal),
    slippageBps: Type.Optional(Decimal),
    totalDurationSeconds: Type.Number(),
    unprotectedQuantity: Type.Optional(Decimal),
    nakedWindowMs: Type.Optional(Type.Number()),
    nakedWindowIsLowerBound: Type.Optional(Type.Literal(true)),
    killSwitchState: Words(['OFF', 'WARNING', 'ACTIVE']),
    killSwitchPostFill: Type.Boolean(),
    attempts: Type.Array(AnyObject),
    reconciliationReport: Type.Optional(ReconciliationReport),
  },
  { $id: 'ExecutionResult', title: 'ExecutionResult' },
);

/** Where the console lists it. The first that applies. */
export const EXECUTION_GROUPS = ['needs_attention', 'in_flight', 'open_position', 'finished'] as const;

export const Timeout = Type.Object({
  startedAt: Type.Optional(Time),
  elapsedSeconds: Type.Number({ description: 'T; stands still when the execution is done.' }),
  timeRemainingSeconds: Type.Number({ description: 'Until T = 30 s.' }),
  isExpired: Type.Boolean(),
});

const executionMembers = {
  account: Account,
  advisoryId: Type.String(),
  clientOrderId: Type.String(),
  symbol: Type.String(),
  side: Words(['buy', 'sell']),
  positionSize: Decimal,
  status: Words(STAGES, 'The final status once there is a result, else the stage.'),
  state: Type.String({ description: "The chart's state, innermost last.", examples: ['pending.open'] }),
  group: Words(EXECUTION_GROUPS),
  needsAttention: Type.Boolean({ description: 'A case is open for it, or its result needs a person.' }),
  openCases: Type.Array(Type.String(), { description: 'Ids of its open cases.' }),
  cumQty: Decimal,
  avgPrice: Type.Optional(Decimal),
  startedAt: Time,
  timeout: Timeout,
  recorded: Type.Boolean({
    description: 'False while it waits for its turn: the journal does not know it yet. Send it again after a restart.',
  }),
  result: Type.Optional(ExecutionResult),
};

export const Execution = Type.Object(executionMembers, { $id: 'Execution', title: 'Execution' });
export type Execution = Static<typeof Execution>;

export const ExecutionDetail = Type.Object(
  { ...executionMembers, snapshotHash: Type.String(), snapshot: Snapshot },
  { $id: 'ExecutionDetail', title: 'ExecutionDetail', description: 'An execution with its advisory.' },
);
export type ExecutionDetail = Static<typeof ExecutionDetail>;

export const ExecutionPage = Type.Object(
  { executions: Type.Array(Execution), nextCursor: NextCursor },
  { $id: 'ExecutionPage', title: 'ExecutionPage' },
);
export type ExecutionPage = Static<typeof ExecutionPage>;

export const AuditRecord = Type.Object(
  {
    account: Account,
    seq: Type.Integer({ description: "Position in the account's audit log; counts from 1 without a gap." }),
    event: Words(AUDIT_EVENTS),
    timestamp: Time,
    t: Type.Optional(Type.Number({ description: 'T in ms.' })),
    advisoryId: Type.Optional(Type.String()),
    snapshotHash: Type.Optional(Type.String()),
    details: AnyObject,
  },
  { $id: 'AuditRecord', title: 'AuditRecord' },
);
export type AuditRecord = Static<typeof AuditRecord>;

export const AuditPage = Type.Object(
  { records: Type.Array(AuditRecord), nextCursor: NextCursor },
  { $id: 'AuditPage', title: 'AuditPage' },
);
export type AuditPage = Static<typeof AuditPage>;

export const Step = Type.Object(
  {
    seq: Type.Integer(),
    wall: Time,
    at: Type.Number({ description: 'Engine time in ms.' }),
    t: Type.Optional(Type.Number({ description: 'T in ms.' })),
    fact: Type.String({ description: "The fact's type, such as `ORDER_REPORT`." }),
    from: Type.String({ description: 'State before.' }),
    to: Type.String({ description: 'State after.' }),
    commands: Type.Array(Type.String(), { description: 'What the chart asked for, in order.' }),
    data: AnyObject,
  },
  { $id: 'Step', title: 'Step', description: 'One recorded fact, and what the chart made of it.' },
);

export const Replay = Type.Object(
  {
    account: Account,
    advisoryId: Type.String(),
    verdict: Words(['equal', 'different', 'unfinished', 'unrecorded']),
    steps: Type.Array(Step),
    result: Type.Optional(ExecutionResult),
  },
  { $id: 'Replay', title: 'Replay', description: 'The recorded life, folded through the chart once more.' },
);
export type Replay = Static<typeof Replay>;

const Taken = Type.Object({
  seq: Type.Optional(Type.Integer()),
  wall: Type.Optional(Time),
  atMs: Type.Number({ description: 'Ms since the first fact.' }),
  t: Type.Optional(Type.Number({ description: 'T in ms.' })),
  event: Type.String({ description: "The fact's type." }),
  what: Type.String({ description: 'The fact in words.' }),
  fact: Type.Unknown(),
  from: Type.String(),
  to: Type.String(),
  transitions: Type.Array(Type.String(), { description: 'Ids of the transitions that were taken, in order.' }),
  rules: Type.Array(Type.String()),
  commands: Type.Array(Type.String()),
  messages: Type.Array(AnyObject, { description: 'Who said what to whom.' }),
  changes: Type.Array(AnyObject, { description: 'Values of the context that are new.' }),
});

const Life = Type.Object({
  id: Type.String(),
  name: Type.String(),
  chart: Words(['execution', 'protection', 'killSwitch']),
  source: Words(['journal', 'path']),
  begins: Type.String({ description: 'State before the first fact.' }),
  context: Type.Unknown({ description: 'What the chart knew before the first fact.' }),
  steps: Type.Array(Taken),
  verdict: Type.Optional(Type.String()),
});

export const Lives = Type.Object(
  { account: Account, advisoryId: Type.String(), lives: Type.Array(Life) },
  {
    $id: 'Lives',
    title: 'Lives',
    description: 'The recorded life as the charts show it: the execution, then its exits. For viewers of the charts.',
  },
);
export type Lives = Static<typeof Lives>;
