/**
 * What the map of a chart says, and where: a few words for each state and for each way, and the place of each on the page.
 *
 * 1. The ways themselves are the chart's. `checkPlan` (`map-check.ts`) refuses a plan that lacks one, or tells of one that
 *    is not there; `of` names the guards and events that the words stand for, so that a changed way asks for new words.
 * 2. Ways that say the same and begin or end alike are one line with several ends.
 * 3. An ending is a final state, or one status of `done`.
 */
import type { Kind } from './kinds.js';

export interface MapWay {
  /** Top states, by key. */
  readonly from: readonly string[];
  /** Top states, or endings. */
  readonly to: readonly string[];
  /** At most a few; `|` begins a new line. */
  readonly words: string;
  /** What the words stand for: guards by name, deadlines by name, events where there is neither. */
  readonly of: readonly string[];
  /** Where the vertical part runs; without it the way is straight, down, up or across. */
  readonly lane?: number;
  /** Another way that has the same lane and target leads on from there. */
  readonly joins?: true;
  /** What the line is about, where its transitions are of several kinds. */
  readonly kind?: Kind;
  /** The side that the way leaves at, where it is not the one that looks towards the lane. */
  readonly leaves?: 'left' | 'right' | 'bottom';
  /** Which of the horizontal tracks above the endings it takes, from 0. */
  readonly track?: number;
  /** Where the words stand: `entry`, before the target, is usual. */
  readonly label?: {
    readonly at: 'entry' | 'exit' | 'track';
    readonly below?: true;
    readonly x?: number;
    readonly align?: 'left' | 'right';
  };
}

export interface MapPlan {
  readonly width: number;
  /** Left edge and width of each column. */
  readonly columns: readonly (readonly [left: number, width: number])[];
  /** Column and row of each top state that is no ending; rows may be fractions. */
  readonly places: Readonly<Record<string, readonly [column: number, row: number]>>;
  /** A few words on each of these. */
  readonly about: Readonly<Record<string, string>>;
  /** From left to right. */
  readonly endings: readonly string[];
  readonly goodEndings: readonly string[];
  /** Those that are neither good nor a failure. */
  readonly plainEndings?: readonly string[];
  readonly tracks: number;
  /** Lines that reach a box do so above those that leave it. */
  readonly entersAbove?: true;
  /** What the colours mean, where it is not what they mean elsewhere. */
  readonly kindWords?: Partial<Record<Kind, string>>;
  readonly ways: readonly MapWay[];
  /** States that many ways share: one box in the texts. */
  readonly group?: { readonly name: string; readonly words: string; readonly states: readonly string[] };
  readonly note: string;
}

const execution: MapPlan = {
  width: 700,
  columns: [
    [106, 128],
    [434, 128],
  ],
  places: {
    validating: [0, 0],
    submitted: [0, 1],
    pending: [0, 2],
    cancelling: [0, 3],
    timeout: [0, 4],
    filled: [1, 2],
    late: [1, 3],
    reconciling: [1, 4],
  },
  about: {
    validating: 'nothing sent yet',
    submitted: 'one order, ever',
    pending: 'the order is watched',
    cancelling: 'cancel under way',
    timeout: 'until T = 32 s',
    filled: 'SL and TP are placed',
    late: 'valid, and protected',
    reconciling: 'asks the broker once',
  },
  endings: ['FILLED', 'EXECUTED_FULL_LATE', 'CANCELLED', 'FAILED_TIMEOUT', 'FAILED', 'REJECTED'],
  goodEndings: ['FILLED', 'EXECUTED_FULL_LATE'],
  plainEndings: ['CANCELLED'],
  tracks: 2,
  ways: [
    { from: ['validating'], to: ['submitted'], words: 'all rules hold', of: ['BROKER_ASKED'] },
    { from: ['submitted'], to: ['validating'], words: 'engine closed', of: ['isFirstTry'] },
    {
      from: ['validating'],
      to: ['REJECTED'],
      words: 'expired, invalid, limit, case, kill switch, broker’s rules',
      of: ['isRefusedBy', 'validation', 'isKilled'],
      lane: 664,
      label: { at: 'exit', x: 344, align: 'left' },
    },
    {
      from: ['submitted'],
      to: ['REJECTED'],
      words: 'refused at the last look',
      of: ['isFirstTry', 'isKilledBeforeFirstTry'],
      lane: 664,
      joins: true,
      label: { at: 'exit', x: 344, align: 'left' },
    },
    {
      from: ['submitted'],
      to: ['FAILED'],
      words: 'broker refuses, or nothing could be sent',
      of: [
        'SUBMIT_BLOCKED',
        'SUBMIT_OUTCOME',
        'hardTimeout',
        'isKilled',
        'isOutOfTimeAfterRefusal',
        'isRefusedAsReported',
        'isRejected',
        'mayTryAgainButIsKilled',
      ],
      lane: 648,
      label: { at: 'exit', x: 344, align: 'left', below: true },
    },
    {
      from: ['submitted'],
      to: ['pending'],
      words: 'accepted or unknown',
      of: ['isNews', 'mayBeLive', 'RECOVERED'],
    },
    {
      from: ['submitted', 'pending'],
      to: ['cancelling'],
      words: 'kill switch',
      of: ['mayBeLiveAndCancelIsWanted', 'isCancelWanted', 'isReopenedAndCancelIsWanted', 'isCancelledBySwitch'],
      lane: 40,
      kind: 'switch',
    },
    {
      from: ['submitted', 'pending', 'cancelling'],
      to: ['timeout'],
      words: 'T = 30 s',
      of: ['hardTimeout'],
      lane: 24,
    },
    {
      from: ['submitted', 'pending', 'cancelling', 'timeout'],
      to: ['filled'],
      words: 'filled by T = 30 s',
      of: ['fillsInTime'],
      lane: 324,
      label: { at: 'entry', x: 333, align: 'left' },
    },
    {
      from: ['submitted', 'pending', 'cancelling', 'timeout'],
      to: ['late'],
      words: 'filled by T = 32 s',
      of: ['fillsLate'],
      lane: 312,
      label: { at: 'entry', x: 333, align: 'left' },
    },
    {
      from: ['submitted', 'pending', 'cancelling'],
      to: ['reconciling'],
      words: 'the order is over',
      of: ['fillsAfterWindow', 'isClosed', 'isKeptClosed', 'isKeptRejected', 'isRejectedLate'],
      lane: 300,
      label: { at: 'entry', x: 333, align: 'left' },
    },
    {
      from: ['timeout'],
      to: ['reconciling'],
      words: 'over, or T = 32 s',
      of: ['fillsAfterWindow', 'isClosed', 'isKeptClosed', 'isKeptRejected', 'lateWindow', 'ORDER_LOOKED'],
      label: { at: 'entry', x: 333, align: 'left', below: true },
    },
    {
      from: ['filled', 'late'],
      to: ['reconciling'],
      words: 'protected,|or alarmed',
      of: [
        'PROTECTION_OUTCOME',
        'always',
        'isBracketValid',
        'isExitLost',
        'isProtected',
        'isStopAlone',
        'protection',
        'protectionCall',
      ],
      lane: 632,
    },
    {
      from: ['timeout'],
      to: ['FAILED'],
      words: 'never sent, or refused',
      of: ['isNeverSent', 'isRefusedForGood'],
      leaves: 'bottom',
      track: 0,
      label: { at: 'track', x: 180, align: 'left' },
    },
    {
      from: ['reconciling'],
      to: ['FILLED', 'EXECUTED_FULL_LATE', 'CANCELLED', 'FAILED_TIMEOUT', 'FAILED'],
      words: 'report',
      of: ['needsHuman', 'always'],
      leaves: 'bottom',
      track: 1,
      label: { at: 'track', x: 40, align: 'left' },
    },
  ],
  group: {
    name: 'live',
    words: 'the order may be live',
    states: ['submitted', 'pending', 'cancelling', 'timeout'],
  },
  note: 'After a fill no arrow leads to a cancel or a close (R4). T counts from the first submit call and is never extended (T1).',
};

const protection: MapPlan = {
  width: 700,
  columns: [
    [110, 128],
    [540, 128],
  ],
  places: {
    starting: [0, 0],
    judging: [0, 1.5],
    lost: [0, 3.4],
    working: [1, 0],
    doubting: [1, 1.15],
    settling: [1, 2.3],
    reversing: [1, 3.4],
  },
  about: {
    starting: 'the result stands',
    judging: 'left in the same turn',
    lost: 'a case is open',
    working: 'SL and TP stand',
    doubting: 'is it still held?',
    settling: 'closed, sibling is not',
    reversing: 'closed too much',
  },
  endings: ['closedByStopLoss', 'closedByTakeProfit', 'closedElsewhere', 'reversed'],
  goodEndings: ['closedByStopLoss', 'closedByTakeProfit', 'closedElsewhere'],
  tracks: 1,
  entersAbove: true,
  kindWords: { failure: 'a case is open' },
  ways: [
    { from: ['starting'], to: ['judging'], words: 'exits were placed', of: ['START'] },
    {
      from: ['starting'],
      to: ['lost'],
      words: 'none was|placed',
      of: ['hasNoExit'],
      lane: 42,
      kind: 'failure',
    },
    {
      from: ['judging'],
      to: ['working'],
      words: 'exits work, or closed in part',
      of: ['isPartlyClosedAndTold', 'isPartlyClosed', 'always'],
      lane: 380,
    },
    {
      from: ['judging'],
      to: ['doubting'],
      words: 'an exit has ended',
      of: ['hasUntoldLossOfAll', 'hasUntoldLoss'],
      lane: 394,
    },
    {
      from: ['judging'],
      to: ['settling'],
      words: 'the position is closed',
      of: ['isClosedAndSiblingTold', 'isClosed'],
      lane: 394,
      label: { at: 'entry', x: 416, align: 'left' },
    },
    {
      from: ['judging'],
      to: ['reversing'],
      words: 'more closed than held',
      of: ['isReversalTold', 'isOverclosed'],
      lane: 380,
      kind: 'failure',
      label: { at: 'entry', x: 416, align: 'left' },
    },
    { from: ['judging'], to: ['lost'], words: 'loss is told', of: ['hasToldLoss'], kind: 'failure' },
    { from: ['lost'], to: ['judging'], words: 'an exit fills,|or ends', of: ['isDecisive', 'isGone'] },
    {
      from: ['working', 'doubting', 'settling', 'reversing'],
      to: ['judging'],
      words: 'an exit fills, or ends',
      of: ['isDecisive', 'isGone'],
      lane: 408,
      label: { at: 'entry', x: 247, align: 'left' },
    },
    {
      from: ['doubting'],
      to: ['lost'],
      words: 'still held,|or nobody can say',
      of: ['isHeld', 'isUnansweredTooLong'],
      lane: 364,
      kind: 'failure',
    },
    {
      from: ['judging'],
      to: ['closedByStopLoss', 'closedByTakeProfit', 'closedElsewhere', 'reversed'],
      words: 'no exit works any more',
      of: [
        'isReversalToldAndOver',
        'isOverclosedAndOver',
        'isClosedElsewhere',
        'isClosedByStopLoss',
        'isClosedByTakeProfit',
      ],
      lane: 24,
      track: 0,
      label: { at: 'track', x: 110, align: 'left' },
    },
  ],
  note: 'Nothing here places, moves or cancels an exit: it watches them until they are over (B7).',
};

const killSwitch: MapPlan = {
  width: 700,
  columns: [
    [40, 150],
    [470, 160],
  ],
  places: { judging: [0, 1], off: [1, 0], warning: [1, 1.167], active: [1, 2.2] },
  about: {
    judging: 'left in the same turn',
    off: 'no switch is set',
    warning: 'noted in the log',
    active: 'nothing new is sent',
  },
  endings: [],
  goodEndings: [],
  tracks: 0,
  entersAbove: true,
  ways: [
    {
      from: ['judging'],
      to: ['active'],
      words: 'one is ACTIVE',
      of: ['isAnyActive'],
      lane: 330,
      label: { at: 'entry', x: 364, align: 'left' },
    },
    {
      from: ['judging'],
      to: ['warning'],
      words: 'one is WARNING',
      of: ['isAnyWarning'],
      label: { at: 'entry', x: 364, align: 'left' },
    },
    {
      from: ['judging'],
      to: ['off'],
      words: 'all are OFF',
      of: ['always'],
      lane: 330,
      label: { at: 'entry', x: 364, align: 'left' },
    },
    {
      from: ['off', 'warning', 'active'],
      to: ['judging'],
      words: 'set, or released',
      of: ['SET', 'RELEASED'],
      lane: 346,
    },
  ],
  note: 'The gate closes in the turn in which a switch is set (K5). Only a person releases it (K6).',
};

const PLANS: Readonly<Record<string, MapPlan>> = { execution, protection, killSwitch };

/** @throws TypeError for a chart that nobody has planned a map for */
export function planOf({ id }: { readonly id: string }): MapPlan {
  const plan = PLANS[id];
  if (plan === undefined) throw new TypeError(`the chart ${id} has no plan for its map`);
  return plan;
}
