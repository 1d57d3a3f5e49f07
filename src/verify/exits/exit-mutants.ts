/**
 * The exits' chart with one thing wrong, many times over. The check must catch each: that is what its silence is worth.
 */
import { protectionSetup } from '../../machines/protection.setup.js';
import type { Definition } from '../altered-chart.js';
import { amendedMutants } from './amended-mutants.js';
import {
  ALONE,
  action,
  aims,
  altered,
  CRASHED,
  CRASHED_ALONE,
  drops,
  type ExitMutant,
  guard,
  mutant,
  NONE,
  provided,
  SOLD,
  silent,
  TIED,
} from './mutant-kit.js';

const MS = 1_000;

export const exitMutants: readonly ExitMutant[] = [
  // What is told of the exits.
  mutant(
    'keeps nothing of a report',
    'a stop that has filled is taken for working',
    action('keepExit', () => ({})),
  ),
  mutant(
    'hears fills alone',
    'a stop that was cancelled is taken for working',
    guard('isDecisive', () => false),
  ),
  mutant(
    'drops an exit that is not found',
    'a stop that is gone is taken for working',
    drops('working.on.EXIT_ABSENT'),
  ),
  mutant(
    'drops reports while it waits for the sibling',
    'the sibling is never seen to go',
    drops('settling.on.EXIT_REPORT'),
  ),
  mutant('drops reports while it doubts', 'the fill that explains an end is lost', drops('doubting.on.EXIT_REPORT')),
  mutant(
    'drops reports once a loss is told',
    'the other exit fills, and nobody hears of it',
    drops('lost.on.EXIT_REPORT'),
    ALONE,
  ),

  // The sibling of an exit that has filled.
  mutant(
    'calls it over with the first fill',
    'a sibling works on against a flat account',
    guard('isClosedByStopLoss', ({ context }: never) => (context as { lastFilled?: string }).lastFilled === 'sl'),
  ),
  mutant('forgets the 5 s of the sibling', 'a sibling that stays is never told', silent('scheduleSiblingEnd')),
  mutant('gives the sibling a minute', 'a sibling that stays is told too late', () =>
    provided({
      actions: {
        scheduleSiblingEnd: protectionSetup.emit(({ event }) => ({
          type: 'scheduleDeadline' as const,
          name: 'siblingGone' as const,
          at: event.at + 60 * MS,
        })),
      },
    }),
  ),
  mutant(
    'takes the sibling for told',
    'a sibling opens a new position unseen',
    aims('settling.waiting.on.DEADLINE', 'alarmed'),
  ),
  mutant('alarms without having looked', 'a sibling that is gone is a case', () =>
    altered('settling.waiting.on.DEADLINE', (transition) => {
      transition['target'] = 'alarmed';
      transition['actions'] = ['tellSibling', 'openSiblingCase'];
    }),
  ),
  mutant(
    'takes an old report for the sibling',
    'a sibling that is gone is a case',
    guard('isStillWorking', ({ event }: never) => (event as { type: string }).type === 'EXIT_REPORT'),
  ),
  mutant('sees the sibling and says nothing', 'a sibling opens a new position unseen', silent('openSiblingCase')),
  mutant('does not watch the sibling closely', 'the 5 s pass unseen', () =>
    altered('settling.waiting', (state) => {
      state['entry'] = ['queryExits', 'scheduleSiblingEnd'];
    }),
  ),
  mutant('does not watch a sibling that was told', 'it fills, and nobody hears of it', () =>
    altered('settling.alarmed', (state) => {
      state['entry'] = ['unwatchExits'];
    }),
  ),
  mutant('tells the sibling again and again', 'one matter, many cases', () =>
    altered('settling.alarmed', (state) => {
      state['entry'] = ['watchExits', 'openSiblingCase'];
    }),
  ),

  // Exits that close too much.
  mutant(
    'overlooks that both have filled',
    'a reversed position counts as closed',
    guard('isOverclosed', () => false),
  ),
  mutant(
    'ends with both filled as if all were well',
    'a reversed position counts as closed',
    guard('isOverclosedAndOver', () => false),
  ),
  mutant('keeps a reversal to itself', 'a reversed position is found by chance', silent('openReversedCase')),
  mutant(
    'tells each fill as a reversal',
    'each good trade is a case',
    guard('isOverclosed', ({ context }: never) => (context as { lastFilled?: string }).lastFilled !== undefined),
  ),
  mutant(
    'explains every later fill by the gone position',
    'a fill after the end turns the position round unseen',
    action('keepGone', ({ context, event }: never) => {
      const { closedElsewhere } = context as { closedElsewhere: string };
      const { at } = event as { at: number };
      return {
        closedElsewhere: closedElsewhere === '0' ? '100' : closedElsewhere,
        graceEndsAt: at + 10 ** 9,
        closedAt: at,
      };
    }),
  ),

  // Exits that end while their quantity is held.
  mutant(
    'takes a lost stop for no news',
    'a naked position is found by chance',
    guard('hasUntoldLoss', () => false),
  ),
  mutant('never asks for the position', 'a naked position is never told', silent('askPosition')),
  mutant('asks for nothing more after one vain try', 'a naked position is never told', silent('schedulePositionRetry')),
  mutant(
    'takes no answer for flat',
    'a naked position counts as closed elsewhere',
    guard('isGone', () => true),
  ),
  mutant(
    'takes no answer for held',
    'a position that nobody could ask for is a case at once',
    guard('isHeld', () => true),
  ),
  mutant('takes flat for held', 'a position that was closed by hand is a case', () =>
    provided({
      guards: {
        isGone: () => false,
        isHeld: ({ event }: never) => (event as { seen?: { kind: string } }).seen?.kind === 'position',
      },
    }),
  ),
  mutant(
    'asks in vain for ever',
    'an exit is gone, the broker is silent, and nobody is told',
    guard('isUnansweredTooLong', () => false),
  ),
  mutant('keeps a loss to itself', 'a naked position is found by chance', silent('openLostCase')),
  mutant('forgets that a loss was told', 'one matter, many cases', silent('tellLoss')),
  mutant('does not watch what is left', 'the other exit fills, and nobody hears of it', () =>
    altered('lost', (state) => {
      state['entry'] = ['unwatchExits'];
    }),
  ),
  mutant('alarms before the other exit could say why', 'each pair that the venue ends is a case', () =>
    altered('judging', (state) => {
      const always = (state['always'] as Definition[]).map((transition) =>
        transition['guard'] === 'hasUntoldLoss'
          ? { ...transition, target: 'lost', actions: ['openLostCase', 'tellLoss'] }
          : transition,
      );
      state['always'] = always;
    }),
  ),
  mutant('forgets to look again', 'the doubt is never settled', silent('scheduleExitLook')),
  mutant(
    'takes a sale for a purchase',
    'a short position that is held counts as gone',
    () =>
      provided({
        guards: {
          isGone: ({ event }: never) => Number((event as { seen?: { size?: string } }).seen?.size ?? 1) <= 0,
          isHeld: ({ event }: never) => Number((event as { seen?: { size?: string } }).seen?.size ?? 0) > 0,
        },
      }),
    SOLD,
  ),

  // Exits that are larger than what is left.
  mutant(
    'overlooks an exit that is too large',
    'the rest is turned round unseen',
    guard('isSiblingTooLarge', () => false),
  ),
  mutant(
    'takes each sibling for too large',
    'each fill in part is a case',
    guard('isSiblingTooLarge', ({ event }: never) => (event as { type: string }).type === 'EXIT_REPORT'),
  ),
  mutant('forgets the 5 s to shrink', 'an exit that is too large is never told', silent('scheduleSizeEnd')),
  mutant('keeps a wrong size to itself', 'the rest is turned round unseen', silent('openSizeCase')),
  mutant('takes the size for told', 'the rest is turned round unseen', aims('working.shrinking.on.DEADLINE', 'partly')),
  mutant(
    'distrusts a venue that ties the pair',
    'each fill in part is a case',
    guard('isSiblingTooLarge', ({ context, event }: never) => {
      const { event: told, known } = {
        event: event as { type: string; leg?: string },
        known: context as { lastFilled?: string },
      };
      return told.type === 'EXIT_REPORT' && told.leg !== known.lastFilled;
    }),
    TIED,
  ),

  ...amendedMutants,

  mutant('makes a case of a position that was closed by hand', 'each close by hand halts the symbol', () =>
    altered('doubting.asking.on.POSITION_SEEN.isGone', (transition) => {
      transition['actions'] = ['openLostCase', 'keepGone'];
    }),
  ),

  // The end, and a new process.
  mutant('cancels what is left', 'the engine moves an exit', () =>
    provided({ actions: { queryExits: protectionSetup.emit({ type: 'cancelOrder' } as never) } }),
  ),
  mutant(
    'ends with an exit at work',
    'an exit opens a new position unseen',
    guard('isClosedByTakeProfit', ({ context }: never) => (context as { lastFilled?: string }).lastFilled === 'tp'),
  ),
  mutant('calls the stop-loss a take-profit', 'the record says the wrong end', () =>
    provided({
      guards: {
        isClosedByStopLoss: () => false,
        isClosedByTakeProfit: ({ context }: never) =>
          (context as { exits: readonly { status: string }[] }).exits.every(
            ({ status }) => status === 'filled' || status === 'ended',
          ) && (context as { lastFilled?: string }).lastFilled !== undefined,
      },
    }),
  ),
  mutant('watches on when all is over', 'the broker is asked for ever', silent('unwatchExits')),
  mutant('never tells the end', 'the position stays in the list', silent('finish')),
  mutant('never watches', 'a stop fills, and nobody hears of it', silent('watchExits'), ALONE),
  mutant(
    'does not watch after a restart',
    'a stop fills, and nobody hears of it',
    drops('working.whole.on.RECOVERED'),
    CRASHED,
  ),
  mutant(
    'does not ask again after a restart',
    'the doubt is never settled',
    drops('doubting.asking.on.RECOVERED'),
    CRASHED_ALONE,
  ),
  mutant(
    'does not wait again after a restart',
    'the 5 s of the sibling never end',
    drops('settling.waiting.on.RECOVERED'),
    CRASHED,
  ),
  mutant('does not watch a loss after a restart', 'the other exit fills unseen', drops('lost.on.RECOVERED'), CRASHED),
  mutant(
    'takes a position without exits for over',
    'a naked position leaves the list',
    () =>
      altered('starting.on.START.hasNoExit', (transition) => {
        transition['target'] = 'closedElsewhere';
      }),
    NONE,
  ),
];
