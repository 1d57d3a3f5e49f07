/**
 * `npm run soak -- --minutes N`: the property tests for as long as you like, with new scenarios each time, after every
 * path through the life cycle has been run once. What fails prints a scenario that can be replayed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
if (!Number.isFinite(minutes) || minutes <= 0) {
  process.stderr.write(`soak: --minutes is ${values.minutes}; accepted is a number greater than zero.\n`);
  process.exit(2);
}

const env = {
  ...process.env,
  FILLCHART_ALL_PATHS: '1',
  FILLCHART_SOAK_MS: String(minutes * 60_000),
  ...(values.seed !== undefined && { FILLCHART_SEED: values.seed }),
};
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/paths', 'test/properties'];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
process.exit(status ?? 1);
