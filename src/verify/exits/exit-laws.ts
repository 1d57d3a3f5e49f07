/**
 * The laws of the exits (B7). Each is judged from outside: by what was told, what was asked for, and where the chart
 * stands.
 */
import type { ProtectionCommand } from '../../machines/protection.commands.js';
import type { ProtectionContext } from '../../machines/protection.context.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import type { Host } from './exit-host.js';
import { amendedBy, amendedIn, filled, GRACE_MS, isGone, isSettled, lostOf, rest, type Told, toldKey } from './told.js';

/** One step of the exits' chart, as the laws see it. */
export interface ExitStep {
  readonly fact: ProtectionFact;
  readonly before: {
    readonly path: string;
    readonly told: Told;
    readonly host: Host;
    readonly context: ProtectionContext;
  };
  readonly after: {
    readonly path: string;
    readonly told: Told;
    readonly host: Host;
    readonly context: ProtectionContext;
  };
  readonly commands: readonly ProtectionCommand[];
  /** Since when an exit has been over and the position was asked for in vain, by the chart's own record. */
  readonly doubtMs: number;
}

type Check = (step: ExitStep) => string | undefined;

interface ExitLaw {
  readonly id: ExitLawId;
  readonly sentence: string;
  readonly check: Check;
}

export type ExitLawId = 'X1' | 'X2' | 'X3' | 'X4' | 'X5' | 'X6' | 'X7' | 'X8' | 'X9' | 'X10' | 'X12';

const CALMS: readonly string[] = [
  ...['watchExits', 'unwatchExits', 'queryExits', 'askPosition', 'scheduleDeadline', 'openCase', 'finish'],
];
const FINAL = ['closedByStopLoss', 'closedByTakeProfit', 'closedElsewhere', 'reversed'];
/** B7: for how long the position may be asked for in vain, in ms. */
const DOUBT_MS = 300_000;

export const isFinal = (path: string): boolean => FINAL.includes(path);
const opened = ({ commands }: ExitStep, kind: string): boolean =>
  commands.some((command) => command.type === 'openCase' && command.isAskedAgain !== true && command.kind === kind);
const isFirst = ({ before }: ExitStep, kind: string): boolean => (before.told.cases[kind] ?? 0) === 0;

const onlyLooks: Check = ({ commands }) => {
  const wrong = commands.find(({ type }) => !CALMS.includes(type));
  return wrong === undefined ? undefined : `the chart asks for ${wrong.type}`;
};

const fillsAreKept: Check = ({ after }) => {
  for (const { leg, cumQty, isOver } of after.told.exits) {
    const known = after.context.exits.find((exit) => exit.leg === leg);
    if (Number(known?.cumQty) !== cumQty) return `${cumQty} of ${leg} is filled, and ${known?.cumQty} is known`;
    const isKnownOver = known?.status === 'filled' || known?.status === 'ended';
    if (isKnownOver !== isOver) return `${leg} is ${isOver ? '' : 'not '}over, and is known as ${known?.status}`;
  }
  return undefined;
};

/** The sibling had its 5 s, and a report after them shows it working while nothing is left to close. */
function showsSibling({ fact, before, after }: ExitStep): boolean {
  if (fact.type !== 'EXIT_REPORT' || fact.report.status !== 'open' || rest(before.told) !== 0) return false;
  const exit = after.told.exits.find(({ leg }) => leg === fact.leg);
  const wasFill = filled(before.told) !== filled(after.told);
  return exit?.isOver === false && !wasFill && Number(fact.report.cumQty) === exit.cumQty;
}

const siblingIsTold: Check = (step) => {
  const { fact, before } = step;
  const isOpened = opened(step, 'SIBLING_WORKING');
  if (isOpened && !(showsSibling(step) && fact.at >= before.told.graceFrom + GRACE_MS)) {
    return 'a sibling is told that has not been seen working 5 s after the end of the position';
  }
  const isDue = before.path === 'settling.overdue' && showsSibling(step) && isFirst(step, 'SIBLING_WORKING');
  const isKept = step.after.path === 'settling.alarmed' && (step.after.told.cases['SIBLING_WORKING'] ?? 0) === 0;
  return (isDue && !isOpened) || isKept ? 'a sibling works on, and nobody is told' : undefined;
};

/** The sibling had its 5 s, and a report after them shows it larger than what is left. */
function showsSize({ fact, before, after }: ExitStep): boolean {
  if (fact.type !== 'EXIT_REPORT' || fact.leg === after.told.lastFilled) return false;
  const exit = after.told.exits.find(({ leg }) => leg === fact.leg);
  const left = rest(after.told);
  if (exit === undefined || exit.isOver || left <= 0 || filled(before.told) !== filled(after.told)) return false;
  return (exit.isQuantityTold || !after.told.nativeOco) && exit.quantity - exit.cumQty > left;
}

const sizeIsTold: Check = (step) => {
  const { fact, before } = step;
  const isOpened = opened(step, 'PROTECTION_SIZE');
  if (isOpened && !(showsSize(step) && fact.at >= before.told.graceFrom + GRACE_MS)) {
    return 'an exit is told as too large that has not been seen so 5 s after the fill of the other';
  }
  const isDue = before.path === 'working.measuring' && showsSize(step);
  const { path, told } = step.after;
  const isSkipped = path === 'working.partly' && before.path !== path && fact.type !== 'EXIT_REPORT';
  if (isSkipped && (told.cases['PROTECTION_SIZE'] ?? 0) === 0) return 'the size of the other exit is not looked at';
  return isDue && !isOpened ? 'an exit is larger than what is left, and nobody is told' : undefined;
};

/** A report that says nothing new, and leads nowhere: what it shows is shown once more. */
const isSaidAgain = ({ fact, before, after }: ExitStep): boolean =>
  fact.type === 'EXIT_REPORT' && before.path === after.path && toldKey(before.told) === toldKey(after.told);

const amendmentIsTold: Check = (step) => {
  const { fact, before, commands } = step;
  const asked = commands.flatMap((command) => amendedIn(command) ?? []);
  const isNow = fact.type === 'EXIT_REPORT' && isSaidAgain(step) && isOfNow(before.told, fact);
  const due = isNow ? amendedBy(before.told, fact.leg, fact.at) : [];
  const wrong = asked.find((change) => !due.includes(change));
  if (wrong !== undefined) return `${wrong} is told, which does not stand, or has not been shown again 5 s on`;
  const untold = due.find((change) => !asked.includes(change));
  return untold === undefined ? undefined : `${untold} stands at the venue, and nobody is told`;
};

/** A report with less than is known is an older one. */
const isOfNow = (told: Told, { leg, report }: Extract<ProtectionFact, { type: 'EXIT_REPORT' }>): boolean =>
  told.exits.find((exit) => exit.leg === leg)?.cumQty === Number(report.cumQty);

const lossIsTold: Check = (step) => {
  const { fact, before, after, doubtMs } = step;
  const losses = lostOf(before.told).length;
  const isOpened = opened(step, 'PROTECTION_LOST');
  const isAnswered = fact.type === 'POSITION_SEEN' && before.path === 'doubting.asking';
  const gone = fact.type === 'POSITION_SEEN' && isGone(before.told, fact);
  const isHeld = isAnswered && fact.seen.kind === 'position' && !gone;
  const isInVain = isAnswered && fact.seen.kind === 'failed' && doubtMs >= DOUBT_MS;
  if (isOpened && !(losses > before.told.lossesTold && (isHeld || isInVain))) {
    return 'a loss is told without an exit that is over and a position that is held or cannot be asked for';
  }
  if ((isHeld || isInVain) && losses > before.told.lossesTold && !isOpened) {
    return 'an exit is over while its quantity is held, and nobody is told';
  }
  const isQuiet = ['working.whole', 'working.partly', 'lost'].includes(after.path);
  const untold = lostOf(after.told).length - after.told.lossesTold;
  return isQuiet && untold > 0 ? 'an exit is over, its quantity may be held, and nobody asks' : undefined;
};

const reversalIsTold: Check = (step) => {
  const isReversed = rest(step.after.told) < 0;
  const isOpened = opened(step, 'POSITION_REVERSED');
  if (isOpened && !(isReversed && isFirst(step, 'POSITION_REVERSED'))) {
    return 'a reversal is told that is none, or once more';
  }
  return isReversed && isFirst(step, 'POSITION_REVERSED') && !isOpened
    ? 'the exits closed more than was held, and nobody is told'
    : undefined;
};

const goneIsNoCase: Check = ({ fact, before, commands }) => {
  const isWord = fact.type === 'POSITION_SEEN' && isGone(before.told, fact);
  const opens = isWord && commands.some(({ type }) => type === 'openCase');
  return opens ? 'a position that is closed elsewhere is made a case' : undefined;
};

const theEndIsTheEnd: Check = ({ after }) => {
  const { told, path, host } = after;
  const isOver = isSettled(told) && rest(told) <= 0 && told.exits.length > 0;
  if (isFinal(path) && !(isSettled(told) && rest(told) <= 0))
    return 'it ends while an exit may work, or something is held';
  if (isOver && !isFinal(path)) return 'all is over, and it does not end';
  if (!isFinal(path)) return undefined;
  if (!host.isFinished || host.watched.length > 0) return 'it ends, and is still watched, or the end is not told';
  return path === dueEnd(told) ? undefined : `it ends as ${path} instead of ${dueEnd(told)}`;
};

function dueEnd(told: Told): string {
  if (rest(told) < 0) return 'reversed';
  if (told.elsewhere > 0) return 'closedElsewhere';
  return told.lastFilled === 'sl' ? 'closedByStopLoss' : 'closedByTakeProfit';
}

/** What each state waits for; without it, only luck would end it. */
const somethingWillCome: Check = ({ after }) => {
  const { path, host, told } = after;
  if (isFinal(path) || path === 'starting') return undefined;
  const unwatched = told.exits.filter(
    ({ isOver, hasPrice, leg }) => (!isOver || !hasPrice) && !host.watched.includes(leg),
  );
  const isBriefly = path === 'doubting.asking' || path === 'doubting.backingOff';
  if (unwatched.length > 0 && !isBriefly)
    return `${unwatched.map(({ leg }) => leg).join(' and ')} may work and is not watched`;
  const awaited: Readonly<Record<string, boolean>> = {
    'working.shrinking': host.deadlines.exitSize !== undefined && host.isSoon,
    'working.measuring': host.isSoon,
    'settling.waiting': host.deadlines.siblingGone !== undefined && host.isSoon,
    'settling.overdue': host.isSoon,
    'doubting.looking': host.deadlines.exitLook !== undefined,
    'doubting.asking': host.isAsked,
    'doubting.backingOff': host.deadlines.positionRetry !== undefined,
  };
  return awaited[path] === false ? `${path} waits for what will not come` : undefined;
};

/** Deadlines count from the fact that set them; none is moved by a repeat. */
const deadlinesStand: Check = ({ fact, before, commands }) => {
  const due: Readonly<Record<string, number>> = { siblingGone: GRACE_MS, exitSize: GRACE_MS, exitLook: 2_000 };
  for (const command of commands) {
    if (command.type !== 'scheduleDeadline') continue;
    const ms = due[command.name];
    if (ms !== undefined && command.at > fact.at + ms) return `${command.name} is set ${command.at - fact.at} ms ahead`;
    if (command.at < fact.at && before.path !== 'judging' && ms !== undefined && command.at < before.told.graceFrom) {
      return `${command.name} lies before what it counts from`;
    }
  }
  return undefined;
};

export const exitLaws: readonly ExitLaw[] = [
  { id: 'X1', sentence: 'After the result nothing is placed, moved or cancelled.', check: onlyLooks },
  { id: 'X2', sentence: 'What is told of an exit is kept: fills, ends, and nothing else.', check: fillsAreKept },
  {
    id: 'X3',
    sentence: 'A sibling that works 5 s after the end of the position is told, and no other.',
    check: siblingIsTold,
  },
  {
    id: 'X4',
    sentence: 'An exit that is over while its quantity is held is told, once the position says so.',
    check: lossIsTold,
  },
  { id: 'X5', sentence: 'Exits that close more than was held are told at once, and once.', check: reversalIsTold },
  { id: 'X6', sentence: 'An exit that is larger than what is left, 5 s on, is told, and no other.', check: sizeIsTold },
  { id: 'X7', sentence: 'A position that was closed elsewhere is no case.', check: goneIsNoCase },
  {
    id: 'X8',
    sentence: 'It ends when every exit is over and nothing is held, under the right name, and not before.',
    check: theEndIsTheEnd,
  },
  { id: 'X9', sentence: 'What may still work is watched, and what is waited for will come.', check: somethingWillCome },
  { id: 'X10', sentence: 'The times of B7 are kept.', check: deadlinesStand },
  {
    id: 'X12',
    sentence:
      'An exit that stands at the venue otherwise than placed is told when it is shown so again, 5 s on, and no other.',
    check: amendmentIsTold,
  },
];
