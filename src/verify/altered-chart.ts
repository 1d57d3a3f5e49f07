/**
 * A chart with one thing wrong, for mutants: its definition copied and changed, or a guard or an action replaced. The
 * chart itself is never touched.
 */
import type { AnyStateMachine } from 'xstate';
import { executionMachine } from '../machines/execution.machine.js';
import { executionSetup } from '../machines/execution.setup.js';
import type { ExecutionChart } from './decide.js';

/** A part of a chart's definition, as plain data. */
export type Definition = { [member: string]: Definition | (Definition | string)[] | string | undefined };

interface Setup {
  createMachine(config: never): AnyStateMachine;
}

type Implementations = Parameters<ExecutionChart['provide']>[0];

/** The ways to make a chart with one thing wrong of `machine`, which was made by `setup`. */
interface Alterations<Chart extends AnyStateMachine> {
  /** A copy of the chart in which `change` has been made to the definition at `path`, such as `pending.on.DEADLINE`. */
  altered(path: string, change: (definition: Definition) => void): Chart;
  /** The chart without the transition or other member at `path`. */
  without(path: string): Chart;
  /** The chart with other guards or actions. */
  provided(replacements: object): Chart;
}

export function alterations<Chart extends AnyStateMachine>(machine: Chart, setup: Setup): Alterations<Chart> {
  function altered(path: string, change: (definition: Definition) => void): Chart {
    const { context, ...rest } = machine.config;
    const copy = JSON.parse(JSON.stringify(rest)) as Definition;
    change(at(copy, path));
    return setup.createMachine({ ...copy, context } as never) as Chart;
  }
  function without(path: string): Chart {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    return altered(steps.join('.'), (holder: unknown) => {
      if (!Array.isArray(holder)) delete (holder as Definition)[last];
      else holder.splice(holder.indexOf(memberOf(holder, last)), 1);
    });
  }
  return { altered, without, provided: (replacements) => machine.provide(replacements as never) as Chart };
}

const execution = alterations<ExecutionChart>(executionMachine, executionSetup as unknown as Setup);
export const { altered, without } = execution;
export const withGuards = (guards: NonNullable<Implementations['guards']>): ExecutionChart =>
  execution.provided({ guards });
export const withActions = (actions: NonNullable<Implementations['actions']>): ExecutionChart =>
  execution.provided({ actions });
export const withGuardsAndActions = (
  guards: Implementations['guards'],
  actions: Implementations['actions'],
): ExecutionChart => execution.provided({ guards, actions });

/** States by their names, members by theirs, and of several transitions the one with that guard, rule or deadline. */
function at(root: Definition, path: string): Definition {
  let here: unknown = root;
  for (const step of path.split('.')) {
    here = step === '' ? here : memberOf(here, step);
    if (here === undefined) throw new RangeError(`the chart has no ${path} (looked for ${step})`);
  }
  return here as Definition;
}

function memberOf(holder: unknown, step: string): unknown {
  if (Array.isArray(holder)) return holder.find((one: Definition) => guardNames(one).includes(step));
  const { states, [step]: member } = holder as Definition;
  return (states as Definition | undefined)?.[step] ?? member;
}

function guardNames({ guard }: Definition): readonly unknown[] {
  if (guard === undefined) return ['otherwise'];
  if (typeof guard === 'string') return [guard];
  const { type, params } = guard as Definition;
  return [type, ...Object.values(params ?? {})];
}
