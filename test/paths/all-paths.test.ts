/**
 * Every path with up to two deviations from a plain life, run against the engine: those of the short run are only enough
 * to cover the chart.
 *
 * `npm run soak` runs them in an order of its own (`FILLCHART_SEED`) for as long as `FILLCHART_PATHS_MS` says.
 */
import { executionPaths, runExecutionPath, seededRandom } from 'fillchart/testing';
import { expect, it } from 'vitest';

const LIMIT_MS = Number(process.env['FILLCHART_PATHS_MS'] ?? Number.POSITIVE_INFINITY);
const SEED = process.env['FILLCHART_SEED'];
/** Far beyond what they take on a machine that has other things to do. */
const TEST_LIMIT_MS = 1_800_000;
const SAY_EVERY_MS = 15_000;

/** What goes wrong is told by name; after so many there is nothing more to learn. */
const MOST_PROBLEMS = 20;

function ordered<T>(paths: readonly T[]): readonly T[] {
  if (SEED === undefined) return paths;
  const random = seededRandom(Number(SEED));
  return paths
    .map((path) => [random.next(), path] as const)
    .sort(([a], [b]) => a - b)
    .map(([, path]) => path);
}

it(
  'every path there is: the engine does what the chart says, and the laws hold',
  async () => {
    const began = performance.now();
    const paths = ordered(executionPaths({ all: true }).filter(({ runsOn }) => runsOn === 'engine'));
    const problems: string[] = [];
    let [run, said] = [0, began];
    const say = (end: string) =>
      process.stdout.write(`paths: ${run} of ${paths.length} run, ${problems.length} failed${end}\n`);
    for (const path of paths) {
      const now = performance.now();
      if (now - began > LIMIT_MS || problems.length >= MOST_PROBLEMS) break;
      if (now - said > SAY_EVERY_MS) {
        say(' …');
        said = now;
      }
      run += 1;
      await runExecutionPath(path).then(
        ({ result }) => {
          const { stage } = path.steps.at(-1) ?? {};
          if (result.status !== stage) problems.push(`${path.id} ${path.name}: ended ${result.status}`);
        },
        (error: unknown) => problems.push(`${path.id} ${path.name}: ${String(error)}`),
      );
    }
    say('');
    expect(problems).toEqual([]);
  },
  TEST_LIMIT_MS,
);
