/**
 * `npm run fuzz -- [--count 100000] [--seed 1] [--only fix|alpaca|ccxt]`: so many damaged messages for each FIX version, and so
 * many damaged HTTP bodies for each adapter: no crash, nothing invented, memory bounded.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const ADAPTERS = ['fix', 'alpaca', 'ccxt'];
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
for (const name of ['count', 'seed']) {
  if (!Number.isSafeInteger(Number(values[name])) || Number(values[name]) < 1)
    refuse(name, values[name], 'a whole number from 1 on');
}
if (values.only !== undefined && !ADAPTERS.includes(values.only)) refuse('only', values.only, ADAPTERS.join(', '));

const wanted = values.only === undefined ? ADAPTERS : [values.only];
const env = { ...process.env, FUZZ_MESSAGES: values.count, FUZZ_BODIES: values.count, FUZZ_SEED: values.seed };
const files = wanted.map((adapter) => `test/${adapter}/fuzz.test.ts`);
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'deep', '--maxWorkers', '1', ...files];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1);

function refuse(option, value, accepted) {
  process.stderr.write(`fuzz: --${option} is ${value}; accepted is ${accepted}.\n`);
  process.exit(2);
}
