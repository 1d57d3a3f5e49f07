/**
 * `npm run bench [-- <name …>] [--full] [--rounds 5] [--json <file>] [--page]`: measures, and prints a table of each.
 *
 * 1. Nothing is asserted, and no test runs it: figures are for people, on the machine that the heading names.
 * 2. Each benchmark, or each part of it, has a process of its own, with a heap that holds nothing else, and a limit of time.
 * 3. What is compared is measured in turns, so that a busy minute meets all of it. As many rounds as are asked for, or as fit
 *    into a minute or so, and at least one.
 * 4. The figures stand as JSON in `bench/results/` too, or where `--json` says. `--page` writes them into docs/performance.md.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inWords, machine } from './lib/machine.mjs';
import { loadDriver } from './lib/package.mjs';
import { figure, growthExponent } from './lib/samples.mjs';
import { markdownTable, textTable } from './lib/table.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const CASES = [
  'life-cycle',
  'durable',
  'in-flight',
  'global',
  'timeouts',
  'deadlines',
  'recovery',
  'history',
  'memory',
];
/** Of one process; on a quiet machine each benchmark ends within a minute. */
const LIMIT_MS = 180_000;
const FULL_LIMIT_MS = 30 * 60_000;
/** A benchmark of parts begins no further round after this. */
const ROUNDS_MS = 45_000;
const FULL_ROUNDS_MS = 10 * 60_000;
const NODE_OPTIONS = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--max-old-space-size=8192'];
const MARKS = ['<!-- figures: written by `npm run bench -- --page` -->', '<!-- end of the figures -->'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  refuse(`--rounds is ${values.rounds}; accepted is a whole number from 1 on.`);
const unknown = positionals.filter((name) => !CASES.includes(name));
if (unknown.length > 0) refuse(`there is no benchmark ${unknown.join(', ')}; there are ${CASES.join(', ')}.`);

const here = machine((await loadDriver()).sqliteVersion);
process.stdout.write(`${inWords(here)}\n`);
const results = [];
for (const name of positionals.length > 0 ? positionals : CASES) {
  const about = await import(`./cases/${name}.mjs`);
  process.stdout.write(`\n${about.title} (${name})\n\n`);
  const startedAt = performance.now();
  const result = await measured(about, name);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { title, of, notes = [] } = about;
  results.push({ name, title, of, notes, seconds: Math.round(seconds), ...result });
  if (result.rows.length > 0) process.stdout.write(`${textTable({ of, ...result })}\n`);
  if (result.failure !== undefined) process.stdout.write(`  failed: ${result.failure}\n`);
  for (const line of result.growth ?? [])
    process.stdout.write(`  growth of ${line.figure}: n^${line.exponent.toFixed(2)}\n`);
}
const json = values.json ?? `bench/results/${here.at.replace(/[:.]/g, '-')}.json`;
mkdirSync(dirname(json), { recursive: true });
writeFileSync(json, `${JSON.stringify({ machine: here, full: values.full, rounds, results }, null, 2)}\n`);
process.stdout.write(`\nwritten to ${json}\n`);
if (values.page) writePage('docs/performance.md');
process.exitCode = results.some(({ failure }) => failure !== undefined) ? 1 : 0;

/** A benchmark that compares runs by itself; one of several parts has a process for each, in turns. */
async function measured(about, name) {
  if (about.parts === undefined) return inProcess(name);
  const parts = about.parts({ full: values.full });
  const samples = new Map(parts.map((part) => [part, []]));
  const end = performance.now() + (values.full ? FULL_ROUNDS_MS : ROUNDS_MS);
  for (let round = 0; round < rounds && (round === 0 || performance.now() < end); round += 1) {
    for (const part of parts) {
      const result = await inProcess(name, part);
      if (result.failure !== undefined)
        return { ...rowsOf(about, samples), failure: `${part.name}: ${result.failure}` };
      samples.get(part).push(result);
    }
  }
  return rowsOf(about, samples);
}

function rowsOf({ grows = [] }, samples) {
  const rows = [...samples].map(([part, measures]) => ({
    name: part.name,
    ...(part.size !== undefined && { size: part.size, group: part.group ?? '' }),
    figures: Object.fromEntries(
      Object.keys(measures[0] ?? {}).map((name) => [name, figure(measures.map((measure) => measure[name]))]),
    ),
  }));
  const groups = [...new Set(rows.map(({ group }) => group))].filter((group) => group !== undefined);
  const growth = groups.flatMap((group) => grows.flatMap((name) => growthOf(rows, group, name)));
  return { rows, ...(growth.length > 0 && { growth }) };
}

function growthOf(rows, group, name) {
  const points = rows
    .filter((row) => row.group === group && row.figures[name] !== undefined)
    .map(({ size, figures }) => [size, figures[name].median]);
  if (points.length < 2) return [];
  return [{ figure: group === '' ? name : `${name} (${group})`, exponent: growthExponent(points) }];
}

function inProcess(name, part) {
  const limit = values.full ? FULL_LIMIT_MS : LIMIT_MS;
  const options = JSON.stringify({ full: values.full, rounds });
  const more = part === undefined ? [] : [JSON.stringify(part)];
  const args = [...NODE_OPTIONS, 'bench/run-one.mjs', name, options, ...more];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve({ rows: [], failure: `it took more than ${limit / 1_000} s` });
      else if (code !== 0) resolve({ rows: [], failure: `exit code ${code}` });
      else resolve(JSON.parse(output.trimEnd().split('\n').at(-1)));
    });
  });
}

/** Puts the figures between the two marks of the page; what stands around them is written by hand. */
function writePage(file) {
  const page = readFileSync(file, 'utf8');
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin === -1 || end === -1) refuse(`${file} lacks the marks between which the figures stand.`);
  const section = ({ title, name, of, rows, notes, growth = [], failure }) =>
    [
      `### ${title}`,
      `\`npm run bench -- ${name}\``,
      failure === undefined ? markdownTable({ of, rows }) : `Not measured: ${failure}.`,
      growth.map(({ figure, exponent }) => `Growth of ${figure}: n^${exponent.toFixed(2)}.`).join(' '),
      notes.map((note) => `- ${note}`).join('\n'),
    ]
      .filter((part) => part !== '')
      .join('\n\n');
  const body = [MARKS[0], `Measured on: ${inWords(here)}.`, ...results.map(section)].join('\n\n');
  writeFileSync(file, `${page.slice(0, begin)}${body}\n\n${page.slice(end)}`);
}

function refuse(sentence) {
  process.stderr.write(`bench: ${sentence}\n`);
  process.exit(2);
}
