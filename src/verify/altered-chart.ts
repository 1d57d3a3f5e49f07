/**
 * The execution chart with one thing wrong, for mutants: its definition copied and changed, or a guard or an action
 * replaced. The chart itself is never touched.
 */
import { executionMachine } from '../machines/execution.machine.js';
import { executionSetup } from '../machines/execution.setup.js';
import type { ExecutionChart } from './decide.js';

/** A part of a chart's definition, as plain data. */
export type Definition = { [member: string]: Definition | (Definition | string)[] | string | undefined };

/** A copy of the chart in which `change` has been made to the definition at `path`, such as `pending.on.DEADLINE`. */
export function altered(path: string, change: (definition: Definition) => void): ExecutionChart {
  const { context, ...rest } = executionMachine.config;
  const copy = JSON.parse(JSON.stringify(rest)) as Definition;
  change(at(copy, path));
  return executionSetup.createMachine({ ...copy, context } as never) as unknown as ExecutionChart;
}

/** The chart without the transition or other member at `path`. */
export function without(path: string): ExecutionChart {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  return altered(steps.join('.'), (holder: unknown) => {
    if (!Array.isArray(holder)) delete (holder as Definition)[last];
    else holder.splice(holder.indexOf(memberOf(holder, last)), 1);
  });
}

type Replacements = Parameters<ExecutionChart['provide']>[0];
export const withGuards = (guards: NonNullable<Replacements['guards']>): ExecutionChart =>
  executionMachine.provide({ guards }) as ExecutionChart;
export const withActions = (actions: NonNullable<Replacements['actions']>): ExecutionChart =>
  executionMachine.provide({ actions }) as ExecutionChart;
export const withGuardsAndActions = (
  guards: Replacements['guards'],
  actions: Replacements['actions'],
): ExecutionChart => executionMachine.provide({ guards, actions } as Replacements) as ExecutionChart;

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
