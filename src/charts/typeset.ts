/**
 * Text of the picture, set in lines of known size.
 *
 * 1. Every text of the picture is made from these, so that what is measured is what is written.
 */
import type { Kind } from './kinds.js';
import { type Font, textWidth, wrap } from './text-size.js';

type TextStyle = 'title' | 'heading' | 'about' | 'entry' | 'event' | 'order' | 'guard' | 'action' | 'go' | 'rule';

export const FONTS: Readonly<Record<TextStyle, { readonly font: Font; readonly size: number; readonly line: number }>> =
  {
    title: { font: 'bold', size: 22, line: 28 },
    heading: { font: 'bold', size: 13, line: 16 },
    about: { font: 'sans', size: 10, line: 12 },
    entry: { font: 'mono', size: 9, line: 11.5 },
    event: { font: 'monoBold', size: 9, line: 11.5 },
    order: { font: 'mono', size: 9, line: 11.5 },
    guard: { font: 'mono', size: 9, line: 11.5 },
    action: { font: 'mono', size: 9, line: 11.5 },
    go: { font: 'monoBold', size: 9, line: 11.5 },
    rule: { font: 'sans', size: 7.5, line: 11.5 },
  };

export interface Run {
  readonly style: TextStyle;
  readonly text: string;
  readonly width: number;
  /** Colours the text. */
  readonly kind?: Kind;
}

export interface Line {
  readonly indent: number;
  readonly runs: readonly Run[];
  readonly width: number;
  readonly height: number;
}

/** Lines that belong together. */
export interface Block {
  readonly lines: readonly Line[];
  /** The transition that the lines tell of; several when substates share it, none when the lines are a heading. */
  readonly transitions: readonly string[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Between two texts on one line. */
export const RUN_GAP = 5;

export function run(style: TextStyle, text: string, kind?: Kind): Run {
  const { font, size } = FONTS[style];
  return { style, text, width: textWidth(text, font, size), ...(kind !== undefined && { kind }) };
}

export function line(runs: readonly Run[], indent = 0): Line {
  const shown = runs.filter(({ text }) => text !== '');
  const text = shown.reduce((sum, { width }) => sum + width, 0) + RUN_GAP * Math.max(0, shown.length - 1);
  return {
    indent,
    runs: shown,
    width: indent + text,
    height: Math.max(0, ...shown.map(({ style }) => FONTS[style].line)),
  };
}

/** As many lines as it takes to stay within `limit` px. */
export const wrapped = (style: TextStyle, text: string, limit: number, indent = 0): Line[] =>
  wrap(text, FONTS[style].font, FONTS[style].size, limit - indent).map((part) => line([run(style, part)], indent));

export function sizeOf(lines: readonly Line[]): Size {
  return {
    width: Math.max(0, ...lines.map(({ width }) => width)),
    height: lines.reduce((sum, { height }) => sum + height, 0),
  };
}

export const linesOf = (blocks: readonly Block[]): readonly Line[] => blocks.flatMap(({ lines }) => lines);
