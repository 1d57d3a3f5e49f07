/**
 * The chart as Mermaid text (`stateDiagram-v2`), for pages that render it.
 *
 * 1. Every state and every transition is in it; a transition without a target stands in the note of its state.
 * 2. A way between two substates of one state is written inside it: Mermaid places it there.
 */
import type { Chart, ChartState, ChartTransition } from './chart.js';
import { actionsText, eventText, guardBesideEvent } from './notation.js';

export function mermaidOf(chart: Chart): string {
  const [root] = chart.states;
  if (root === undefined) throw new TypeError(`the chart ${chart.id} has no state`);
  const notes = chart.states.flatMap((state) => noteOf(state, chart));
  return `${['stateDiagram-v2', ...contentOf(root, chart, '  '), ...outer(chart), ...notes].join('\n')}\n`;
}

/** Mermaid knows no dots in names. */
const nameOf = (id: string): string => id.split('.').slice(1).join('_') || id;

function contentOf(state: ChartState, chart: Chart, indent: string): readonly string[] {
  const inside = chart.states.filter(({ parent }) => parent === state.id);
  const begin = state.initial === undefined ? [] : [`${indent}[*] --> ${nameOf(state.initial)}`];
  const ends = inside.filter(({ type }) => type === 'final').map(({ id }) => `${indent}${nameOf(id)} --> [*]`);
  const ways = chart.transitions.filter((transition) => isInside(transition, state, chart));
  return [
    ...inside.flatMap((one) => stateLines(one, chart, indent)),
    ...begin,
    ...ways.map((transition) => `${indent}${wayOf(transition)}`),
    ...ends,
  ];
}

function stateLines(state: ChartState, chart: Chart, indent: string): readonly string[] {
  const open = `${indent}state "${state.key}" as ${nameOf(state.id)}`;
  return state.children.length === 0 ? [open] : [`${open} {`, ...contentOf(state, chart, `${indent}  `), `${indent}}`];
}

const parentOf = (chart: Chart, id: string): string | undefined =>
  chart.states.find((state) => state.id === id)?.parent;

/** Both ends are direct substates of the state. */
const isInside = ({ source, targets: [target] }: ChartTransition, { id }: ChartState, chart: Chart): boolean =>
  target !== undefined && parentOf(chart, source) === id && parentOf(chart, target) === id;

const outer = (chart: Chart): readonly string[] =>
  chart.transitions
    .filter(
      ({ source, targets: [target] }) => target !== undefined && parentOf(chart, source) !== parentOf(chart, target),
    )
    .map((transition) => `  ${wayOf(transition)}`);

const wayOf = (transition: ChartTransition): string =>
  `${nameOf(transition.source)} --> ${nameOf(transition.targets[0] ?? '')} : ${textOf(transition)}`;

/** `EVENT [guard] / actions`, without the signs that Mermaid reads as its own. */
const textOf = (transition: ChartTransition): string =>
  [
    eventText(transition),
    guardBesideEvent(transition),
    ...(transition.actions.length > 0 ? [`/ ${actionsText(transition.actions)}`] : []),
  ]
    .filter((part) => part !== '')
    .join(' ')
    .replace(/[;:#"<>]/g, ' ');

function noteOf({ id, entry, exit }: ChartState, chart: Chart): readonly string[] {
  const stays = chart.transitions.filter(({ source, targets }) => source === id && targets.length === 0);
  const lines = [
    ...(entry.length > 0 ? [`entry / ${actionsText(entry)}`] : []),
    ...(exit.length > 0 ? [`exit / ${actionsText(exit)}`] : []),
    ...stays.map(textOf),
  ];
  if (lines.length === 0) return [];
  return [`  note right of ${nameOf(id)}`, ...lines.map((line) => `    ${line}`), '  end note'];
}
