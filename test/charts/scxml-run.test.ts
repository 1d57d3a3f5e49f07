/**
 * `<chart>.scxml`, run by an interpreter that we did not write, lives as the machine that runs.
 */
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { textFile } from './charts.support.js';
import { type ChartLives, type LivedStep, livedBy, lives } from './lives.support.js';
import { loadScion, type RunStep, scionRunner } from './scion.support.js';

/** Of all paths: what a fault is found with. */
const ENOUGH = 100;

const LIMIT_MS = 600_000;

/** Installs it, the first time. */
beforeAll(() => void loadScion(), LIMIT_MS);

/** Ids of the innermost states of a value of XState's. */
function leavesOf(chart: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return [`${chart}.${value}`];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => leavesOf(`${chart}.${key}`, inner));
}

interface Asked {
  readonly type?: string;
  readonly name?: string;
  readonly at?: number;
}

/** How long from now each deadline is that was asked for. */
const delaysOf = (commands: readonly unknown[], at: number): RunStep['delays'] =>
  (commands as readonly Asked[]).flatMap(({ type, name, at: due }) =>
    type === 'scheduleDeadline' && name !== undefined && due !== undefined
      ? [[name, Math.max(0, due - at)] as const]
      : [],
  );

/** What the two do otherwise, in one word each; nothing when they agree. */
function partings(chart: string, ours: LivedStep, theirs: RunStep, at: number): readonly string[] {
  const pairs = {
    transitions: [ours.transitions, theirs.transitions],
    states: [leavesOf(chart, ours.state), theirs.states],
    context: [ours.context, theirs.context],
    commands: [ours.commands, theirs.commands],
    delays: [delaysOf(ours.commands, at), theirs.delays],
  };
  return Object.entries(pairs).flatMap(([what, [a, b]]) =>
    isDeepStrictEqual(a, b) ? [] : [`${what}: ${told(what, a, b)}`],
  );
}

/** Of a context only what differs. */
function told(what: string, a: unknown, b: unknown): string {
  if (what !== 'context') return `${JSON.stringify(a)} and ${JSON.stringify(b)}`;
  const [ours, theirs] = [a, b] as readonly Record<string, unknown>[];
  const keys = Object.keys({ ...ours, ...theirs }).filter((key) => !isDeepStrictEqual(ours?.[key], theirs?.[key]));
  return keys.map((key) => `${key} ${JSON.stringify(ours?.[key])} and ${JSON.stringify(theirs?.[key])}`).join(', ');
}

async function differences(
  { file, machine, paths }: ChartLives,
  change = (text: string) => text,
  most = Number.POSITIVE_INFINITY,
) {
  const run = await scionRunner(change(textFile(`${file}.scxml`)), machine);
  const all = paths().slice(0, most);
  let steps = 0;
  const differing = all.flatMap((path) => {
    const theirs = run(path);
    const parted = livedBy(machine, path).flatMap((ours, index) => {
      const [step, fact] = [theirs[index], path.facts[index]];
      steps += 1;
      if (step === undefined || fact === undefined) return ['a step is missing'];
      const at = (fact as unknown as { readonly at: number }).at;
      return partings(machine.id, ours, step, at).map((what) => `${fact.type}: ${what}`);
    });
    return parted.length === 0 ? [] : [parted[0] ?? ''];
  });
  return { of: all.length, steps, differing };
}

describe.each(lives)('$file.scxml, run by SCION', (chart) => {
  it(
    'takes the same transitions, reaches the same states and asks for the same, on every path there is',
    async () => {
      const { of, steps, differing } = await differences(chart);
      process.stdout.write(`${chart.file}.scxml: ${of} paths, ${steps} facts, ${differing.length} differ\n`);
      expect(of).toBeGreaterThan(5);
      expect(differing.slice(0, 5)).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('a copy that is wrong is found out', () => {
  const [execution, protection] = lives;

  it.each([
    [
      'a transition that leads elsewhere',
      protection,
      'target="protection.settling.overdue"',
      'target="protection.lost"',
    ],
    ['another guard', protection, 'cond="isStillWorking()"', 'cond="isDecisive()"'],
    ['an action less', protection, '<script>countUnanswered()</script>', ''],
    ['another delay', execution, 'delay="10000ms"', 'delay="9000ms"'],
  ] as const)(
    '%s',
    async (_name, chart, from, to) => {
      if (chart === undefined) throw new Error('there is no such chart');
      expect(textFile(`${chart.file}.scxml`)).toContain(from);
      expect((await differences(chart, (text) => text.replaceAll(from, to), ENOUGH)).differing.length).toBeGreaterThan(
        0,
      );
    },
    LIMIT_MS,
  );
});
