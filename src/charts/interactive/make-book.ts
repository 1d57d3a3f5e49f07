/**
 * All that a viewer needs to know of the charts: their states and transitions, their pictures, and the texts of the rules.
 *
 * 1. Plain JSON, equal for equal charts, pictures and documents.
 * 2. A picture's colours are apart from the picture, so that a page decides on light and dark and its security policy
 *    needs no exception for styles.
 */

import { readChart } from '../chart.js';
import { CHARTS, type Files } from '../diagrams.js';
import { kindOf } from '../kinds.js';
import { type ChartBook, LEVELS, type Level } from './book.js';
import { ruleTexts } from './rule-texts.js';

interface BookTexts {
  /** The files of `diagrams/`, by name. */
  readonly diagrams: Files;
  /** docs/rules.md and docs/traceability.md. */
  readonly rules: string;
  readonly traceability: string;
}

const FILE_OF_LEVEL: Readonly<Record<Level, string>> = { map: '.map.svg', overview: '.overview.svg', detail: '.svg' };

export const chartBook = ({ diagrams, rules, traceability }: BookTexts): ChartBook => ({
  charts: CHARTS.map(({ file, machine }) => {
    const chart = readChart(machine);
    const pictures = LEVELS.flatMap((level) => {
      const svg = diagrams.get(`${file}${FILE_OF_LEVEL[level]}`);
      return svg === undefined ? [] : [[level, pictureOf(svg)] as const];
    });
    return {
      id: chart.id,
      file,
      chart,
      pictures: Object.fromEntries(pictures),
      kinds: Object.fromEntries(chart.transitions.map((transition) => [transition.id, kindOf(transition)])),
    };
  }),
  rules: ruleTexts(rules, traceability),
});

const STYLE = /<style>([\s\S]*?)<\/style>/;
const DARK = '@media (prefers-color-scheme:dark){';

/** The picture without its colours, and without the size that would fix it. */
const pictureOf = (svg: string): string =>
  svg.replace(STYLE, '').replace(/(<svg[^>]*?) width="[\d.]+" height="[\d.]+"/, '$1');

/**
 * The colours of the pictures as rules for a page: below `.chart-picture`, dark where the page says `data-theme="dark"`.
 * Pictures of different levels may have styles of their own; equal rules stand once.
 */
export function pictureStyle(diagrams: Files): string {
  const styles = [...diagrams]
    .filter(([name]) => name.endsWith('.svg'))
    .map(([, svg]) => unescaped(STYLE.exec(svg)?.[1] ?? ''));
  const light = new Set<string>();
  const dark = new Set<string>();
  for (const style of styles) {
    const at = style.indexOf(DARK);
    for (const rule of rulesIn(at < 0 ? style : style.slice(0, at))) light.add(rule);
    if (at >= 0) for (const rule of rulesIn(style.slice(at + DARK.length).replace(/\}\s*$/, ''))) dark.add(rule);
  }
  const below = (scope: string, rules: ReadonlySet<string>) => [...rules].map((rule) => scoped(scope, rule)).join('\n');
  return `${below('.chart-picture', light)}\n${below('[data-theme="dark"] .chart-picture', dark)}\n`;
}

/** Plain rules, one after the other; at-rules that are no colours are left out. */
const rulesIn = (style: string): readonly string[] =>
  (style.match(/[^{}]+\{[^{}]*\}/g) ?? []).filter((rule) => !rule.trim().startsWith('@'));

function scoped(scope: string, rule: string): string {
  const [selectors = '', body = ''] = rule.split('{');
  const each = selectors.split(',').map((selector) => `${scope} ${selector.trim()}`);
  return `${each.join(',')}{${body}`;
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
