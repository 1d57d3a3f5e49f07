/**
 * The chart as Mermaid text (`stateDiagram-v2`), for pages that render it: the whole at a glance, and each top state.
 *
 * 1. At a glance: top states, one line for each pair, in the words of the map; at most 25 lines, so that it stays legible.
 * 2. Of a top state: everything inside it, and each neighbour by name. Between two states one line, with every event and
 *    guard; what stays in a state is in its note. Actions stand in the tables and in the SCXML.
 * 3. Together the texts of the top states hold every transition.
 */
import { type Chart, type ChartState, type ChartTransition, isInside } from './chart.js';
import { pairsOf } from './map-check.js';
import type { MapPlan } from './map-plan.js';
import { actionsText, eventText, guardBesideEvent } from './notation.js';
import { topOf } from './outcomes.js';

/** At a glance. */
export function mermaidMapOf(chart: Chart, plan: MapPlan): string {
  const [root, ...states] = chart.states;
  const tops = states.filter(({ parent }) => parent === chart.id);
  const keyOf = (ending: string) => tops.find(({ key }) => key === ending)?.key ?? finalOf(tops);
  const group = plan.group;
  const grouped = group?.states ?? [];
  const lines = plan.ways.flatMap(({ from, to, words }): readonly string[] => {
    const sources = group?.states.every((key) => from.includes(key))
      ? [group.name, ...from.filter((key) => !grouped.includes(key))]
      : from;
    const targets = [...new Set(to.map(keyOf))];
    return sources.flatMap((source) => targets.map((target) => `${source} ${target} ${plainWords(words)}`));
  });
  const start = tops.find(({ id }) => id === root?.initial)?.key ?? '';
  const ends = tops.filter(({ type }) => type === 'final').map(({ key }) => `  ${key} --> [*]`);
  const box = (key: string, indent: string) => `${indent}state "${key}" as ${key}`;
  return textOf([
    ...(group === undefined ? [ACROSS] : []),
    ...tops.filter(({ key }) => !grouped.includes(key)).map(({ key }) => box(key, '  ')),
    ...(group === undefined
      ? []
      : [`  state "${group.words}" as ${group.name} {`, ...grouped.map((key) => box(key, '    ')), '  }']),
    `  [*] --> ${start}`,
    ...merged(lines.map(splitLine)).map((line) => `  ${line}`),
    ...ends,
  ]);
}

/** From left to right: what fans out stands one below the other. */
const ACROSS = '  direction LR';

const finalOf = (tops: readonly ChartState[]): string => tops.find(({ type }) => type === 'final')?.key ?? '';

interface Line {
  readonly from: string;
  readonly to: string;
  readonly words: string;
}

function splitLine(text: string): Line {
  const [from = '', to = '', ...words] = text.split(' ');
  return { from, to, words: words.join(' ') };
}

/** One line for each pair, its words one below the other. */
function merged(lines: readonly Line[]): readonly string[] {
  const pairs = new Map<string, Line>();
  for (const line of lines) {
    const key = `${line.from} ${line.to}`;
    const before = pairs.get(key);
    pairs.set(key, before === undefined ? line : { ...before, words: `${before.words}<br/>${line.words}` });
  }
  return [...pairs.values()].map(({ from, to, words }) => `${from} --> ${to} : ${words}`);
}

/** A top state with all that is in it. */
export function mermaidOf(chart: Chart, top: ChartState): string {
  const isIn = (id: string) => id === top.id || isInside(chart, id, top.id);
  const own = chart.transitions.filter(({ source }) => isIn(source));
  const leaving = own.filter(({ targets }) => targets.some((target) => !isIn(target)));
  const arriving = pairsOf(chart).filter(({ from, transitions }) =>
    transitions.some(({ targets }) => from !== top.key && targets.some(isIn)),
  );
  const neighbours = new Set([
    ...leaving.flatMap(({ targets }) => targets.filter((target) => !isIn(target)).map((id) => topOf(chart, id))),
    ...arriving.map(({ from }) => `${chart.id}.${from}`),
  ]);
  const inside = chart.states.filter(({ id }) => isIn(id));
  const outside = chart.states.filter(({ id }) => neighbours.has(id));
  const isOuter = ({ source, targets: [target] }: ChartTransition) =>
    target !== undefined && (!isIn(target) || parentOf(chart, source) !== parentOf(chart, target));
  return textOf([
    ACROSS,
    ...outside.map(({ key, id }) => `  state "${key}" as ${nameOf(id)}`),
    ...stateLines(top, chart, '  '),
    ...arriving.flatMap(({ from, transitions }) =>
      arrivals(`${chart.id}.${from}`, transitions.flatMap(targetsIn(isIn))),
    ),
    ...waysOf(own.filter(isOuter), (id) => nameOf(isIn(id) ? id : topOf(chart, id))).map((line) => `  ${line}`),
    ...(top.type === 'final' ? [`  ${nameOf(top.id)} --> [*]`] : []),
    ...inside.flatMap((state) => noteOf(state, chart)),
  ]);
}

const targetsIn =
  (isIn: (id: string) => boolean) =>
  ({ targets }: ChartTransition): readonly string[] =>
    targets.filter(isIn);

/** Where a neighbour leads in: its own text says on what. */
const arrivals = (from: string, targets: readonly string[]): readonly string[] =>
  [...new Set(targets)].map((target) => `  ${nameOf(from)} --> ${nameOf(target)}`);

const textOf = (lines: readonly string[]): string => `${['stateDiagram-v2', ...lines].join('\n')}\n`;

/** Mermaid knows no dots in names. */
const nameOf = (id: string): string => id.split('.').slice(1).join('_') || id;

function contentOf(state: ChartState, chart: Chart, indent: string): readonly string[] {
  const inside = chart.states.filter(({ parent }) => parent === state.id);
  const begin = state.initial === undefined ? [] : [`${indent}[*] --> ${nameOf(state.initial)}`];
  const ways = chart.transitions.filter((transition) => isWithin(transition, state, chart));
  return [
    ...inside.flatMap((one) => stateLines(one, chart, indent)),
    ...begin,
    ...waysOf(ways, nameOf).map((line) => indent + line),
  ];
}

function stateLines(state: ChartState, chart: Chart, indent: string): readonly string[] {
  const open = `${indent}state "${state.key}" as ${nameOf(state.id)}`;
  return state.children.length === 0 ? [open] : [`${open} {`, ...contentOf(state, chart, `${indent}  `), `${indent}}`];
}

const parentOf = (chart: Chart, id: string): string | undefined =>
  chart.states.find((state) => state.id === id)?.parent;

/** Both ends are direct substates of the state: Mermaid places it there. */
const isWithin = ({ source, targets: [target] }: ChartTransition, { id }: ChartState, chart: Chart): boolean =>
  target !== undefined && parentOf(chart, source) === id && parentOf(chart, target) === id;

/** One line for each pair of states; each event once, with its guards below. */
function waysOf(transitions: readonly ChartTransition[], name: (id: string) => string): readonly string[] {
  const pairs = new Map<string, ChartTransition[]>();
  for (const transition of transitions) {
    const pair = `${name(transition.source)} --> ${name(transition.targets[0] ?? '')}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), transition]);
  }
  return [...pairs].map(([pair, own]) => {
    const events = [...new Set(own.map(eventText))];
    const lines = events.flatMap((event) => {
      const guards = own.filter((one) => eventText(one) === event).map((one) => guardBesideEvent(one) || 'else');
      const isAlone = guards.length === 1 && guards[0] === 'else';
      return [event, ...(isAlone ? [] : guards)];
    });
    return `${pair} : ${lines.map(plainWords).join('<br/>')}`;
  });
}

/** `EVENT [guard]`, without the signs that Mermaid reads as its own. */
const captionOf = (transition: ChartTransition): string =>
  plainWords([eventText(transition), guardBesideEvent(transition)].filter((part) => part !== '').join(' '));

const plainWords = (text: string): string => text.replace(/[;:#"<>]/g, ' ').replaceAll('|', ' ');

function noteOf({ id, parent, entry, exit }: ChartState, chart: Chart): readonly string[] {
  // Mermaid draws no loop around a box with boxes in it: such a state is entered anew in its note.
  const isAnew = ({ targets: [target] }: ChartTransition) => target === id && parent === chart.id;
  const stays = chart.transitions.filter((one) => one.source === id && (one.targets.length === 0 || isAnew(one)));
  const lines = [
    ...(entry.length > 0 ? [`entry / ${actionsText(entry)}`] : []),
    ...(exit.length > 0 ? [`exit / ${actionsText(exit)}`] : []),
    ...stays.map((one) => `${captionOf(one)}${isAnew(one) ? ' (anew)' : ''} / ${actionsText(one.actions)}`),
  ];
  if (lines.length === 0) return [];
  const wrapped = lines.flatMap((line) => brokenAt(plainWords(line), NOTE_LENGTH));
  return [`  note right of ${nameOf(id)}`, ...wrapped.map((line) => `    ${line}`), '  end note'];
}

const NOTE_LENGTH = 34;

/** Broken at spaces into lines of about this length. */
function brokenAt(text: string, length: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= length) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
