/**
 * The chart at a glance as Mermaid text (`stateDiagram-v2`), for pages that render it. `mermaid-state.ts` has each state.
 *
 * 1. Top states, one line for each pair, in the words of the map; at most 25 lines, and short lines of words, so that it is
 *    legible in the column of a page on GitHub.
 */
import type { Chart, ChartState } from './chart.js';
import type { MapPlan, MapWay } from './map-plan.js';
import { brokenAt, groupedBy, plainWords, textOf } from './mermaid-words.js';

/** At a glance. */
export function mermaidMapOf(chart: Chart, plan: MapPlan): string {
  const [root, ...states] = chart.states;
  const tops = states.filter(({ parent }) => parent === chart.id);
  const keyOf = (ending: string) => tops.find(({ key }) => key === ending)?.key ?? finalOf(tops);
  const isGrouped = (key: string) => plan.group?.states.includes(key) === true;
  const lines = plan.ways.flatMap((way) => linesOf(way, plan.group, keyOf));
  const start = tops.find(({ id }) => id === root?.initial)?.key ?? '';
  const ends = tops.filter(({ type }) => type === 'final').map(({ key }) => `  ${key} --> [*]`);
  const box = (key: string, indent: string) => `${indent}state "${key}" as ${key}`;
  const [inside, outside] = [true, false].map((isInside) =>
    merged(lines.filter(({ from, to }) => (isGrouped(from) && isGrouped(to)) === isInside)),
  );
  return textOf([
    ...(plan.group === undefined ? [ACROSS] : []),
    ...tops.filter(({ key }) => !isGrouped(key)).map(({ key }) => box(key, '  ')),
    ...(plan.group === undefined
      ? []
      : [
          `  state "${plan.group.words}" as ${plan.group.name} {`,
          ...plan.group.states.map((key) => box(key, '    ')),
          `    [*] --> ${plan.group.states[0]}`,
          ...(inside ?? []).map((line) => `    ${line}`),
          '  }',
        ]),
    `  [*] --> ${start}`,
    ...(outside ?? []).map((line) => `  ${line}`),
    ...ends,
  ]);
}

/** Lines of words on a way. */
const WORDS_LENGTH = 22;

/** From left to right: what fans out stands one below the other. */
export const ACROSS = '  direction LR';

interface Line {
  readonly from: string;
  readonly to: string;
  readonly words: readonly string[];
}

/**
 * A way of the plan between its states. What crosses the frame of the group ends at the frame, and names the state in
 * brackets where it is not all of them: a line through the frame makes Mermaid lay out inside and outside as one.
 */
function linesOf(
  { from, to, words }: MapWay,
  group: MapPlan['group'],
  keyOf: (ending: string) => string,
): readonly Line[] {
  const targets = [...new Set(to.map(keyOf))];
  const isIn = (key: string) => group?.states.includes(key) === true;
  return targets.flatMap((target): readonly Line[] => {
    const crossing = from.filter((key) => isIn(key) !== isIn(target));
    const who = crossing.filter(isIn);
    const isAll = who.length === 0 || who.length === group?.states.length;
    const say = (more: string) => brokenAt(plainWords(words) + more, WORDS_LENGTH);
    const frame = isIn(target) ? group?.states[0] === target : true;
    const across = new Set(crossing.map((key) => (isIn(key) ? (group?.name ?? key) : key)));
    return [
      ...from.filter((key) => !crossing.includes(key)).map((key) => ({ from: key, to: target, words: say('') })),
      ...[...across].map((key) => ({
        from: key,
        to: isIn(target) ? (group?.name ?? target) : target,
        words: say([isAll ? '' : ` (${who.join(', ')})`, frame ? '' : ` (to ${target})`].join('')),
      })),
    ];
  });
}

const finalOf = (tops: readonly ChartState[]): string => tops.find(({ type }) => type === 'final')?.key ?? '';

/** One line for each pair, its words one below the other. */
const merged = (lines: readonly Line[]): readonly string[] =>
  [...groupedBy(lines, ({ from, to }) => `${from} --> ${to}`)].map(
    ([pair, same]) => `${pair} : ${same.flatMap(({ words }) => words).join('<br/>')}`,
  );
