/**
 * The pages of the documentation, as text that can be looked at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const inRoot = (path: string): string => posix.join(ROOT, path);

export interface Page {
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

export const pages: readonly Page[] = ['README.md', ...readdirSync(inRoot('docs')).map((name) => `docs/${name}`)]
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

export const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

/** Cells of a table row; a `|` within a row always ends a cell, as on GitHub. */
export const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

export interface Example {
  readonly name: string;
  readonly code: string;
  /** What it prints, where the page says so. */
  readonly prints?: string;
}

/** A `text` block at most this many lines below its example is what the example prints. */
const LONGEST_GAP = 5;

export const examples: readonly Example[] = pages.flatMap(({ path, blocks }) =>
  blocks.flatMap(({ language, text, line }, index) => {
    if (language !== 'ts') return [];
    const next = blocks[index + 1];
    const isOutput = next?.language === 'text' && next.gap <= LONGEST_GAP;
    return [{ name: `${path}:${line}`, code: text, ...(isOutput && { prints: next.text }) }];
  }),
);
