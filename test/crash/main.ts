/**
 * `npm run crash`: a campaign of its own, with its figures printed.
 */
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.js';
import { playAll, scenariosOf } from './campaign.js';
import { figuresOf } from './figures.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Resolves with the exit code. @param root the folder of the project */
export async function crash(root: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      load: { type: 'string', default: '200' },
      lanes: { type: 'string', default: '2' },
      'negative-control': { type: 'boolean', default: false },
    },
  });
  const programs = await buildPrograms(root, values['negative-control'] ? 'recovery resends' : undefined);
  const startedAt = performance.now();
  try {
    const scenarios = scenariosOf({
      kills: Number(values.kills),
      seed: Number(values.seed),
      load: Number(values.load),
    });
    const outcomes = await playAll(scenarios, programs, Number(values.lanes), ({ scenario, kills, broken }) =>
      print(`${broken.length === 0 ? '✓' : '✗'} ${scenario.name.padEnd(12)} ${String(kills.length).padStart(3)} kills`),
    );
    const { falseAlarms, broken, pointsMissed, ...figures } = figuresOf(outcomes);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    print(JSON.stringify({ ...figures, falseAlarms: falseAlarms.length, violations: broken.length, seconds }, null, 2));
    if (pointsMissed.length > 0) print(`points not reached: ${pointsMissed.join(', ')}`);
    for (const alarm of falseAlarms) print(`false alarm: ${alarm}`);
    for (const violation of broken) print(`violation: ${violation}`);
    return broken.length === 0 ? 0 : 1;
  } finally {
    programs.remove();
  }
}
