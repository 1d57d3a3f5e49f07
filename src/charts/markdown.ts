/**
 * The chart as a page: the picture, and every word of it in tables.
 */
import { type Chart, type ChartState, type ChartTransition, stateCountOf } from './chart.js';
import { deadlinesOf, durationText } from './deadlines.js';
import { actionsText, eventName, guardText } from './notation.js';

/** @param file name of the chart's files, without extension */
export function markdownOf(chart: Chart, file: string): string {
  const { description, states, transitions } = chart;
  const deadlines = deadlinesOf(chart);
  const counts = `${stateCountOf(chart)} states, ${transitions.length} transitions`;
  return `${[
    `# ${chart.id}`,
    `${description} ${counts}.`,
    'This page and the pictures are generated from the chart that runs. Do not edit them: run `npm run diagrams`.',
    `[![${chart.id} at a glance: its top states and its endings](${file}.map.svg)](${file}.map.svg)`,
    '## Every state',
    `[![The states of ${chart.id}, and the ways between them](${file}.overview.svg)](${file}.overview.svg)`,
    '## In detail',
    READING,
    `[![${chart.id} with every transition](${file}.svg)](${file}.svg)`,
    `To print and to sign, with page references: [sheets](${file}.sheets.html) (A4 or Letter, landscape).`,
    `The same for programs: [for XState's \`createMachine\`](${file}.machine.json), [JSON](${file}.statechart.json), [SCXML](${file}.scxml), Mermaid [at a glance](${file}.mmd) and [of each state](${file}/).`,
    ...(deadlines.length === 0 ? [] : ['## Deadlines', deadlineTable(deadlines)]),
    '## States',
    table(['state', 'kind', 'purpose', 'on the way in', 'on the way out'], states.slice(1).map(stateRow)),
    '## Transitions',
    'Of the transitions of one state for one event, the first whose guard holds is taken. A state inside is asked before the state around it.',
    table(
      ['source', 'event', 'guard', 'target', 'actions', 'rules', 'why'],
      transitions.map((transition) => transitionRow(transition, chart)),
    ),
  ].join('\n\n')}\n`;
}

const READING =
  'A row in a state is a transition: `EVENT [guard] → target / actions`, and the ids of the [rules](../docs/rules.md) that it keeps. ' +
  'The numbers say in which order the guards are asked. A row without a target leaves the state as it is. ' +
  'What every substate does alike stands once, in the state around them. The arrows join neighbours; ' +
  'a small circle says that the arrow begins in a substate, or leads from a state to its own inside: the row names it exactly.';

const deadlineTable = (deadlines: ReturnType<typeof deadlinesOf>): string =>
  table(
    ['deadline', 'after', 'measured from', 'asked for by'],
    deadlines.map(([name, deadline]) => [
      code(name),
      durationText(deadline),
      deadline.from,
      code(deadline.scheduledBy),
    ]),
  );

const KINDS: Readonly<Record<ChartState['type'], string>> = {
  atomic: '',
  compound: 'with substates',
  parallel: 'parallel',
  final: 'final',
  history: 'history',
};

function stateRow({ path, type, transient, initial, description, entry, exit }: ChartState): readonly string[] {
  const begins = initial === undefined ? '' : `, begins in ${code(initial.slice(initial.lastIndexOf('.') + 1))}`;
  const kind = transient ? 'left in the same turn' : `${KINDS[type]}${begins}`;
  return [code(path), kind, description, code(actionsText(entry)), code(actionsText(exit))];
}

function transitionRow(transition: ChartTransition, chart: Chart): readonly string[] {
  const { source, order, candidates, targets, reenter, actions, rules, description } = transition;
  const pathOf = (id: string) => chart.states.find((state) => state.id === id)?.path ?? id;
  const place = candidates > 1 ? ` ${order} of ${candidates}` : '';
  const target = targets.map((id) => code(pathOf(id))).join(', ');
  return [
    code(pathOf(source) || chart.id),
    `${code(eventName(transition))}${place}`,
    code(guardText(transition).slice(1, -1)),
    target === '' ? '(stays)' : `${target}${reenter ? ' (anew)' : ''}`,
    code(actionsText(actions)),
    rules.join(' '),
    description,
  ];
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const write = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [write(titles), `|${titles.map(() => '---|').join('')}`, ...rows.map(write)].join('\n');
}
