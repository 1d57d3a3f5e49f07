/**
 * `npm run crash`: a campaign of its own, with its figures printed.
 */
import { parseArgs } from 'node:util';
import { buildPrograms, MUTATIONS, type Programs } from './build.js';
import { inLanes, playAll, scenariosOf } from './campaign.js';
import { figuresOf } from './figures.js';
import { playMishap } from './mishap.js';
import { MISHAP_KINDS, mishapFigures, mishapsOf } from './mishaps.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const OPTIONS = {
  kills: { type: 'string', default: '500' },
  seed: { type: 'string', default: '1' },
  load: { type: 'string', default: '200' },
  lanes: { type: 'string', default: '2' },
  runs: { type: 'string', default: '50' },
  only: { type: 'string' },
  'real-time': { type: 'string', default: '6' },
  stop: { type: 'boolean', default: false },
  'disk-full': { type: 'boolean', default: false },
  'read-only': { type: 'boolean', default: false },
  'delete-journal': { type: 'boolean', default: false },
  'negative-control': { type: 'boolean', default: false },
  mutation: { type: 'string' },
} as const;

const parsed = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS }).values;
type Values = ReturnType<typeof parsed>;

const WHOLE = ['kills', 'seed', 'load', 'lanes', 'runs', 'only', 'real-time'] as const;

/** @throws {RangeError} for what no campaign can be made from: one of `NaN` kills would find nothing wrong */
function read(args: readonly string[]): Values {
  const values = parsed(args);
  for (const name of WHOLE) {
    const given = values[name];
    if (given !== undefined && !/^\d+$/.test(given))
      throw new RangeError(`--${name} is ${given}; accepted is a whole number`);
  }
  const wanted = values.mutation;
  if (wanted !== undefined && !MUTATIONS.some((known) => known === wanted))
    throw new RangeError(`--mutation is ${wanted}; accepted is ${MUTATIONS.join(', ')}`);
  return values;
}

/** Resolves with the exit code, 2 for arguments that are refused. @param root the folder of the project */
export async function crash(root: string, args: readonly string[]): Promise<number> {
  let values: Values;
  try {
    values = read(args);
  } catch (error) {
    process.stderr.write(`crash: ${(error as Error).message}\n`);
    return 2;
  }
  return campaign(root, values);
}

async function campaign(root: string, values: Values): Promise<number> {
  const wanted = values['negative-control'] ? 'recovery resends' : values.mutation;
  const mutation = MUTATIONS.find((known) => known === wanted);
  const programs = await buildPrograms(root, mutation);
  const kinds = MISHAP_KINDS.filter((kind) => values[kind]);
  try {
    if (kinds.length === 0) return (await kills(values, programs)) ? 0 : 1;
    let isSound = true;
    for (const kind of kinds) isSound = (await mishaps(kind, values, programs)) && isSound;
    return isSound ? 0 : 1;
  } finally {
    programs.remove();
  }
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1_000).toFixed(1);

/** Resolves with whether all laws held. */
async function kills(values: Values, programs: Programs): Promise<boolean> {
  const startedAt = performance.now();
  const scenarios = scenariosOf({
    kills: Number(values.kills),
    seed: Number(values.seed),
    load: Number(values.load),
  });
  const outcomes = await playAll(scenarios, programs, Number(values.lanes), (outcome) =>
    print(`${mark(outcome)} ${outcome.scenario.name.padEnd(12)} ${String(outcome.kills.length).padStart(3)} kills`),
  );
  const { falseAlarms, broken, pointsMissed, ...figures } = figuresOf(outcomes);
  const seconds = secondsSince(startedAt);
  print(JSON.stringify({ ...figures, falseAlarms: falseAlarms.length, violations: broken.length, seconds }, null, 2));
  if (pointsMissed.length > 0) print(`points not reached: ${pointsMissed.join(', ')}`);
  for (const alarm of falseAlarms) print(`false alarm: ${alarm}`);
  for (const violation of broken) print(`violation: ${violation}`);
  return broken.length === 0;
}

const mark = ({ broken }: { readonly broken: readonly string[] }): string => (broken.length === 0 ? '✓' : '✗');

async function mishaps(kind: (typeof MISHAP_KINDS)[number], values: Values, programs: Programs): Promise<boolean> {
  const startedAt = performance.now();
  const plan = {
    runs: Number(values.runs),
    seed: Number(values.seed),
    inRealTime: Number(values['real-time']),
  };
  const outcomes = await inLanes(
    mishapsOf(kind, plan).filter((_, index) => values.only === undefined || index + 1 === Number(values.only)),
    Number(values.lanes),
    (mishap) => playMishap(mishap, programs),
    (outcome) => print(`${mark(outcome)} ${outcome.mishap.name.padEnd(18)} ${outcome.openThen} open then`),
  );
  const { broken, ...figures } = mishapFigures(outcomes);
  print(JSON.stringify({ kind, ...figures, violations: broken.length, seconds: secondsSince(startedAt) }, null, 2));
  for (const violation of broken) print(`violation: ${violation}`);
  return broken.length === 0;
}
