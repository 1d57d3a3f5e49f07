/**
 * The documents, as a test: what they name is there, links lead somewhere, and figures agree.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ExecutionStage, KillSwitchState, KillSwitchType, ReconciliationStatus, reasons } from 'fillchart';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { executionMachine } from '../src/machines/execution.machine.js';
import { killSwitchMachine } from '../src/machines/kill-switch.machine.js';
import { protectionMachine } from '../src/machines/protection.machine.js';
import { conformanceCases } from '../src/testing/conformance/cases.js';
import { transitionsOf } from '../src/verify/transitions.js';
import { cellsOf, inRoot, matches, pages } from './docs.support.js';

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
