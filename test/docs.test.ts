/**
 * The documents, as a test: what they name is there, links lead somewhere, and examples print what they promise.
 *
 * 1. A `ts` block of a page compiles under the rules of the project. One that a `text` block follows, with at most a
 *    sentence between, is run and prints exactly that.
 * 2. `docs/reasons.md` is written from the registry: `npx vitest run test/docs.test.ts -u` writes it anew.
 * 3. Rule ids come from `docs/rules.md` alone; what the charts name must stand there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AUDIT_EVENTS,
  ExecutionStage,
  FINAL_STATUSES,
  KillSwitchState,
  KillSwitchType,
  type Reason,
  ReconciliationStatus,
  reasons,
} from 'fillchart';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AnyStateNode } from 'xstate';
import manifest from '../package.json' with { type: 'json' };
import { EXIT } from '../src/cli/exit-codes.js';
import { executionMachine } from '../src/machines/execution.machine.js';
import { killSwitchMachine } from '../src/machines/kill-switch.machine.js';
import { protectionMachine } from '../src/machines/protection.machine.js';
import { conformanceCases } from '../src/testing/conformance/cases.js';
import { SITUATIONS } from '../src/testing/conformance/subject.js';
import { transitionsOf } from '../src/verify/transitions.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (path: string): string => posix.join(ROOT, path);

interface Page {
  readonly path: string;
  readonly text: string;
  readonly prose: readonly string[];
  readonly blocks: readonly Block[];
}

interface Block {
  readonly language: string;
  readonly text: string;
  /** The first line of the fence, counted from 1. */
  readonly line: number;
  /** Lines between this block and the one before. */
  readonly gap: number;
}

const pages: readonly Page[] = ['README.md', ...readdirSync(inRoot('docs')).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith('.md'))
  .map(readPage);

function readPage(path: string): Page {
  const text = readFileSync(inRoot(path), 'utf8');
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: { language: string; line: number; gap: number; lines: string[] } | undefined;
  let lastEnd = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (open === undefined && fence !== null) {
      open = { language: fence[1] ?? '', line: index + 1, gap: index - lastEnd, lines: [] };
    } else if (open !== undefined && fence !== null) {
      blocks.push({ language: open.language, line: open.line, gap: open.gap, text: open.lines.join('\n') });
      lastEnd = index;
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else prose.push(line);
  }
  if (open !== undefined) throw new Error(`${path}: the block that begins at line ${open.line} has no end`);
  return { path, text, prose, blocks };
}

const pageAt = (path: string): Page => {
  const found = pages.find((page) => page.path === path);
  if (found === undefined) throw new Error(`${path} is missing`);
  return found;
};

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** Cells of a table row; a `|` within a row always ends a cell, as on GitHub. */
const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

const firstCells = ({ prose }: Page): string[] =>
  prose.filter((line) => line.startsWith('|')).map((row) => cellsOf(row)[0] ?? '');

describe('every page', () => {
  it('names its blocks by language, so that they are coloured', () => {
    for (const { path, blocks } of pages)
      expect(
        blocks.filter(({ language }) => !['ts', 'sh', 'text', 'json'].includes(language)),
        path,
      ).toEqual([]);
  });

  it('has tables that GitHub reads as such: a rule below the head, and as many cells in each row', () => {
    for (const { path, prose } of pages) {
      for (const [index, line] of prose.entries()) {
        if (!line.startsWith('|')) continue;
        const isHead = !(prose[index - 1] ?? '').startsWith('|');
        if (isHead) expect(prose[index + 1], `${path}: ${line}`).toMatch(/^\|(?:---\|)+$/);
        const above = isHead ? line : (prose[index - 1] ?? '');
        expect(cellsOf(line).length, `${path}: ${line}`).toBe(cellsOf(above).length);
      }
    }
  });

  it('links within the tree only, to what is there', () => {
    const broken = pages.flatMap(({ path, prose }) =>
      linksIn(prose)
        .filter((link) => !leadsSomewhere(path, link))
        .map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('links, as installed, to what the package holds', () => {
    const outside = pages.flatMap(({ path, prose }) =>
      linksIn(prose)
        .filter((link) => !isPacked(targetOf(path, link)))
        .map((link) => `${path}: ${link}`),
    );
    expect(outside).toEqual([]);
  });

  it('installs the package by the name that it is packed under', () => {
    const named = pages.flatMap(({ text }) => matches(text, /\b(fillchart-\d[\w.-]*\.tgz)/g));
    expect(named.length).toBeGreaterThan(1);
    expect([...new Set(named)]).toEqual([`${manifest.name}-${manifest.version}.tgz`]);
  });

  it('names source files that are there', () => {
    const missing = pages.flatMap(({ path, prose }) =>
      matches(prose.join('\n'), /`((?:src|test|docs|examples|diagrams)\/[\w./-]*)`/g)
        .filter((named) => !existsSync(inRoot(named)))
        .map((named) => `${path}: ${named}`),
    );
    expect(missing).toEqual([]);
  });

  it('names options that the command line has', () => {
    const sources = readdirSync(inRoot('src/cli/commands')).map((name) => `src/cli/commands/${name}`);
    const offered = sources.map((path) => readFileSync(inRoot(path), 'utf8')).join('\n');
    const unknown = pages.flatMap(({ path, prose }) =>
      matches(prose.join('\n'), /`(--[a-z-]+)/g)
        .filter((option) => !offered.includes(`'${option}`) && !offered.includes(`, ${option}`))
        .map((option) => `${path}: ${option}`),
    );
    expect(unknown).toEqual([]);
  });

  it('spells codes, states, facts and types as the code does', () => {
    const known = new Set<string>([
      ...Object.keys(reasons),
      ...Object.keys(ExecutionStage),
      ...Object.keys(KillSwitchType),
      ...Object.keys(KillSwitchState),
      ...Object.keys(ReconciliationStatus),
      ...executionMachine.events,
      ...['HARD_TIMEOUT_MS', 'LATE_FILL_WINDOW_MS'],
      // A symbol, and a name of the Python module.
      ...['AAPL', 'BTCUSDT', 'HARD_TIMEOUT_SECONDS'],
      // Filters of Binance, and what a line about a case begins with.
      ...['PERCENT_PRICE_BY_SIDE', 'MAX_NUM_ALGO_ORDERS', 'MAX_NUM_ORDERS', 'MAX_NUM_ORDER_LISTS', 'URGENT'],
      ...['TAKE_PROFIT_PASSED'],
    ]);
    const unknown = pages.flatMap(({ path, prose }) =>
      matches(prose.join('\n'), /`([A-Z]{3,}(?:_[A-Z]+)*)`/g)
        .filter((word) => !known.has(word))
        .map((word) => `${path}: ${word}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** Links of Markdown, and those of the few pictures that are written in HTML to give them a size. */
const linksIn = (prose: readonly string[]): string[] =>
  [/\]\(([^)\s]+)\)/g, /\b(?:href|src)="([^"]*)"/g].flatMap((pattern) => matches(prose.join('\n'), pattern));

/** The file that a link of a page leads to. */
function targetOf(from: string, link: string): string {
  const [file = ''] = link.split('#');
  return file === '' ? from : posix.normalize(posix.join(posix.dirname(from), file));
}

/** npm packs these whatever `files` says. */
const ALWAYS_PACKED = ['package.json', 'README.md', 'LICENSE'];
const isPacked = (path: string): boolean =>
  [...manifest.files, ...ALWAYS_PACKED].some((packed) => path === packed || path.startsWith(`${packed}/`));

function leadsSomewhere(from: string, link: string): boolean {
  const [, anchor] = link.split('#');
  const path = targetOf(from, link);
  if (/^[a-z]+:/.test(link) || path.startsWith('..') || !existsSync(inRoot(path))) return false;
  return anchor === undefined || anchorsOf(readFileSync(inRoot(path), 'utf8')).includes(anchor);
}

/** The anchors that GitHub makes of headings. */
const anchorsOf = (text: string): string[] =>
  matches(text, /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

/** The charts' transitions and the conformance cases are counted; what a search or a run finds is not held to the digit. */
describe('figures in the pages', () => {
  const totals = (pattern: RegExp) => pages.flatMap(({ text }) => matches(text, pattern).map(Number));

  it('count the transitions of the charts as they are', () => {
    const counts = [executionMachine, protectionMachine, killSwitchMachine].map((chart) => transitionsOf(chart).length);
    const told = [
      ...totals(/(\d+) of the chart taken/g),
      ...totals(/transitions \d+ of (\d+)/g),
      ...totals(/(\d+) transitions\./g),
    ];
    expect(told.length).toBeGreaterThan(6);
    expect(told.filter((count) => !counts.includes(count))).toEqual([]);
  });

  it('count the conformance cases as they are', () => {
    const told = pages.flatMap(({ text }) =>
      [...text.matchAll(/(\d+) passed, (\d+) failed, (\d+) skipped/g)].map(([, ...parts]) =>
        parts.reduce((sum, part) => sum + Number(part), 0),
      ),
    );
    expect(told.length).toBeGreaterThan(1);
    expect([...new Set(told)]).toEqual([conformanceCases.length]);
  });
});

const RULE_ID = /^`((?:R\d(?:\.\d)?|[VSPTBKGMEAC]\d{1,2}))`$/;
const range = (letter: string, last: number): string[] => Array.from({ length: last }, (_, n) => `${letter}${n + 1}`);
const ALL_RULES = [
  ...range('R', 6),
  ...range('R1.', 3),
  ...range('V', 11),
  ...range('S', 6),
  ...range('P', 12),
  ...range('T', 5),
  ...range('R2.', 4),
  ...range('B', 7),
  ...range('K', 10),
  ...range('G', 3),
  ...range('R6.', 4),
  ...range('M', 5),
  ...range('E', 8),
  ...range('A', 9),
  ...range('C', 4),
];

const idsIn = (page: Page): string[] =>
  firstCells(page).flatMap((cell) => {
    const [, id] = RULE_ID.exec(cell) ?? [];
    return id === undefined ? [] : [id];
  });

describe('docs/rules.md', () => {
  it('has every rule once, in order', () => {
    expect(idsIn(pageAt('docs/rules.md'))).toEqual(ALL_RULES);
  });

  it('has every rule that a transition names', () => {
    const named = [executionMachine, protectionMachine, killSwitchMachine].flatMap(({ root }) => rulesOf(root));
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((id) => !ALL_RULES.includes(id))).toEqual([]);
  });

  it('enforces the six rules where the README says', () => {
    const enforced = (page: Page) =>
      page.prose
        .filter((line) => /^\| `R\d` \|/.test(line))
        .map((row) => [cellsOf(row)[0], ...matches(cellsOf(row)[2] ?? '', /`(src\/[\w./-]+)`/g)]);
    expect(enforced(pageAt('README.md'))).toEqual(enforced(pageAt('docs/rules.md')));
  });
});

/** The ids on all transitions of a state and of what is within it. */
function rulesOf(node: AnyStateNode): string[] {
  const own = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  const rules = own.flatMap(({ meta }) => (meta as { rules?: readonly string[] } | undefined)?.rules ?? []);
  return [...rules, ...Object.values<AnyStateNode>(node.states).flatMap(rulesOf)];
}

const REASON_KINDS: readonly (readonly [kind: Reason['kind'], heading: string, about: string])[] = [
  ['refusal', 'Refusals', 'No order was sent. The result is `REJECTED`, or `FAILED` when a try had been made before.'],
  ['failure', 'Failures', 'The execution ended without the approved fill: `FAILED`, `CANCELLED` or `FAILED_TIMEOUT`.'],
  ['mismatch', 'Mismatches', 'Kinds of difference in a report or a case. A person must resolve each.'],
  ['misuse', 'Misuse', 'Thrown as a `FillchartError`; never in a result.'],
  ['request', 'Requests', 'An answer of the service to a request; never in a result.'],
];

function reasonsPage(): string {
  const tables = REASON_KINDS.map(([kind, heading, about]) => {
    const rows = Object.values<Reason>(reasons)
      .filter((reason) => reason.kind === kind)
      .map(({ code, sentence, raisedIn, mayRetry }) => {
        const states = raisedIn.map((state) => `\`${state}\``).join(', ');
        return `| \`${code}\` | ${sentence} | ${states === '' ? '–' : states} | ${mayRetry ? 'yes' : 'no'} |`;
      });
    const head = '| Code | Meaning | States | A new advisory may help |\n|---|---|---|---|';
    return `## ${heading}\n\n${about}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return `${REASONS_HEAD}\n${tables.join('\n')}`;
}

const REASONS_HEAD = `# Reason codes

Every code there is. This page is written from the registry in [\`src/domain/reasons.ts\`](../src/domain/reasons.ts), and a
test compares the two. *States* are the states of the chart that can raise the code. *A new advisory may help* means that
the same idea under a new id may fare better later; the same advisory again always returns the same result.

What to do about each at night: [operating.md](operating.md).
`;

describe('docs/reasons.md', () => {
  it('is what the registry says, code by code', async () => {
    await expect(reasonsPage()).toMatchFileSnapshot('../docs/reasons.md');
  });

  it('has every code of the registry, and no other', () => {
    const listed = firstCells(pageAt('docs/reasons.md')).flatMap((cell) => matches(cell, /^`([A-Z_]+)`$/g));
    expect(listed.sort()).toEqual(Object.keys(reasons).sort());
  });
});

describe('docs/broker-adapter.md', () => {
  const page = pageAt('docs/broker-adapter.md');
  const rows = page.prose.filter((line) => line.startsWith('| `')).map(cellsOf);

  it('has every case of the conformance kit as a requirement, with its situation and its title', () => {
    const listed = rows.filter(([id = '']) => /^`BC-\d+`$/.test(id)).map(([id, needs, title]) => [id, needs, title]);
    expect(listed).toEqual(conformanceCases.map(({ id, needs, title }) => [`\`${id}\``, `\`${needs}\``, title]));
  });

  it('names no case that is not there', () => {
    const ids = conformanceCases.map(({ id }) => id);
    const named = pages.flatMap(({ text }) => matches(text, /\b(BC-\d+)\b/g));
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('tells of every situation, and counts what an ordinary sandbox is enough for', () => {
    const first = rows.map(([cell = '']) => cell.replaceAll('`', ''));
    expect(first).toEqual(expect.arrayContaining([...SITUATIONS]));
    const easy = conformanceCases.filter(({ needs }) => needs === 'any' || needs === 'fills');
    expect(page.text).toContain(`${easy.length} of the ${conformanceCases.length} cases`);
  });
});

describe('docs/operating.md', () => {
  const operating = pageAt('docs/operating.md');
  const listed = () => firstCells(operating).flatMap((cell) => matches(cell, /`([\w.]+)`/g));

  it('tells of every final status', () => {
    expect(listed()).toEqual(expect.arrayContaining([...FINAL_STATUSES]));
  });

  it('tells of every kind of case, and of every difference that a report can name', () => {
    const kinds = Object.keys(ReconciliationStatus).filter((status) => status !== 'MATCHED');
    const differences = Object.values<Reason>(reasons)
      .filter(({ kind }) => kind === 'mismatch')
      .map(({ code }) => code);
    expect(listed()).toEqual(expect.arrayContaining([...kinds, ...differences]));
  });

  it('tells of every event of the audit log', () => {
    expect(listed()).toEqual(expect.arrayContaining([...AUDIT_EVENTS]));
  });

  it('tells of every exit code, as the README does', () => {
    const codes = Object.values(EXIT).map(String).sort();
    for (const page of [operating, pageAt('README.md')])
      expect(
        firstCells(page)
          .filter((cell) => /^\d+$/.test(cell))
          .sort(),
        page.path,
      ).toEqual(codes);
  });

  it('tells of every type of kill switch', () => {
    expect(listed()).toEqual(expect.arrayContaining(Object.keys(KillSwitchType)));
  });
});

interface Example {
  readonly name: string;
  readonly code: string;
  /** What it prints, where the page says so. */
  readonly prints?: string;
}

/** A `text` block at most this many lines below its example is what the example prints. */
const LONGEST_GAP = 5;

const examples: readonly Example[] = pages.flatMap(({ path, blocks }) =>
  blocks.flatMap(({ language, text, line }, index) => {
    if (language !== 'ts') return [];
    const next = blocks[index + 1];
    const isOutput = next?.language === 'text' && next.gap <= LONGEST_GAP;
    return [{ name: `${path}:${line}`, code: text, ...(isOutput && { prints: next.text }) }];
  }),
);

describe('examples in the pages', () => {
  const folder = `.tmp/docs-${process.pid}`;
  const fileOf = ({ name }: Example) => `${folder}/${name.replaceAll(/\W/g, '-')}.ts`;

  beforeAll(() => {
    mkdirSync(inRoot(folder), { recursive: true });
    for (const example of examples) writeFileSync(inRoot(fileOf(example)), `${example.code}\n`);
    const settings = { extends: '../../tsconfig.json', include: ['*.ts'] };
    writeFileSync(inRoot(`${folder}/tsconfig.json`), JSON.stringify(settings));
  });
  afterAll(() => rmSync(inRoot(folder), { recursive: true, force: true }));

  it('compile', () => {
    expect(examples.length).toBeGreaterThan(3);
    expect(typeErrorsIn(folder)).toEqual([]);
  }, 120_000);

  it.each(examples.filter(({ prints }) => prints !== undefined))('$name prints what the page says', async (example) => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await import(/* @vite-ignore */ inRoot(fileOf(example)));
      const lines = print.mock.calls.map((words) => words.map(String).join(' '));
      expect(lines.join('\n')).toBe(example.prints);
    } finally {
      print.mockRestore();
    }
  });
});

/** What the compiler says of the files in a folder; what it says of other files is not the pages' fault. */
function typeErrorsIn(folder: string): string[] {
  try {
    const tsc = inRoot('node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', `${folder}/tsconfig.json`, '--pretty', 'false'], { cwd: ROOT });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    const lines = String(stdout ?? error).split('\n');
    return lines.filter((line) => line.startsWith(folder) || line.startsWith('error'));
  }
}
