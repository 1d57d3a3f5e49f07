/**
 * The exits' chart with one thing wrong about exits that somebody changes at the venue (B7).
 */
import { add } from '../../domain/decimal.js';
import { filledBy } from '../../domain/exits.js';
import { amendedNow } from '../../machines/protection.amended.js';
import type { ProtectionContext } from '../../machines/protection.context.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import { protectionSetup } from '../../machines/protection.setup.js';
import { keepExit, type Patch } from '../../machines/protection.updates.js';
import {
  ALONE,
  altered,
  CRASHED_ALONE,
  drops,
  type ExitMutant,
  guard,
  mutant,
  provided,
  silent,
} from './mutant-kit.js';

interface Args {
  readonly context: ProtectionContext;
  readonly event: ProtectionFact;
}

type Amended = NonNullable<ProtectionContext['amended']>;

/** What the venue shows is kept otherwise. */
const keeping = (change: (patch: Patch, args: Args) => Patch) => () =>
  provided({
    actions: {
      keepExit: protectionSetup.assign(({ context, event }: Args) => {
        const patch = keepExit(context, event);
        return 'amended' in patch ? { ...patch, ...change(patch, { context, event }) } : patch;
      }),
    },
  });

/** What is found to stand is told otherwise: asked for, and in these words. */
const finding = (find: (args: Args) => ReturnType<typeof amendedNow>) => () =>
  provided({
    guards: { isAmended: (args: Args) => find(args).length > 0 },
    actions: {
      openAmendedCase: protectionSetup.emit((args: Args) => ({
        type: 'openCase' as const,
        kind: 'MISMATCH' as const,
        mismatches: find(args),
        isAskedAgain: true as const,
      })),
    },
  });

const found = ({ context, event }: Args) => amendedNow(context, event);
const isOfSize = ({ kind }: { readonly kind: string }): boolean => kind === 'PROTECTION_SIZE';

/** Each exit as if it had been shown so for long. */
const sinceEver = ({ amended = {}, ...context }: ProtectionContext): ProtectionContext => ({
  ...context,
  amended: Object.fromEntries(Object.entries(amended).map(([leg, shown]) => [leg, { ...shown, since: 0 }])) as Amended,
});

export const amendedMutants: readonly ExitMutant[] = [
  mutant(
    'overlooks an exit that somebody has changed',
    'a part of the position is naked unseen',
    guard('isAmended', () => false),
  ),
  mutant('keeps a changed exit to itself', 'a part of the position is naked unseen', silent('openAmendedCase'), ALONE),
  mutant(
    'keeps nothing of what an exit is shown as',
    'a part of the position is naked unseen',
    keeping(() => ({ amended: undefined })),
    ALONE,
  ),
  mutant(
    'tells a changed exit at the second look, however soon',
    'each pair that the venue shrinks is a case',
    finding(({ context, event }) => amendedNow(sinceEver(context), event)),
  ),
  mutant(
    'counts the 5 s of a changed exit from the placing',
    'each pair that the venue shrinks is a case',
    keeping(({ amended }) => sinceEver({ amended } as ProtectionContext)),
    ALONE,
  ),
  mutant(
    'tells a smaller exit without a word from the other',
    'each pair that the venue shrinks is a case',
    finding(({ context, event }) =>
      amendedNow(
        { ...context, exits: context.exits.filter((exit) => !('leg' in event) || exit.leg === event.leg) },
        event,
      ),
    ),
  ),
  mutant(
    'waits with a price for a word from the other',
    'a stop that was moved away is told too late',
    finding(({ context, event }) =>
      found({ context, event }).filter(({ message }) => !('leg' in event) || !message.includes(`-${event.leg} `)),
    ),
  ),
  mutant(
    'hears of the price alone',
    'a part of the position is naked unseen',
    finding((args) => found(args).filter((one) => !isOfSize(one))),
    ALONE,
  ),
  mutant(
    'hears of the size alone',
    'a stop that was moved away is found by chance',
    finding((args) => found(args).filter(isOfSize)),
    ALONE,
  ),
  mutant(
    'overlooks an exit that the venue suspends',
    'a stop does not trigger, and nobody knows',
    finding((args) => found(args).filter(({ kind }) => kind !== 'PROTECTION_LOST')),
    ALONE,
  ),
  mutant(
    'overlooks an exit that was made larger',
    'the position is turned round unseen',
    finding((args) => found(args).filter((one) => !isOfSize(one) || Number(one.actual) < Number(one.expected))),
    ALONE,
  ),
  mutant(
    'holds what is shown against what was placed, whatever has filled',
    'each fill in part is a case',
    finding(({ context, event }) => {
      const quantity = add(context.quantity, filledBy(context.exits));
      return amendedNow({ ...context, quantity }, event);
    }),
  ),
  mutant(
    'does not forget what was changed back',
    'an exit that stands as it was placed is a case',
    keeping(({ amended }, { context }) => ({ amended: amended ?? context.amended })),
    ALONE,
  ),
  mutant(
    'drops a changed exit once a loss is told',
    'what is left of the cover shrinks unseen',
    drops('lost.on.EXIT_REPORT.isAmended'),
  ),
  mutant(
    'drops a changed exit while it doubts',
    'what is left of the cover shrinks unseen',
    drops('doubting.on.EXIT_REPORT.isAmended'),
  ),
  mutant(
    'drops a changed exit once all is closed',
    'an exit is moved towards the market unseen',
    drops('settling.on.EXIT_REPORT.isAmended'),
  ),
  mutant(
    'forgets over a restart what an exit is shown as',
    'each restart takes the time once more',
    () =>
      altered('working.whole.on.RECOVERED', (transition) => {
        transition['actions'] = ['watchExits', 'renewGrace'];
      }).provide({ actions: { renewGrace: protectionSetup.assign({ amended: undefined }) } } as never),
    CRASHED_ALONE,
  ),
  mutant('moves a changed exit back', 'the engine moves an exit', () =>
    provided({ actions: { openAmendedCase: protectionSetup.emit({ type: 'placeProtection' } as never) } }),
  ),
  mutant('takes a changed exit for a reversal', 'a position that is held counts as turned round', () =>
    altered('working.on.EXIT_REPORT.isAmended', (transition) => {
      transition['target'] = '#protection.reversing';
    }),
  ),
];
