/**
 * All lives that the path generators know, of each chart: what a copy of the chart in another notation is held against.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { transitionId } from '../../src/charts/chart.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { killSwitchMachine } from '../../src/machines/kill-switch.machine.js';
import { firstSnapshot, macrostep } from '../../src/machines/microsteps.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { exitPaths } from '../../src/testing/paths/exit-paths.js';
import { bareFact } from '../../src/testing/paths/path-fact.js';
import { modelPaths } from '../../src/testing/paths/path-model.js';
import { inputFor } from '../../src/testing/paths/profiles.js';
import { switchPaths } from '../../src/testing/paths/switch-paths.js';

export interface LifePath {
  readonly input: unknown;
  readonly facts: readonly EventObject[];
}

export interface ChartLives {
  readonly file: string;
  readonly machine: AnyStateMachine;
  readonly paths: () => readonly LifePath[];
}

export const lives: readonly ChartLives[] = [
  {
    file: 'execution',
    machine: executionMachine,
    paths: () => modelPaths().map(({ profile, facts }) => ({ input: inputFor(profile), facts: facts.map(bareFact) })),
  },
  {
    file: 'protection',
    machine: protectionMachine,
    paths: () => exitPaths().paths.map(({ facts }) => ({ input: undefined, facts })),
  },
  {
    file: 'kill-switch',
    machine: killSwitchMachine,
    paths: () => switchPaths().paths.map(({ facts }) => ({ input: undefined, facts })),
  },
];

export interface LivedStep {
  /** Ids of the transitions taken, in order. */
  readonly transitions: readonly string[];
  readonly state: unknown;
  readonly context: unknown;
  readonly commands: readonly unknown[];
}

/** What a machine does with each fact of a path. */
export function livedBy(machine: AnyStateMachine, { input, facts }: LifePath): readonly LivedStep[] {
  let before = firstSnapshot(machine, input);
  return facts.map((fact): LivedStep => {
    const { after, microsteps, emitted } = macrostep(machine, before, fact);
    before = after;
    return {
      transitions: microsteps.flatMap(({ transitions }) => transitions.map(transitionId)),
      state: after.value,
      context: after.context,
      commands: emitted,
    };
  });
}
