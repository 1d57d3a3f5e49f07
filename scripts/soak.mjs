/**
 * `npm run soak -- --minutes N [--seed S]`: random scenarios, new ones each time, for N minutes in all. Up to a third of
 * them goes to paths through the life cycle, drawn in the seed's order; the property tests get the rest. What fails prints
 * a scenario that can be replayed.
 *
 * `npm run soak -- --hours 24` and `npm run soak -- --real --minutes 20`: one long run instead, see `bench/long-run.mjs`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

if (process.argv.slice(2).some((word) => /^--(?:hours|real)/.test(word))) process.exit(longRun(process.argv.slice(2)));

const PATHS_SHARE = 1 / 3;
/** What starting and reporting take, both runs together: taken off the minutes. */
const OVERHEAD_MS = 10_000;
const LEAST_MS = 5_000;
const SEEDS = 2 ** 31;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % SEEDS);
if (!Number.isFinite(minutes) || minutes <= 0) refuse('minutes', values.minutes, 'a number greater than zero');
if (!Number.isInteger(seed)) refuse('seed', values.seed, 'a whole number');

const began = performance.now();
const totalMs = minutes * 60_000;
const pathsMs = Math.max(LEAST_MS, (totalMs - OVERHEAD_MS) * PATHS_SHARE);

say(`${minutes} min in all, seed ${seed}: paths for up to ${seconds(pathsMs)}, then random scenarios for the rest.`);
const paths = run('deep', 'test/paths/all-paths.test.ts', { FILLCHART_PATHS_MS: String(Math.round(pathsMs)) });

const leftMs = Math.max(LEAST_MS, totalMs - OVERHEAD_MS / 2 - (performance.now() - began));
say(`random scenarios for ${seconds(leftMs)}.`);
const laws = run('fast', 'test/properties', { FILLCHART_SOAK_MS: String(Math.round(leftMs)) });

say(
  `${paths + laws === 0 ? 'nothing broke' : 'something broke, see above'}; ${seconds(performance.now() - began)} in all.`,
);
process.exit(Math.max(paths, laws));

function longRun(args) {
  const node = (...words) => spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1;
  const built = node('scripts/ensure-installed.mjs', '--build');
  return built === 0
    ? node('--expose-gc', '--disable-warning=ExperimentalWarning', 'bench/long-run.mjs', ...args)
    : built;
}

function run(project, files, limits) {
  const env = { ...process.env, FILLCHART_SEED: String(seed), ...limits };
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, files];
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
}

function refuse(option, value, accepted) {
  process.stderr.write(`soak: --${option} is ${value}; accepted is ${accepted}.\n`);
  process.exit(2);
}

function seconds(ms) {
  return `${Math.round(ms / 1_000)} s`;
}

function say(text) {
  process.stdout.write(`soak: ${text}\n`);
}
