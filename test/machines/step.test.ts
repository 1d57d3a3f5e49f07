/**
 * One step of a chart: pure, whole, and what a running actor of XState's does with the same facts (A3).
 */
import { type ExecutionFact, executionMachine, killSwitchMachine, protectionMachine } from 'fillchart';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AnyStateMachine, assign, createActor, createMachine } from 'xstate';
import { canonicalJson } from '../../src/domain/canonical.js';
import { tableOf } from '../../src/machines/chart-table.js';
import { withPatchOf } from '../../src/machines/context-copy.js';
import { withPatch } from '../../src/machines/execution.context.js';
import { executionGuards } from '../../src/machines/execution.guards.js';
import { ANSWERED_BY, WAITS_FOR } from '../../src/machines/host-protocol.js';
import {
  type ChartState,
  newExecutionState,
  newKillSwitchState,
  newProtectionState,
  plainState,
  stateFrom,
  step,
  takes,
} from '../../src/machines/step.js';
import { exitPaths } from '../../src/testing/paths/exit-paths.js';
import { switchPaths } from '../../src/testing/paths/switch-paths.js';
import { seededRandom } from '../../src/testing/simulation/random.js';
import { STARTING_POINTS } from '../../src/verify/advisories.js';
import { FACTS } from '../../src/verify/facts.js';

afterEach(() => {
  vi.restoreAllMocks();
});

type ExecutionState = ReturnType<typeof newExecutionState>;
type Taken = { readonly state: ChartState; readonly commands: readonly unknown[] };
type AnyStep = (state: ChartState, fact: object) => Taken;

const takeStep = step as unknown as AnyStep;

interface Walk {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  readonly first: ChartState;
  readonly facts: readonly object[];
}

const WALKS = 150;
const LONGEST = 16;
const STARTED_AT = 1_000;

/** Lives at random, with a seed: any fact that the state takes, in any order, at times that only rise. */
const executionWalks = Array.from({ length: WALKS }, (_, seed): Walk => {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random.int(0, from.length - 1)] as T;
  const { input } = pick(STARTING_POINTS);
  const facts: ExecutionFact[] = [];
  let state = newExecutionState(input);
  let at = STARTED_AT;
  while (state.status === 'active' && facts.length < LONGEST) {
    at += Math.floor(random.next() ** 4 * 12_000);
    const possible = FACTS.map((fact) => fact.make(state.context, at)).filter((fact) => takes(state, fact));
    if (possible.length === 0) break;
    const fact = pick(possible);
    facts.push(fact);
    state = step(state, fact).state;
  }
  return { name: `seed ${seed}`, machine: executionMachine, input, first: newExecutionState(input), facts };
});
const exitWalks = exitPaths().paths.map(
  ({ id, facts }): Walk => ({
    ...{ name: id, machine: protectionMachine, input: undefined },
    ...{ first: newProtectionState(), facts },
  }),
);
const switchWalks = switchPaths().paths.map(
  ({ id, facts }): Walk => ({
    ...{ name: id, machine: killSwitchMachine, input: undefined },
    ...{ first: newKillSwitchState(), facts },
  }),
);

const text = ({ value, context, status }: ChartState, commands: readonly unknown[] = []): string =>
  canonicalJson({ value, context, status, commands });

/** Everything that the steps of a walk come to. */
function walked({ first, facts }: Walk): readonly Taken[] {
  let state = first;
  return facts.map((fact) => {
    const taken = takeStep(state, fact);
    state = taken.state;
    return taken;
  });
}

describe.each([
  ['execution', executionWalks],
  ['protection', exitWalks],
  ['kill switch', switchWalks],
] as const)('step of the chart of %s', (_, walks) => {
  it('A3: is what a running actor does, on every walk: state, context and commands', () => {
    const different = walks.filter((walk) => {
      const heard: unknown[] = [];
      const actor = createActor(walk.machine, { input: walk.input });
      actor.on('*', (command) => heard.push(command));
      actor.start();
      const start = text(walk.first) === text(actor.getSnapshot() as ChartState);
      const same = walked(walk).map(({ state, commands }, index) => {
        heard.length = 0;
        actor.send(walk.facts[index] as never);
        return text(state, commands) === text(actor.getSnapshot() as ChartState, heard);
      });
      return !start || same.includes(false);
    });
    expect(walks.length).toBeGreaterThan(5);
    expect(different.map(({ name }) => name)).toEqual([]);
  });

  it('A3: is pure: it gives the same again, and leaves what it was given as it was', () => {
    for (const walk of walks) {
      const before = walked(walk).map(({ state, commands }) => text(state, commands));
      const again = walked(walk).map(({ state, commands }) => text(state, commands));
      expect(again, walk.name).toEqual(before);
    }
  });

  it('returns what nobody can write to [A3]', () => {
    for (const walk of walks) {
      const { context } = walked(walk).at(-1)?.state ?? walk.first;
      expect(Object.isFrozen(context), walk.name).toBe(true);
      for (const member of Object.values(context)) expect(Object.isFrozen(member), walk.name).toBe(true);
    }
  });
});

describe('the table of a chart', () => {
  it.each([executionMachine, protectionMachine, killSwitchMachine])('is there for $id', (machine) => {
    expect(tableOf(machine as AnyStateMachine)).toBeDefined();
  });

  it.each([
    ['waits by itself', { after: { 10: 'b' } }],
    ['invokes', { invoke: { src: 'child' } }],
    ['has an end within a state', { initial: 'end', states: { end: { type: 'final' } } }],
    ['does what is neither assign nor emit', { entry: 'log' }],
    ['takes whatever comes', { on: { '*': 'b' } }],
    ['is parallel', { type: 'parallel', states: { one: {}, two: {} } }],
  ])('is not made of a chart that %s: XState runs it', (_, state) => {
    const implementations = { actions: { keep: assign({}), log: () => undefined } };
    const chart = createMachine({ initial: 'a', context: {}, states: { a: state, b: {} } } as never, implementations);
    expect(tableOf(chart as AnyStateMachine)).toBeUndefined();
  });
});

describe('a context that is written as one literal', () => {
  const contexts = executionWalks.slice(0, 5).map(({ first }) => (first as ExecutionState).context);

  it('has every member as it was but those of the patch [A3]', () => {
    const cases = contexts.flatMap((context) =>
      Object.keys(context).flatMap((name) => [
        { context, name, value: { other: name } },
        { context, name, value: undefined },
      ]),
    );
    for (const { context, name, value } of cases) {
      const patched = withPatch(context, { [name]: value });
      expect(patched, name).toEqual({ ...context, [name]: value });
      expect(Object.keys(patched), name).toEqual(Object.keys(context));
    }
  });

  it('is that of the chart, also where it is given other guards', () => {
    expect(withPatchOf(executionMachine)).toBe(withPatch);
    expect(withPatchOf(executionMachine.provide({ guards: { isExpired: () => true } } as never))).toBe(withPatch);
    expect(withPatchOf(protectionMachine)).not.toBe(withPatch);
  });
});

describe('a state of an execution as JSON', () => {
  it('A3 A7: is taken up again at every step, and leads to the same end', () => {
    for (const walk of executionWalks) {
      const straight = walked(walk).map(({ state, commands }) => text(state, commands));
      let state = stateFrom(JSON.parse(JSON.stringify(plainState(walk.first as ExecutionState))));
      const carried = walk.facts.map((fact) => {
        const taken = step(state, fact as ExecutionFact);
        state = stateFrom(JSON.parse(JSON.stringify(plainState(taken.state))));
        return text(taken.state, taken.commands);
      });
      expect(carried, walk.name).toEqual(straight);
    }
  });
});

describe('what no step comes of', () => {
  const [walk] = executionWalks;
  const done = walk && walked(walk).at(-1)?.state;

  it('E3: a final state takes nothing, and asks for nothing', () => {
    if (walk === undefined || done === undefined) throw new Error('there is no path');
    const fact = { type: 'DEADLINE', at: 0, name: 'hardTimeout' } as const;
    expect(takeStep(done, fact)).toEqual({ state: done, commands: [], audit: [] });
    expect(takes(done as ExecutionState, fact)).toBe(false);
  });

  it('a fact that the state does not take leaves the very same state', () => {
    if (walk === undefined) throw new Error('there is no path');
    const late = { type: 'DEADLINE', at: 0, name: 'protection' } as const;
    expect(takeStep(walk.first, late).state).toBe(walk.first);
    expect(takes(walk.first as ExecutionState, late)).toBe(false);
  });

  it('E5: what a guard throws is thrown, and the state before stays good', () => {
    if (walk === undefined) throw new Error('there is no path');
    const before = text(walk.first);
    const guard = vi.spyOn(executionGuards, 'isRefusedBy').mockImplementation(() => {
      throw new Error('broken');
    });
    expect(() => takeStep(walk.first, walk.facts[0] ?? {})).toThrow('broken');
    guard.mockRestore();
    expect(text(walk.first)).toBe(before);
    expect(text(takeStep(walk.first, walk.facts[0] ?? {}).state)).not.toBe(before);
  });
});

describe('the host protocol', () => {
  it('A4: every command that writes to the broker waits for its record, and so does the result', () => {
    const waiting = Object.entries(WAITS_FOR).filter(([, waits]) => waits !== 'nothing');
    expect(Object.fromEntries(waiting)).toEqual({
      submitOrder: 'record',
      cancelOrder: 'recordForAMoment',
      placeProtection: 'recordForAMoment',
      openCase: 'case',
      finish: 'listeners',
    });
  });

  it('every fact of the chart is an answer to a command, or comes from outside', () => {
    const answers = new Set(Object.values(ANSWERED_BY).flat());
    const outside = ['START', 'KILL_SWITCH', 'RECOVERED', 'SUBMIT_WITHDRAWN'];
    const events = executionMachine.events.filter((type) => !answers.has(type as ExecutionFact['type']));
    expect(events.toSorted()).toEqual(outside.toSorted());
  });
});
