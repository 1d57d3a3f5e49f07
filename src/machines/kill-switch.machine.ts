/**
 * The kill switches, as a chart: how severe the worst of them is, and their history.
 *
 * 1. Severity of the chart's state is that of the most severe switch; which symbols it covers is algebra (`domain/kill-switch.ts`).
 * 2. A change is taken in the turn in which it is sent: the gate closes before anything is awaited (K5).
 * 3. Whether a release is allowed is decided before it gets here (K6): what comes in is fact, so that a restart
 *    restores the switches as they were (K7).
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import {
  isMoreSevere,
  type KillSwitchState,
  type SwitchChange,
  type SwitchView,
  withChange,
} from '../domain/kill-switch.js';
import type { RuleMeta } from './execution.setup.js';

interface KillSwitchContext {
  readonly switches: readonly SwitchView[];
  readonly history: readonly SwitchChange[];
}

export type KillSwitchFact =
  | { readonly type: 'SET'; readonly change: SwitchChange }
  | { readonly type: 'RELEASED'; readonly change: SwitchChange };

const worstOf = (switches: readonly SwitchView[]): KillSwitchState =>
  switches.reduce<KillSwitchState>((worst, { state }) => (isMoreSevere(state, worst) ? state : worst), 'OFF');

const s = setup({
  types: { context: {} as KillSwitchContext, events: {} as KillSwitchFact, meta: {} as RuleMeta },
  guards: {
    isAnyActive: ({ context }) => worstOf(context.switches) === 'ACTIVE',
    isAnyWarning: ({ context }) => worstOf(context.switches) === 'WARNING',
  },
  actions: {
    keepChange: assign(({ context, event }) => ({
      switches: withChange(context.switches, event.change),
      history: Object.freeze([...context.history, Object.freeze(event.change)]),
    })),
  },
});

const rule = (ids: string, description: string) => ({ meta: { rules: ids.split(' ') }, description });

const changes = {
  SET: { target: 'judging', actions: 'keepChange', ...rule('K5 K6', 'The gate closes in this turn.') },
  RELEASED: { target: 'judging', actions: 'keepChange', ...rule('K6', 'Released by a person, for a reason.') },
} as const;

/** The chart of one kill switch. @public @since 0.1.0 */
export const killSwitchMachine = s.createMachine({
  id: 'killSwitch',
  description: 'The most severe of all kill switches.',
  context: { switches: [], history: [] },
  initial: 'off',
  states: {
    judging: {
      description: 'How severe is the worst switch now?',
      always: [
        { guard: 'isAnyActive', target: 'active', ...rule('K1', 'One at least is ACTIVE.') },
        { guard: 'isAnyWarning', target: 'warning', ...rule('K1', 'One at least is WARNING, none is ACTIVE.') },
        { target: 'off', ...rule('K1', 'All are OFF.') },
      ],
    },
    off: { description: 'No switch is set.', on: changes },
    warning: { description: 'Executions proceed, and each says so in the log.', on: changes },
    active: { description: 'What the active switches cover is not submitted.', on: changes },
  },
});

export type KillSwitchSnapshot = SnapshotFrom<typeof killSwitchMachine>;
