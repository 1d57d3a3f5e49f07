/**
 * The exits' chart by itself: facts in, state and commands out, one line per event.
 */
import { createActor } from 'xstate';
import { decimal } from '../../src/domain/decimal.js';
import type { ExitFact, ExitLeg } from '../../src/domain/exits.js';
import type { ProtectionCommand } from '../../src/machines/protection.commands.js';
import type { ProtectionFact, ProtectionInput, SeenPosition } from '../../src/machines/protection.facts.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';

/** Long 100 at 151, SL 147.98, TP 155.53; two orders that do not know of each other. */
export const HELD: ProtectionInput = {
  advisoryId: 'ADV-A',
  snapshotHash: 'hash',
  clientOrderId: 'fc-a',
  symbol: 'AAPL',
  side: 'buy',
  quantity: decimal('100'),
  unprotectedQuantity: decimal('0'),
  entryPrice: decimal('151'),
  openedAt: 0,
  sl: { price: decimal('147.98'), isPlaced: true },
  tp: { price: decimal('155.53'), isPlaced: true },
  nativeOco: false,
};

interface Told {
  readonly state: string;
  readonly commands: readonly ProtectionCommand[];
}

interface Life {
  readonly state: string;
  readonly context: ReturnType<typeof contextOf>;
  /** Kinds of the cases that were asked for. */
  readonly cases: readonly string[];
  tell(fact: ProtectionFact): Told;
  report(at: number, leg: ExitLeg, report: Partial<Omit<ExitFact, 'cumQty' | 'avgPrice' | 'quantity'>> & Numbers): Told;
  deadlineOf(told: Told, name: string): number | undefined;
}

interface Numbers {
  readonly cumQty?: number;
  readonly avgPrice?: string;
  readonly quantity?: number;
}

const contextOf = (actor: ReturnType<typeof newActor>) => actor.getSnapshot().context;
const newActor = () => createActor(protectionMachine, { input: undefined });

const pathOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .map(([key, inner]) => `${key}.${pathOf(inner)}`)
        .join(' ');

export function exitsLife(input: Partial<ProtectionInput> = {}): Life {
  const actor = newActor();
  let commands: ProtectionCommand[] = [];
  const cases: string[] = [];
  actor.on('*', (command) => {
    commands.push(command as ProtectionCommand);
    if (command.type === 'openCase') cases.push((command as ProtectionCommand & { kind: string }).kind);
  });
  actor.start();
  const tell = (fact: ProtectionFact): Told => {
    commands = [];
    actor.send(fact);
    return { state: pathOf(actor.getSnapshot().value), commands };
  };
  tell({ type: 'START', at: 0, input: { ...HELD, ...input } });
  return {
    get state() {
      return pathOf(actor.getSnapshot().value);
    },
    get context() {
      return contextOf(actor);
    },
    cases,
    tell,
    report(at, leg, { status = 'open', cumQty = 0, avgPrice, quantity, ...rest }) {
      const report: ExitFact = {
        status,
        cumQty: decimal(cumQty),
        ...(avgPrice !== undefined && { avgPrice: decimal(avgPrice) }),
        ...(quantity !== undefined && { quantity: decimal(quantity) }),
        ...rest,
      };
      return tell({ type: 'EXIT_REPORT', at, leg, report });
    },
    deadlineOf: (told, name) =>
      told.commands.flatMap((it) => (it.type === 'scheduleDeadline' && it.name === name ? [it.at] : []))[0],
  };
}

/** The position as the broker shows it, with nothing else of ours in the symbol. */
export const seen = (size: number, others = 0): SeenPosition => ({
  kind: 'position',
  size: decimal(size),
  isOwn: false,
  others: { least: decimal(others), most: decimal(others) },
});
