/**
 * The chart as a configuration that XState's `createMachine` takes as it stands.
 *
 * 1. Every state and every transition is in it, in the order of the chart; reading the created machine gives the chart.
 * 2. Guards and actions stand by name, with their parameters. Whoever runs it supplies these, and the context:
 *    `createMachine(config).provide({ guards, actions })`, or `setup({ guards, actions }).createMachine({ ...config, context })`.
 */
import type { Chart, ChartState, ChartTransition, Step } from './chart.js';

interface StepConfig {
  readonly type: string;
  readonly params?: Step['params'];
}

interface TransitionConfig {
  readonly guard?: StepConfig;
  readonly target?: readonly string[];
  readonly actions?: readonly StepConfig[];
  readonly reenter?: true;
  readonly description?: string;
  readonly meta?: { readonly rules: readonly string[] };
}

/** What `createMachine` takes; keys that say nothing are left out. */
interface StateConfig {
  readonly id: string;
  readonly description?: string;
  readonly type?: 'parallel' | 'final' | 'history';
  readonly initial?: string;
  readonly entry?: readonly StepConfig[];
  readonly exit?: readonly StepConfig[];
  readonly always?: readonly TransitionConfig[];
  readonly on?: Readonly<Record<string, readonly TransitionConfig[]>>;
  readonly states?: Readonly<Record<string, StateConfig>>;
}

export function machineJsonOf(chart: Chart): string {
  const [root] = chart.states;
  if (root === undefined) throw new TypeError(`the chart ${chart.id} has no state`);
  return `${JSON.stringify(configOf(root, chart), null, 2)}\n`;
}

function configOf(state: ChartState, chart: Chart): StateConfig {
  const own = chart.transitions.filter(({ source }) => source === state.id);
  const events = [...new Set(own.flatMap(({ event }) => event ?? []))];
  const children = chart.states.filter(({ parent }) => parent === state.id);
  const always = own.filter(({ event }) => event === undefined);
  return {
    id: state.id,
    ...(state.description !== '' && { description: state.description }),
    ...(isTyped(state.type) && { type: state.type }),
    ...(state.initial !== undefined && { initial: keyOf(chart, state.initial) }),
    ...(state.entry.length > 0 && { entry: state.entry.map(stepOf) }),
    ...(state.exit.length > 0 && { exit: state.exit.map(stepOf) }),
    ...(always.length > 0 && { always: always.map(transitionOf) }),
    ...(events.length > 0 && {
      on: Object.fromEntries(
        events.map((event) => [event, own.filter((one) => one.event === event).map(transitionOf)]),
      ),
    }),
    ...(children.length > 0 && {
      states: Object.fromEntries(children.map((child) => [child.key, configOf(child, chart)])),
    }),
  };
}

const isTyped = (type: ChartState['type']): type is NonNullable<StateConfig['type']> =>
  type === 'final' || type === 'parallel' || type === 'history';

const keyOf = (chart: Chart, id: string): string => chart.states.find((state) => state.id === id)?.key ?? id;

const stepOf = ({ name, params }: Step): StepConfig => ({ type: name, ...(params !== undefined && { params }) });

const transitionOf = ({ guard, targets, actions, reenter, description, rules }: ChartTransition): TransitionConfig => ({
  ...(guard !== undefined && { guard: stepOf(guard) }),
  ...(targets.length > 0 && { target: targets.map((id) => `#${id}`) }),
  ...(actions.length > 0 && { actions: actions.map(stepOf) }),
  ...(reenter && { reenter }),
  ...(description !== '' && { description }),
  ...(rules.length > 0 && { meta: { rules } }),
});
