/**
 * Engines that are broken on purpose, each in one place, to show that the laws are looked at.
 *
 * 1. Only the module that is named is changed; laws and oracles are read from the real ones.
 */
import type { createEngine } from 'fillchart';
import { vi } from 'vitest';
import type { LawId } from '../../src/domain/laws.js';
import type { OutsideLawId } from '../../src/testing/laws/outside-laws.js';

type Module = Record<string, unknown>;
interface Mutant {
  /** The law that it breaks. */
  readonly law: LawId | OutsideLawId;
  readonly module: string;
  readonly change: (real: Module) => Module;
}

/** A state of a chart, to be taken apart. */
interface State {
  readonly entry?: unknown;
  readonly on?: Readonly<Record<string, unknown>>;
  readonly states?: Readonly<Record<string, State>>;
}

/** The state with one of its inner states changed. */
const within = (state: State, name: string, change: (inner: State) => State): State => ({
  ...state,
  states: { ...state.states, [name]: change(state.states?.[name] ?? {}) },
});

const onRecovered = (inner: State, transition: unknown): State => ({
  ...inner,
  on: { ...inner.on, RECOVERED: transition },
});
const guardsOf = (real: Module) => real['executionGuards'] as Record<string, (...args: never[]) => boolean>;
const withGuards = (real: Module, guards: Module): Module => ({
  ...real,
  executionGuards: { ...guardsOf(real), ...guards },
});

const withExitGuards = (real: Module, guards: Module): Module => ({
  ...real,
  protectionGuards: { ...(real['protectionGuards'] as Module), ...guards },
});

function withoutCorrection(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([name]) => name !== 'correction'));
}

type Outcome = { readonly event: { readonly type: string; readonly outcome?: { readonly kind: string } } };
const isUnknown = ({ event }: Outcome) => event.type === 'SUBMIT_OUTCOME' && event.outcome?.kind === 'unknown';

const MUTANTS = {
  'recovery sends again': {
    law: 'L1',
    module: 'machines/execution.before-order',
    change: (real) => ({
      ...real,
      submitted: within(
        within(real['submitted'] as State, 'calling', (calling) => onRecovered(calling, 'ready')),
        'ready',
        (ready) => onRecovered(ready, { target: 'ready', reenter: true }),
      ),
    }),
  },
  'recovery forgets': {
    law: 'L11',
    module: 'machines/execution.live-order',
    change: (real) => ({ ...real, pending: onRecovered(real['pending'] as State, {}) }),
  },
  'recovery does not protect': {
    law: 'L14',
    module: 'machines/execution.after-fill',
    change: (real) => ({
      ...real,
      filled: within(real['filled'] as State, 'placing', (placing) =>
        onRecovered(placing, { target: '#execution.reconciling.asking' }),
      ),
    }),
  },
  'sends again after an unknown outcome': {
    law: 'L1',
    module: 'machines/execution.guards',
    change: (real) => {
      const { mayBeLive, mayTryAgain } = guardsOf(real) as Record<string, (args: Outcome) => boolean>;
      return withGuards(real, {
        mayBeLive: (args: Outcome) => !isUnknown(args) && mayBeLive?.(args) === true,
        mayTryAgain: (args: Outcome) => isUnknown(args) || mayTryAgain?.(args) === true,
      });
    },
  },
  'protects from the reference price': {
    law: 'L4',
    module: 'domain/bracket',
    change: (real) => {
      const protectionFor = real['protectionFor'] as (
        price: string,
        snapshot: { referencePrice: string },
        i: unknown,
      ) => unknown;
      return {
        ...real,
        protectionFor: (_: string, snapshot: { referencePrice: string }, instrument: unknown) =>
          protectionFor(snapshot.referencePrice, snapshot, instrument),
      };
    },
  },
  'reconciles twice': {
    law: 'L8',
    module: 'machines/execution.after-fill',
    change: (real) => ({
      ...real,
      reconciling: within(real['reconciling'] as State, 'asking', (asking) => ({
        ...asking,
        entry: ['reconcile', 'reconcile', 'scheduleReconciliationEnd'],
      })),
    }),
  },
  'does not look before it leaps': {
    law: 'L2',
    module: 'domain/validation',
    change: (real) => ({ ...real, gateRefusal: () => undefined }),
  },
  'submits before the intent is durable': {
    law: 'L1',
    module: 'machines/host-protocol',
    change: (real) => ({ ...real, WAITS_FOR: { ...(real['WAITS_FOR'] as Module), submitOrder: 'nothing' } }),
  },
  'takes a fill at any time as on time': {
    law: 'L14',
    module: 'machines/execution.context',
    change: (real) => ({ ...real, fillTiming: () => 'inTime' }),
  },
  'does not hear kill switches': {
    law: 'L15',
    module: 'machines/execution.guards',
    change: (real) => withGuards(real, { isCancelledBySwitch: () => false }),
  },
  'keeps mismatches to itself': {
    law: 'L10',
    module: 'machines/execution.guards',
    change: (real) => withGuards(real, { needsHuman: () => false }),
  },
  'leaves partial fills naked': {
    law: 'L7',
    module: 'machines/execution.guards',
    change: (real) =>
      withGuards(real, { hasFillToProtect: () => false, hasFillWithoutPrice: () => false, needsHuman: () => false }),
  },
  'calls an unknown outcome a refusal': {
    law: 'P6',
    module: 'machines/execution.guards',
    change: (real) => {
      const { mayBeLive } = guardsOf(real) as Record<string, (args: Outcome) => boolean>;
      return withGuards(real, { mayBeLive: (args: Outcome) => !isUnknown(args) && mayBeLive?.(args) === true });
    },
  },
  'extends the deadline after a restart': {
    law: 'L3',
    module: 'machines/execution.updates',
    change: (real) => ({
      ...real,
      assumeAttempt: (context: Module, at: number) => ({
        ...(real['assumeAttempt'] as (context: Module, at: number) => Module)(context, at),
        firstSubmitAt: at + 20_000,
      }),
    }),
  },
  'never ends the late window': {
    law: 'L11',
    module: 'machines/execution.live-order',
    change: (real) => {
      const timeout = real['timeout'] as State;
      return { ...real, timeout: { ...timeout, on: { ...timeout.on, DEADLINE: {} } } };
    },
  },
  'hears of no correction': {
    law: 'P8',
    module: 'domain/order',
    change: (real) => {
      const read = real['readOrderReport'] as (raw: unknown, own: unknown) => unknown;
      return { ...real, readOrderReport: (raw: unknown, own: unknown) => read(withoutCorrection(raw), own) };
    },
  },
  'knows no fee in the asset': {
    law: 'L4',
    module: 'domain/held',
    change: (real) => {
      const whole = ({ order }: { readonly order: { readonly cumQty: string } }) => order.cumQty;
      return { ...real, heldQuantity: whole, protectableQuantity: whole };
    },
  },
  'is deaf to its exits': {
    law: 'B1',
    module: 'machines/protection.guards',
    change: (real) => withExitGuards(real, { isNews: () => false, isDecisive: () => false }),
  },
  'says that it cancels, and sends nothing': {
    law: 'A4',
    module: 'create-engine',
    change: (real) => {
      const create = real['createEngine'] as typeof createEngine;
      const dumb: typeof createEngine = (options) =>
        create({ ...options, broker: { ...options.broker, cancelOrder: () => Promise.resolve('requested') } });
      return { ...real, createEngine: dumb };
    },
  },
} as const satisfies Readonly<Record<string, Mutant>>;

type MutantName = keyof typeof MUTANTS;
export const mutantNames = Object.keys(MUTANTS) as MutantName[];
export const lawBrokenBy = (name: MutantName): LawId | OutsideLawId => MUTANTS[name].law;

/** An engine that is broken in that place. */
export async function mutated(name: MutantName): Promise<typeof createEngine> {
  const { module, change }: Mutant = MUTANTS[name];
  const path = `../../src/${module}.js`;
  vi.resetModules();
  vi.doMock(path, async (importReal) => change(await importReal<Module>()));
  const { createEngine: broken } = await import('../../src/create-engine.js');
  vi.doUnmock(path);
  vi.resetModules();
  return broken;
}
