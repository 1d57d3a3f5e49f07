/**
 * `npm run check`: everything that CI checks, in order, each step timed and told in one line.
 *
 * 1. A failing step does not stop the next ones; what it printed is shown, and the exit code is 1 at the end.
 * 2. A new check is one more line in `steps`.
 *
 * `-- --skip tests,exports` leaves steps out; `-- --only types` runs these alone.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** name, what it proves, and the Node program that does it. */
const steps = [
  ['biome', 'format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--colors=off', '.'],
  ['types', 'tsc --noEmit', 'node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false'],
  [
    'pages',
    'the types of what runs in a browser',
    'node_modules/typescript/bin/tsc',
    ...['--noEmit', '-p', 'tsconfig.browser.json', '--pretty', 'false'],
  ],
  ['tests', 'npm test', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'fast'],
  ['deep', 'the tests that take longest', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'deep'],
  [
    'trace',
    'every rule has its transitions, laws and tests',
    'node_modules/vitest/vitest.mjs',
    'run',
    'test/verify/traceability.test.ts',
  ],
  ['verify', 'every reachable state, every law', 'scripts/verify.mjs'],
  ['diagrams', 'the pictures are those of the charts that run', 'scripts/diagrams.mjs', '--check'],
  ['api', '0 exports without TSDoc, and docs/api is made from it', 'scripts/api/reference.mjs', '--check'],
  ['exports', 'the packed package, installed and imported', 'scripts/check-exports.mjs'],
  ['stops', 'the built service, ended by SIGTERM and by SIGKILL, and started again', 'deploy/test-stops.mjs'],
];

const selected = select();
const failed = [];
for (const [name, about, program, ...args] of selected) {
  const startedAt = performance.now();
  const { code, output } = await run(program, args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0) {
    failed.push(name);
    process.stdout.write(`\n${output.trimEnd()}\n\n`);
  }
  print(`${code === 0 ? '✓' : '✗'} ${name.padEnd(10)} ${`${seconds} s`.padStart(8)}  ${about}`);
}
print(failed.length === 0 ? 'check: all passed' : `check: failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function select() {
  const list = { type: 'string', multiple: true, default: [] };
  const { values } = parseArgs({ options: { skip: list, only: list } });
  const [skip, only] = [values.skip, values.only].map((given) => given.flatMap((names) => names.split(',')));
  const names = steps.map(([name]) => name);
  const unknown = [...skip, ...only].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`check: there is no step "${unknown}"; the steps are ${names.join(', ')}.\n`);
    process.exit(2);
  }
  return steps.filter(([name]) => !skip.includes(name) && (only.length === 0 || only.includes(name)));
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\nended by ${signal}\n`;
      resolve({ code: code ?? 1, output });
    });
  });
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
