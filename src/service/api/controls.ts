/**
 * Shapes of positions, cases, kill switches, limits, sweeps and accounts.
 */
import { type Static, Type } from '@sinclair/typebox';
import { KillSwitchState, KillSwitchType } from '../../domain/kill-switch.js';
import { Account, AnyObject, By, Decimal, NextCursor, Reason, SymbolName, Time, Words } from './common.js';
import { Mismatch } from './executions.js';

export const Exit = Type.Object(
  {
    clientOrderId: Type.String(),
    price: Decimal,
    quantity: Decimal,
    state: Words(['doubtful', 'working', 'filled', 'cancelled', 'rejected', 'expired', 'absent']),
    filledQuantity: Decimal,
    fillPrice: Type.Optional(Decimal),
  },
  { $id: 'Exit', title: 'Exit' },
);

export const Position = Type.Object(
  {
    account: Account,
    advisoryId: Type.String(),
    clientOrderId: Type.String(),
    symbol: Type.String(),
    side: Words(['buy', 'sell']),
    quantity: Decimal,
    entryPrice: Type.Optional(Decimal),
    openedAt: Time,
    state: Words([
      'working',
      'doubting',
      'settling',
      'lost',
      'reversing',
      'closedByStopLoss',
      'closedByTakeProfit',
      'closedElsewhere',
      'reversed',
    ]),
    isOpen: Type.Boolean(),
    openQuantity: Decimal,
    stopLoss: Type.Optional(Exit),
    takeProfit: Type.Optional(Exit),
    unprotectedQuantity: Decimal,
    realisedPnl: Type.Optional(Decimal),
    closed: Type.Optional(
      Type.Object({
        by: Words(['stop_loss', 'take_profit', 'elsewhere']),
        price: Type.Optional(Decimal),
        quantity: Decimal,
        realisedPnl: Type.Optional(Decimal),
        at: Time,
      }),
    ),
  },
  { $id: 'Position', title: 'Position' },
);
export type Position = Static<typeof Position>;

export const PositionPage = Type.Object(
  { positions: Type.Array(Position), nextCursor: NextCursor },
  { $id: 'PositionPage', title: 'PositionPage' },
);
export type PositionPage = Static<typeof PositionPage>;

export const Case = Type.Object(
  {
    account: Account,
    caseId: Type.String({ description: 'Unique in its account.' }),
    kind: Type.String(),
    symbol: Type.String(),
    advisoryId: Type.Optional(Type.String()),
    openedAt: Time,
    mismatches: Type.Array(Mismatch),
    isOpen: Type.Boolean(),
    urgency: Words(['now', 'today'], '`now`: a position may be without a stop-loss, or one is open that nobody meant.'),
    nextStep: Type.String({ description: 'What a person does next at the broker.' }),
    resolution: Type.Optional(
      Type.Object({
        by: Type.String(),
        reason: Type.String(),
        at: Time,
        withdrawn: Type.Optional(Type.Literal(true)),
      }),
    ),
  },
  { $id: 'Case', title: 'Case' },
);
export type Case = Static<typeof Case>;

export const CasePage = Type.Object(
  { cases: Type.Array(Case), nextCursor: NextCursor },
  { $id: 'CasePage', title: 'CasePage' },
);
export type CasePage = Static<typeof CasePage>;

const resolutionMembers = {
  reason: Reason,
  by: Type.Optional(By),
  withdraw: Type.Optional(
    Type.Boolean({ description: 'The case rested on a wrong reading: nothing is accepted by it.' }),
  ),
};

export const Resolution = Type.Object(resolutionMembers, {
  $id: 'Resolution',
  title: 'Resolution',
  additionalProperties: false,
});
export type Resolution = Static<typeof Resolution>;

export const ManyResolution = Type.Object(
  {
    ...resolutionMembers,
    account: Type.Optional(Account),
    caseIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 1_000 })),
    symbol: Type.Optional(SymbolName),
    all: Type.Optional(Type.Literal(true, { description: 'Every open case of the account, or of all accounts.' })),
  },
  {
    $id: 'ManyResolution',
    title: 'ManyResolution',
    description: 'Names the cases by `caseIds`, by `symbol`, or by `all`.',
    additionalProperties: false,
  },
);
export type ManyResolution = Static<typeof ManyResolution>;

export const Resolved = Type.Object(
  {
    resolved: Type.Array(Case),
    notResolved: Type.Array(
      Type.Object({
        account: Type.Optional(Account),
        caseId: Type.String(),
        code: Type.String(),
        message: Type.String(),
      }),
    ),
    open: Type.Integer({ description: 'Cases that are still open, over all accounts.' }),
  },
  { $id: 'Resolved', title: 'Resolved' },
);
export type Resolved = Static<typeof Resolved>;

const TYPES = Object.values(KillSwitchType);
const STATES = Object.values(KillSwitchState);

export const Switch = Type.Object(
  {
    type: Words(TYPES),
    target: Type.Optional(Type.String({ description: 'The symbol; absent for a switch that covers every symbol.' })),
    state: Words(STATES),
    reason: Type.String(),
    by: Type.Optional(Type.String()),
    since: Time,
    coversNothingKnown: Type.Optional(
      Type.Literal(true, { description: 'Neither broker nor journal knew the symbol when it was set.' }),
    ),
  },
  { $id: 'Switch', title: 'Switch' },
);
export type Switch = Static<typeof Switch>;

export const SwitchChange = Type.Object(
  {
    time: Time,
    type: Words(TYPES),
    target: Type.Optional(Type.String()),
    state: Words(STATES),
    previous: Words(STATES),
    reason: Type.String(),
    by: Type.Optional(Type.String()),
    forced: Type.Optional(Type.Boolean()),
    durationMs: Type.Number(),
    coversNothingKnown: Type.Optional(Type.Literal(true)),
  },
  { $id: 'SwitchChange', title: 'SwitchChange' },
);
export type SwitchChange = Static<typeof SwitchChange>;

export const PendingRelease = Type.Object(
  {
    type: Words(TYPES),
    target: Type.Optional(Type.String()),
    by: Type.String(),
    reason: Type.String(),
    requestedAt: Time,
    expiresAt: Time,
    force: Type.Optional(Type.Boolean()),
  },
  { $id: 'PendingRelease', title: 'PendingRelease', description: 'A release that waits for a second person.' },
);
export type PendingRelease = Static<typeof PendingRelease>;

export const SwitchList = Type.Object(
  {
    switches: Type.Array(Switch),
    pendingReleases: Type.Array(PendingRelease),
    sharedBy: Type.Array(Account, { description: 'The accounts that these switches cover.' }),
    twoPersonRelease: Type.Boolean({ description: 'Releasing GLOBAL takes two people.' }),
  },
  { $id: 'SwitchList', title: 'SwitchList' },
);
export type SwitchList = Static<typeof SwitchList>;

export const SwitchHistory = Type.Object(
  { changes: Type.Array(SwitchChange), nextCursor: NextCursor },
  { $id: 'SwitchHistory', title: 'SwitchHistory' },
);
export type SwitchHistory = Static<typeof SwitchHistory>;

export const SwitchSetting = Type.Object(
  {
    type: Words(TYPES),
    state: Type.Optional(Words(STATES, '`ACTIVE` when absent. Lowering an ACTIVE switch is a release.')),
    target: Type.Optional(SymbolName),
    reason: Reason,
    by: Type.Optional(By),
  },
  { $id: 'SwitchSetting', title: 'SwitchSetting', additionalProperties: false },
);
export type SwitchSetting = Static<typeof SwitchSetting>;

export const SwitchRelease = Type.Object(
  {
    type: Words(TYPES),
    target: Type.Optional(SymbolName),
    reason: Reason,
    by: Type.Optional(By),
    force: Type.Optional(Type.Boolean({ description: 'Although a case in its scope is open.' })),
  },
  { $id: 'SwitchRelease', title: 'SwitchRelease', additionalProperties: false },
);
export type SwitchRelease = Static<typeof SwitchRelease>;

export const SwitchChanged = Type.Object(
  {
    change: SwitchChange,
    switch: Switch,
    liveAtChange: Type.Integer({ description: 'Executions that were live when the switch changed.' }),
    activationToLastCancelMs: Type.Optional(
      Type.Number({ description: 'The slowest account: from the change to the last cancel that it caused so far.' }),
    ),
  },
  { $id: 'SwitchChanged', title: 'SwitchChanged' },
);
export type SwitchChanged = Static<typeof SwitchChanged>;

export const ReleaseRequested = Type.Object(
  { pending: PendingRelease },
  { $id: 'ReleaseRequested', title: 'ReleaseRequested' },
);

export const SweepReports = Type.Object(
  {
    reports: Type.Array(
      Type.Object({
        account: Account,
        at: Time,
        orders: Type.Integer({
          description:
            'Orders looked at: open ones that the broker lists, uncertain ones, and exits that it does not list.',
        }),
        positions: Type.Integer({ description: 'Symbols whose positions were compared.' }),
        cases: Type.Array(Case),
        failures: Type.Array(Type.String()),
      }),
    ),
  },
  { $id: 'SweepReports', title: 'SweepReports' },
);
export type SweepReports = Static<typeof SweepReports>;

export const AccountLimits = Type.Object(
  {
    account: Account,
    limits: Type.Union([AnyObject, Type.Null()], { description: 'As they are configured; null where there are none.' }),
    liveExecutions: Type.Integer(),
    openPositions: Type.Integer(),
    riskLimit: Type.Array(Switch, { description: 'RISK_LIMIT switches that are not OFF.' }),
  },
  { $id: 'AccountLimits', title: 'AccountLimits' },
);

export const LimitList = Type.Object({ limits: Type.Array(AccountLimits) }, { $id: 'LimitList', title: 'LimitList' });
export type LimitList = Static<typeof LimitList>;

export const AccountState = Type.Object(
  {
    name: Account,
    broker: Type.String(),
    about: Type.Optional(Type.String()),
    live: Type.Boolean({ description: 'Real money.' }),
    journal: Type.String(),
    durable: Type.Boolean({ description: 'The journal survives the end of the process.' }),
    ready: Type.Boolean(),
    brokerConnected: Type.Boolean(),
    brokerLatencyMs: Type.Optional(
      Type.Integer({ description: 'How long the broker’s latest answer took; absent before the first.' }),
    ),
    journalWritable: Type.Boolean(),
    startSweepOver: Type.Boolean(),
    problems: Type.Array(Type.String(), { description: 'Why it is not ready, a sentence each.' }),
    liveExecutions: Type.Integer(),
    waitingExecutions: Type.Integer(),
    openCases: Type.Integer(),
    openPositions: Type.Integer(),
    auditSeq: Type.Integer({ description: 'Last position of its audit log.' }),
  },
  { $id: 'AccountState', title: 'AccountState' },
);
export type AccountState = Static<typeof AccountState>;

export const AccountList = Type.Object(
  { accounts: Type.Array(AccountState) },
  { $id: 'AccountList', title: 'AccountList' },
);
export type AccountList = Static<typeof AccountList>;
