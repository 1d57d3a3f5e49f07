/**
 * The chart can be walked by the older `@xstate/test` too, which some QA suites still use.
 *
 * It was written for an earlier XState: it knows no input, and the scope that it hands to the chart lacks the executor of
 * actions. Both are put there; its types are of its own XState. The chart is the one that runs.
 */
import { createTestModel } from '@xstate/test';
import { type ExecutionFact, executionMachine } from 'fillchart';
import { beforeAll, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { bareFact } from '../../src/testing/paths/path-fact.js';
import { type ModelPath, modelPaths } from '../../src/testing/paths/path-model.js';
import { inputFor, PATH_PROFILES, type PathProfile } from '../../src/testing/paths/profiles.js';

const executor = { actionExecutor: () => undefined };

/** The chart as the older library takes it, for an advisory of the profile. */
function modelFor(profile: PathProfile): { readonly getPathsFromEvents: (...given: readonly unknown[]) => unknown } {
  const input = inputFor(profile);
  const chart = Object.create(executionMachine, {
    getInitialSnapshot: {
      value: (scope: object) => executionMachine.getInitialSnapshot({ ...scope, ...executor } as never, input),
    },
    transition: {
      value: (snapshot: never, event: never, scope: object) =>
        executionMachine.transition(snapshot, event, { ...scope, ...executor } as never),
    },
  }) as never;
  return createTestModel(chart, { serializeEvent: (event: unknown) => JSON.stringify(event) } as never) as never;
}

interface Walk {
  readonly steps: readonly { readonly event: ExecutionFact }[];
  /** Where the library's own walk ends. */
  readonly state: { readonly value: unknown };
  test(how: object): Promise<{ readonly state: { readonly error: Error | null } }>;
}

/** Of each state only the facts that follow on this path: the library would try all of them in every order first. */
function nextFacts(facts: readonly ExecutionFact[], input: ReturnType<typeof inputFor>) {
  const keyOf = ({ value, context }: { readonly value: unknown; readonly context: unknown }) =>
    JSON.stringify([value, context]);
  const actor = createActor(executionMachine, { input }).start();
  const next = new Map<string, ExecutionFact[]>();
  for (const fact of facts) {
    const key = keyOf(actor.getSnapshot());
    next.set(key, [...(next.get(key) ?? []), fact]);
    actor.send(fact);
  }
  return (state: { readonly value: unknown; readonly context: unknown }) => next.get(keyOf(state)) ?? [];
}

/** The states that the library holds to be passed, and those of an actor that the path's own test has led. */
async function walked({ profile, facts: planned }: ModelPath, model: ReturnType<typeof modelFor>) {
  const facts = planned.map(bareFact);
  const input = inputFor(profile);
  const [walk] = model.getPathsFromEvents(facts, { input, events: nextFacts(facts, input) }) as readonly Walk[];
  const actor = createActor(executionMachine, { input }).start();
  const led: unknown[] = [];
  const events = Object.fromEntries(
    facts.map(({ type }) => [type, ({ event }: { readonly event: ExecutionFact }) => actor.send(event)]),
  );
  const outcome = await walk?.test({ events, states: { '*': () => void led.push(actor.getSnapshot().value) } });
  const types = walk?.steps.map(({ event }) => event.type).filter((type) => !type.startsWith('xstate.'));
  return { types, error: outcome?.state.error, led, ends: walk?.state.value, facts };
}

describe('@xstate/test 1.0.0-beta.5', () => {
  const models = new Map(PATH_PROFILES.map((profile) => [profile, modelFor(profile)] as const));
  let paths: readonly ModelPath[] = [];
  beforeAll(() => {
    paths = modelPaths(1);
  });

  it('walks a plain life from validating to done', async () => {
    const [plain] = modelPaths(0).filter(({ facts }) => facts.every(({ plan }) => plan.chartOnly === undefined));
    const model = models.get(plain?.profile ?? 'acceptable');
    if (plain === undefined || model === undefined) throw new Error('there is no plain life');
    const { types, error, led, facts } = await walked(plain, model);
    expect(types).toEqual(facts.map(({ type }) => type));
    expect(error).toBeNull();
    expect(led.at(-1)).toBe('done');
    expect(led).toHaveLength(facts.length + 1);
  });

  it('walks every path with one deviation, and the actor that is led along it ends where the path ends', async () => {
    expect(paths.length).toBeGreaterThan(100);
    for (const path of paths) {
      const model = models.get(path.profile);
      if (model === undefined) throw new Error(`no model for ${path.profile}`);
      const { types, error, led, ends, facts } = await walked(path, model);
      expect(types).toEqual(facts.map(({ type }) => type));
      expect(error).toBeNull();
      expect(led).toHaveLength(facts.length + 1);
      expect(led.at(-1)).toEqual(ends);
    }
  });

  it('finds out an actor that is not led along', async () => {
    const walks = models.get('acceptable')?.getPathsFromEvents([], {}) as readonly Walk[];
    const refuses = {
      '*': () => {
        throw new Error('not there');
      },
    };
    await expect(walks[0]?.test({ events: {}, states: refuses })).rejects.toThrow('not there');
  });
});
