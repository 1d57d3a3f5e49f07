/**
 * The states of the exits, in the order of a life. No transition of this file places, moves or cancels anything (B7, B3).
 */
import { rule } from './execution.setup.js';
import { protectionSetup } from './protection.setup.js';

/** What a fact about an exit does wherever exits are watched: what decides is judged, the rest is known. */
const exitFacts = {
  EXIT_REPORT: [
    {
      guard: 'isDecisive',
      target: '#protection.judging',
      actions: 'keepExit',
      ...rule('B7', 'An exit has filled, or is over: where the position stands is judged anew.'),
    },
    { guard: 'isNews', actions: 'keepExit', ...rule('B7 P2', 'Known, and changes nothing else.') },
    {
      guard: 'isAmended',
      actions: 'openAmendedCase',
      ...rule('B7 M1', 'An exit stands at the venue otherwise than it was placed: a human looks.'),
    },
  ],
  EXIT_ABSENT: {
    guard: 'isDecisive',
    target: '#protection.judging',
    actions: 'keepExit',
    ...rule('B7 M4', 'Not found by its id, and not among the open orders: it is over, and nobody says how.'),
  },
} as const;

const watchAgain = { actions: 'watchExits', ...rule('A6 B7', 'Watched on after a restart.') } as const;

export const starting = protectionSetup.createStateConfig({
  description: 'The execution is not done yet.',
  on: {
    START: [
      {
        guard: 'hasNoExit',
        target: 'lost',
        actions: 'start',
        ...rule('B2 B7', 'None could be placed; the execution has told of it.'),
      },
      { target: 'judging', actions: 'start', ...rule('B7', 'The exits have a life of their own from here.') },
    ],
  },
});

const report = { actions: ['tellReversal', 'openReversedCase'] } as const;

export const judging = protectionSetup.createStateConfig({
  description: 'What is left of the position, and which exits work?',
  always: [
    { guard: 'isReversalToldAndOver', target: 'reversed', ...rule('B7', 'Told, and no exit works any more.') },
    { guard: 'isReversalTold', target: 'reversing', ...rule('B7', 'Told; an exit still works.') },
    { guard: 'isOverclosedAndOver', target: 'reversed', ...report, ...rule('B7 M1', 'Both filled: a human looks.') },
    {
      guard: 'isOverclosed',
      target: 'reversing',
      ...report,
      ...rule('B7 M1', 'More closed than was held: a human looks.'),
    },
    {
      guard: 'isClosedElsewhere',
      target: 'closedElsewhere',
      ...rule('B7', 'The position is gone, and so are the exits.'),
    },
    { guard: 'isClosedByStopLoss', target: 'closedByStopLoss', ...rule('B7', 'Closed, and its sibling is gone.') },
    { guard: 'isClosedByTakeProfit', target: 'closedByTakeProfit', ...rule('B7', 'Closed, and its sibling is gone.') },
    {
      guard: 'isClosedAndSiblingTold',
      target: 'settling.alarmed',
      ...rule('B7', 'The sibling still works, which is told.'),
    },
    { guard: 'isClosed', target: 'settling', ...rule('B7', 'Closed; its sibling must be gone within 5 s.') },
    {
      guard: 'hasUntoldLossOfAll',
      target: 'doubting.asking',
      actions: 'beginDoubt',
      ...rule('B7', 'No exit works, and the quantity may be held: one position question decides.'),
    },
    {
      guard: 'hasUntoldLoss',
      target: 'doubting.looking',
      actions: 'beginDoubt',
      ...rule('B7', 'An exit has ended: the other may be about to say why.'),
    },
    { guard: 'hasToldLoss', target: 'lost', ...rule('B7', 'A loss is told already.') },
    { guard: 'isPartlyClosedAndTold', target: 'working.partly', ...rule('B7', 'The size is told already.') },
    { guard: 'isPartlyClosed', target: 'working.shrinking', ...rule('B7', 'Closed in part: the sibling must shrink.') },
    { target: 'working.whole', ...rule('B7', 'All as it was placed.') },
  ],
});

export const working = protectionSetup.createStateConfig({
  description: 'The position is held, and its exits work.',
  initial: 'whole',
  on: exitFacts,
  states: {
    whole: { description: 'For the whole quantity.', entry: 'watchExits', on: { RECOVERED: watchAgain } },
    shrinking: {
      description: 'One has filled in part; the other gets 5 s to shrink.',
      entry: ['watchExitsSoon', 'queryExits', 'scheduleSizeEnd'],
      on: {
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'exitSize' } },
          target: 'measuring',
          ...rule('B7', 'Five seconds have passed.'),
        },
        RECOVERED: {
          target: 'shrinking',
          reenter: true,
          actions: 'renewGrace',
          ...rule('A6 B7', 'Nobody has looked in between: it gets its time once more.'),
        },
      },
    },
    measuring: {
      description: 'How large is the other now?',
      entry: 'queryExits',
      on: {
        EXIT_REPORT: [
          exitFacts.EXIT_REPORT[0],
          {
            guard: 'isSiblingTooLarge',
            target: 'partly',
            actions: ['keepExit', 'tellSize', 'openSizeCase'],
            ...rule('B7 M1', 'Larger than what is left: it would turn the position round.'),
          },
          { guard: 'isSiblingReport', target: 'partly', actions: 'keepExit', ...rule('B7', 'It fits what is left.') },
        ],
        RECOVERED: { target: 'shrinking', actions: 'renewGrace', ...rule('A6 B7', 'Looked at once more.') },
      },
    },
    partly: {
      description: 'For what is left of the position, or told as too large.',
      entry: 'watchExits',
      on: { RECOVERED: watchAgain },
    },
  },
});

export const settling = protectionSetup.createStateConfig({
  description: 'Nothing is left to close. An exit that still works would open a new position.',
  initial: 'waiting',
  on: exitFacts,
  states: {
    waiting: {
      description: 'The sibling gets 5 s to go.',
      entry: ['watchExitsSoon', 'queryExits', 'scheduleSiblingEnd'],
      on: {
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'siblingGone' } },
          target: 'overdue',
          ...rule('B7', 'Five seconds have passed.'),
        },
        RECOVERED: {
          target: 'waiting',
          reenter: true,
          actions: 'renewGrace',
          ...rule('A6 B7', 'Nobody has looked in between: it gets its time once more.'),
        },
      },
    },
    overdue: {
      description: 'Is it gone? No answer is no news.',
      entry: 'queryExits',
      on: {
        EXIT_REPORT: [
          exitFacts.EXIT_REPORT[0],
          {
            guard: 'isStillWorking',
            target: 'alarmed',
            actions: ['keepExit', 'tellSibling', 'openSiblingCase'],
            ...rule('B7 M1', 'It still works: a human looks.'),
          },
        ],
        RECOVERED: { target: 'waiting', actions: 'renewGrace', ...rule('A6 B7', 'Looked at once more.') },
      },
    },
    alarmed: {
      description: 'The sibling still works, and a human knows.',
      entry: 'watchExits',
      on: { RECOVERED: watchAgain },
    },
  },
});

const tellOfLoss = { target: '#protection.lost', actions: ['openLostCase', 'tellLoss'] } as const;
const lookAgain = {
  target: 'looking',
  actions: 'renewDoubt',
  ...rule('A6 B7', 'Looked at once more after a restart.'),
} as const;

export const doubting = protectionSetup.createStateConfig({
  description: 'An exit has ended while its quantity may be held.',
  initial: 'looking',
  on: exitFacts,
  states: {
    looking: {
      description: 'The other exit gets 2 s to say that it has filled.',
      entry: ['watchExitsSoon', 'queryExits', 'scheduleExitLook'],
      on: {
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'exitLook' } },
          target: 'asking',
          ...rule('B7', 'It has not: one position question decides.'),
        },
        RECOVERED: { ...lookAgain, reenter: true },
      },
    },
    asking: {
      description: 'Is the position still there?',
      entry: 'askPosition',
      on: {
        POSITION_SEEN: [
          {
            guard: 'isGone',
            target: '#protection.judging',
            actions: 'keepGone',
            ...rule('B7', 'Closed elsewhere: no case.'),
          },
          { guard: 'isHeld', ...tellOfLoss, ...rule('B7 M1', 'Held without this exit: a human looks.') },
          {
            guard: 'isUnansweredTooLong',
            ...tellOfLoss,
            ...rule('B7 M1', 'Nobody can say; an exit has ended, so a human looks.'),
          },
          { target: 'backingOff', actions: 'countUnanswered', ...rule('B7 M4', 'No answer is no news.') },
        ],
        RECOVERED: lookAgain,
      },
    },
    backingOff: {
      description: 'Asked again shortly.',
      entry: 'schedulePositionRetry',
      on: {
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'positionRetry' } },
          target: 'asking',
          ...rule('B7', 'The next try.'),
        },
        RECOVERED: lookAgain,
      },
    },
  },
});

export const lost = protectionSetup.createStateConfig({
  description: 'Held without all of its exits, and a human knows. What still works is watched.',
  entry: 'watchExits',
  on: {
    ...exitFacts,
    POSITION_SEEN: {
      guard: 'isGone',
      target: 'judging',
      actions: 'keepGone',
      ...rule('B7', 'The position is gone.'),
    },
    RECOVERED: watchAgain,
  },
});

export const reversing = protectionSetup.createStateConfig({
  description: 'The exits have closed more than was held, and one still works.',
  entry: 'watchExits',
  on: { ...exitFacts, RECOVERED: watchAgain },
});
