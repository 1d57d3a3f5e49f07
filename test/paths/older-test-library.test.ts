/**
 * The chart can be walked by the older `@xstate/test` too, which some QA suites still use.
 *
 * It was written for an earlier XState: it knows no input, and the scope that it hands to the chart lacks the executor of
 * actions. Both are put there; its types are of its own XState. The chart is the one that runs.
 */
import { createTestModel } from '@xstate/test';
import { type ExecutionFact, executionMachine } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { bareFact } from '../../src/testing/paths/path-fact.js';
import { modelPaths } from '../../src/testing/paths/path-model.js';
import { inputFor } from '../../src/testing/paths/profiles.js';

const input = inputFor('acceptable');
const [plain] = modelPaths(0).filter(({ facts }) => facts.every(({ plan }) => plan.chartOnly === undefined));
const facts: readonly ExecutionFact[] = plain?.facts.map(bareFact) ?? [];

const executor = { actionExecutor: () => undefined };
const forOlderLibrary = Object.create(executionMachine, {
  getInitialSnapshot: {
    value: (scope: object) => executionMachine.getInitialSnapshot({ ...scope, ...executor } as never, input),
  },
  transition: {
    value: (snapshot: never, event: never, scope: object) =>
      executionMachine.transition(snapshot, event, { ...scope, ...executor } as never),
  },
}) as never;

interface Walk {
  readonly steps: readonly { readonly event: ExecutionFact }[];
  test(how: object): Promise<{ readonly state: { readonly error: Error | null } }>;
}

describe('@xstate/test 1.0.0-beta.5', () => {
  const model = createTestModel(forOlderLibrary, {
    serializeEvent: (event: unknown) => JSON.stringify(event),
  } as never);

  it('walks a plain life from validating to done', async () => {
    const [walk] = model.getPathsFromEvents(facts as never, { input } as never) as unknown as readonly Walk[];
    const walked = walk?.steps.map(({ event }) => event.type).filter((type) => !type.startsWith('xstate.'));
    expect(walked).toEqual(facts.map(({ type }) => type));

    const actor = createActor(executionMachine, { input }).start();
    const events = Object.fromEntries(
      facts.map(({ type }) => [type, ({ event }: { readonly event: ExecutionFact }) => actor.send(event)]),
    );
    const visited: string[] = [];
    const states = { '*': () => void visited.push(JSON.stringify(actor.getSnapshot().value)) };
    const outcome = await walk?.test({ events, states });
    expect(outcome?.state.error).toBeNull();
    expect(visited.at(-1)).toBe('"done"');
    expect(new Set(visited).size).toBe(facts.length + 1);
  });
});
