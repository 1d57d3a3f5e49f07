/**
 * The exhaustive check, and why it may be believed.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { transition } from 'xstate';
import { excusesOfExecution } from '../../src/cli/excuses.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { STARTING_POINTS } from '../../src/verify/advisories.js';
import { pathOf } from '../../src/verify/chart-states.js';
import { decider } from '../../src/verify/decide.js';
import { endless } from '../../src/verify/endings.js';
import { FACTS } from '../../src/verify/facts.js';
import { CLOCK, MUST, TAKES_TIME } from '../../src/verify/moves.js';
import { mutants } from '../../src/verify/mutants.js';
import { INSTANTS, MOST_INSTANTS, phaseOf, timeOf } from '../../src/verify/phases.js';
import { type Graph, type SearchResult, search } from '../../src/verify/search.js';
import { neverMet } from '../../src/verify/transitions.js';
import { verify, wayLines } from '../../src/verify/verify.js';
import { decode, encode, WORLDS } from '../../src/verify/world.js';

/** With a switch that cancels and a crash; `npm run verify` takes all switches and two crashes. */
const SMALL = { switches: [0, 3], crashes: 1 } as const;
const LONGEST_MS = 120_000;

const NEVER_TAKEN = [
  // These wait for a switch that goes to WARNING, which the small world has not.
  'validating.asking -- KILL_SWITCH → (stays)',
  'submitted.ready -- KILL_SWITCH → (stays)',
  'submitted.backingOff -- KILL_SWITCH → (stays)',
  // A host that tells T = 30 s before a further try that is due by then does not count.
  'submitted.backingOff -- DEADLINE [isOutOfTimeAfterRefusal] → done',
  'submitted.backingOff -- DEADLINE [isDeadline hardTimeout] → done',
];

let small: SearchResult;
beforeAll(() => {
  small = search(executionMachine, SMALL);
}, LONGEST_MS);

describe('the execution chart in a small world', () => {
  it('keeps every law in every state [S1 S4 S5 T1 T3 B1 K3 R6.1 M1 E1 A6]', () => {
    const { violation, graph } = small;
    expect(violation === undefined ? '' : [violation.why, ...wayLines(violation)].join('\n')).toBe('');
    expect(graph.states).toBeGreaterThan(10_000);
  });

  it('ends every life [E3]', () => {
    expect(endless(small.graph)).toBeUndefined();
  });

  it('keeps every law for a sale as well [R2.1 R2.2 B1]', () => {
    const { violation, states } = verify(executionMachine, { switches: [0], crashes: 0, isSale: true });
    expect(violation === undefined ? '' : [violation.why, ...wayLines(violation)].join('\n')).toBe('');
    expect(states).toBeGreaterThan(500);
  });

  it('takes every transition that it has there', () => {
    const never = small.steps.coverage().filter(({ isTaken }) => !isTaken);
    const names = never.map(({ edge }) => edge.name).filter((name) => !OF_A_ROUGH_VENUE.test(name));
    expect(names.toSorted()).toEqual(NEVER_TAKEN.toSorted());
  });
});

describe('what the paths call out of reach', () => {
  it('is not met here either, transition by transition and answer by answer; `fillchart verify` asks in the whole world [T3]', () => {
    const { excused, unproved } = excusesOfExecution(neverMet(small.steps.chart, small.steps.coverage()));
    expect(excused.length).toBeGreaterThan(30);
    expect(unproved).toEqual([]);
  });

  it('control: what is met is no excuse', () => {
    expect(excusesOfExecution([]).unproved).toEqual(excusesOfExecution([]).excused);
  });
});

/** What a venue that stands by its word never brings about. */
const OF_A_ROUGH_VENUE =
  /EXIT_REPORT|confirming --|\[(?:isCorrection|isNewsOfFees|isStopAlone|mayGoAlone|isConfirming|isReopened|isReopenedAndCancelIsWanted|isCancelUnderWay|isBracketValid)\]|CANCEL_OUTCOME (?:→ \(stays\)|\[isClosed\])/;

describe('a broken law', () => {
  it('is shown with the shortest way to it', () => {
    const swapped = mutants.find(({ name }) => name === 'swaps filled and late');
    const violation = swapped && verify(swapped.chart(), swapped.scope).violation;
    expect(violation?.law).toBe('L14');
    expect(violation && wayLines(violation)).toEqual([
      '  1. an advisory comes in; the kill switches stand at OFF\n       → validating.judging',
      '  2. START, the gate is open\n       → validating.asking',
      '  3. BROKER_ASKED, the broker agrees\n       → submitted.ready',
      expect.stringMatching(/^ {2}4\. ORDER_REPORT open, filled 0\n {7}→ pending\.open/),
      expect.stringContaining('→ late.placing'),
    ]);
  });
});

describe('what the check leaves out makes no difference', () => {
  it('states that are taken for one do the same on every fact', () => {
    const { states, decide } = small.steps;
    const { merged } = states;
    expect(merged.length).toBeGreaterThan(500);
    for (const { kept, other } of merged.filter((_, index) => index % 20 === 0)) {
      for (const fact of FACTS) {
        const results = [kept.snapshot, other].map((snapshot) => {
          const at = timeOf(kept.phase, 0, snapshot.context);
          const { snapshot: next, commands } = decide(snapshot, fact.make(snapshot.context, at));
          return { class: states.of(next).id, commands: commands.map(({ type }) => type) };
        });
        expect(results[0], `${fact.label} in ${kept.path}`).toEqual(results[1]);
      }
    }
  });

  it('a decision for which no guard reads the time is the same at every instant', () => {
    const { states, decide } = small.steps;
    for (let id = 0; id < states.size; id += 37) {
      const { snapshot, phase, context } = states.at(id);
      for (const fact of FACTS) {
        const results = Array.from({ length: INSTANTS[phase] }, (_, instant) => {
          const {
            snapshot: next,
            commands,
            isTimed,
          } = decide(snapshot, fact.make(context, timeOf(phase, instant, context)));
          return { isTimed, class: states.of(next).id, commands: commands.map(({ type }) => type) };
        });
        if (results.every(({ isTimed }) => !isTimed))
          expect(new Set(results.map((one) => JSON.stringify(one))).size).toBe(1);
      }
    }
  });

  it('the chart decides as it does for the public transition function', () => {
    const { states, decide } = small.steps;
    for (let id = 0; id < states.size; id += 41) {
      const { snapshot, phase, context } = states.at(id);
      for (const fact of FACTS) {
        const told = fact.make(context, timeOf(phase, 0, context));
        if (snapshot.status !== 'active') continue;
        const [next, actions] = transition(executionMachine, snapshot, told);
        const { snapshot: own, commands } = decide(snapshot, told);
        expect([pathOf(own.value), own.context]).toEqual([pathOf(next.value), next.context]);
        expect(commands).toEqual(actions.map(({ params }) => (params as { event: unknown }).event));
      }
    }
  });
});

describe('the world', () => {
  it('is written down as a number and read back', () => {
    for (let code = 0; code < WORLDS; code += 1_234_567) expect(encode(decode(code))).toBe(code);
  });

  it('has a number for each of its states beside each of the chart', () => {
    expect(WORLDS * 1_000_000).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(MOST_INSTANTS).toBe(Math.max(...Object.values(INSTANTS)));
  });

  it('knows the phase of each start', () => {
    const { begin } = decider(executionMachine);
    for (const { input } of STARTING_POINTS) {
      const { value, context } = begin(input);
      expect(phaseOf(pathOf(value), context)).toBe('validate');
    }
  });
});

describe('an advisory that is out of range', () => {
  const refused = STARTING_POINTS.flatMap(({ name, rule, refusedWith, input }) =>
    rule === undefined ? [] : [[rule, name, refusedWith, input] as const],
  );

  it.each(refused)('%s: %s is refused by the chart with %s', (rule, _, code, input) => {
    const { begin, decide } = decider(executionMachine);
    const gate = { now: 0, killSwitchState: 'OFF' } as const;
    const { snapshot, taken } = decide(begin(input), { type: 'START', at: 0, gate, advisory: input });
    expect(snapshot.context.result).toMatchObject({ status: 'REJECTED', reason: code });
    expect(taken.map((transition) => (transition as { meta?: unknown }).meta)).toEqual([{ rules: [rule] }]);
  });
});

/** A graph from its moves; the last state is done. */
function graph(...moves: readonly (readonly [from: number, to: number, flags: number])[]): Graph {
  const states = Math.max(...moves.map(([from, to]) => Math.max(from, to))) + 1;
  const sorted = [...moves].sort(([a], [b]) => a - b);
  const firstMove = Int32Array.from(
    { length: states + 1 },
    (_, state) => sorted.filter(([from]) => from < state).length,
  );
  return {
    states,
    moves: moves.length,
    firstMove,
    target: Int32Array.from(sorted, ([, to]) => to),
    flags: Uint8Array.from(sorted, ([, , flags]) => flags),
    isDone: (state) => state === states - 1,
    way: () => [],
  };
}

describe('every life ends [E3]', () => {
  const clock = MUST | CLOCK;

  it('when each step must happen, and the last one is done', () => {
    expect(endless(graph([0, 1, MUST], [1, 2, MUST]))).toBeUndefined();
  });

  it('also round and round, when that takes time and the clock leads out', () => {
    expect(endless(graph([0, 1, MUST], [1, 0, MUST | TAKES_TIME], [0, 2, clock], [1, 2, clock]))).toBeUndefined();
  });

  it('not when only a kind broker could end it', () => {
    expect(endless(graph([0, 1, MUST], [1, 2, 0]))).toEqual({
      state: 1,
      why: expect.stringContaining('nothing has to'),
    });
  });

  it('not when it goes round in no time', () => {
    const found = endless(graph([0, 1, MUST], [1, 0, MUST], [0, 2, clock], [1, 2, clock]));
    expect(found?.why).toContain('without any time');
  });

  it('not when it goes round and no deadline ends it', () => {
    const found = endless(graph([0, 1, MUST], [1, 0, MUST | TAKES_TIME], [1, 2, MUST]));
    expect(found?.why).toContain('no deadline');
  });

  it('not when done is out of reach', () => {
    const found = endless(graph([0, 1, MUST], [1, 0, MUST | TAKES_TIME], [2, 3, MUST]));
    expect(found).toBeDefined();
  });
});
