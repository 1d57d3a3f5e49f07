/**
 * The charts as text: each format, read back by a reader of its own, says what the machine says.
 */
import { describe, expect, it } from 'vitest';
import type { Chart, ChartTransition } from '../../src/charts/chart.js';
import { DEADLINES } from '../../src/charts/deadlines.js';
import { actionsText, stepText } from '../../src/charts/notation.js';
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../../src/domain/limits.js';
import { allElements, charts, loadMermaid, parseXml, textFile, type XmlElement } from './charts.support.js';

describe.each(charts)('$file.statechart.json', ({ file, chart }) => {
  it('holds the whole chart', () => {
    const { id, description, states, transitions } = JSON.parse(textFile(`${file}.statechart.json`)) as Chart;
    expect({ id, description, states, transitions }).toEqual(JSON.parse(JSON.stringify(chart)));
  });
});

describe.each(charts)('$file.scxml', ({ file, chart }) => {
  it('reads back to the same states, nested and begun alike', () => {
    const read = statesOf(parseXml(textFile(`${file}.scxml`)));
    const wanted = chart.states.map(({ id, parent, initial, type }) => ({
      id,
      parent,
      initial,
      final: type === 'final',
    }));
    expect(read).toEqual(wanted);
  });

  it('reads back to the same transitions, with guards, actions and rules', () => {
    const read = transitionsOf(parseXml(textFile(`${file}.scxml`)), chart.id);
    expect(read).toEqual(chart.transitions.map(spelled));
  });
});

it('the SCXML has the delays that run (T1)', async () => {
  const sends = allElements(parseXml(textFile('execution.scxml'))).filter(({ name }) => name === 'send');
  const delays = new Map(sends.map(({ attributes }) => [attributes['id'], attributes['delay']]));
  expect(delays.get('hardTimeout')).toBe(`${HARD_TIMEOUT_MS}ms`);
  expect(delays.get('lateWindow')).toBe(`${HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS}ms`);
  expect(delays.size).toBe(Object.keys(DEADLINES).length);
});

describe.each(charts)('$file.mmd', ({ file, chart }) => {
  it('is read by Mermaid', async () => {
    expect(await loadMermaid().parse(textFile(`${file}.mmd`))).toMatchObject({
      diagramType: 'stateDiagram',
    });
  });

  it('has a line for every state and every transition', () => {
    const text = textFile(`${file}.mmd`);
    const stays = chart.transitions.filter(({ targets }) => targets.length === 0);
    expect(text.match(/^ *state "/gm)).toHaveLength(chart.states.length - 1);
    expect(text.match(/ --> \w+ : /g)).toHaveLength(chart.transitions.length - stays.length);
    for (const { event, actions } of stays) expect(text).toMatch(new RegExp(`${event}.*/ ${actionsText(actions)}`));
  });
});

it('Mermaid refuses what is no diagram', async () => {
  await expect(loadMermaid().parse('stateDiagram-v2\n a --> --> b')).rejects.toThrow();
});

describe.each(charts)('$file.md', ({ file, chart }) => {
  it('shows both pictures, and has a row for every state and every transition', () => {
    const text = textFile(`${file}.md`);
    expect(text).toContain(`(${file}.overview.svg)`);
    expect(text).toContain(`(${file}.svg)`);
    const [, states = '', transitions = ''] = text.split(/^## (?:States|Transitions)$/m);
    expect(states.match(/^\| `/gm)).toHaveLength(chart.states.length - 1);
    expect(transitions.match(/^\| `/gm)).toHaveLength(chart.transitions.length);
    for (const { description, rules } of chart.transitions)
      expect(transitions).toContain(`| ${rules.join(' ')} | ${description} |`);
  });
});

// ── Reading SCXML ─────────────────────────────────────────────────────────────────────────────────────────────────

const STATES = ['scxml', 'state', 'final', 'parallel'];

const idOf = ({ name, attributes }: XmlElement): string => attributes[name === 'scxml' ? 'name' : 'id'] ?? '';

function statesOf(element: XmlElement, parent?: string): readonly unknown[] {
  if (!STATES.includes(element.name)) return [];
  const { name, attributes, children } = element;
  const own = { id: idOf(element), parent, initial: attributes['initial'], final: name === 'final' };
  return [own, ...children.flatMap((child) => statesOf(child, own.id))];
}

const transitionsOf = (element: XmlElement, root: string): readonly unknown[] => {
  const own = element.children.filter(({ name }) => name === 'transition');
  return [
    ...own.map(({ attributes, children }) => ({
      source: idOf(element),
      event: attributes['event'],
      cond: attributes['cond'],
      targets: attributes['target']?.split(' ') ?? [],
      actions: children.map((action) => action.attributes['fc:action'] ?? action.text),
      rules: attributes['fc:rules']?.split(' ') ?? [],
      description: attributes['fc:description'] ?? '',
    })),
    ...element.children.filter(({ name }) => STATES.includes(name)).flatMap((child) => transitionsOf(child, root)),
  ];
};

/** A transition of the chart, as the SCXML spells it. */
function spelled({ source, event, guard, targets, actions, rules, description }: ChartTransition): unknown {
  const call = (text: string) => {
    const [name, ...values] = text.split(' ');
    return `${name}(${values.map((value) => `'${value}'`).join(', ')})`;
  };
  return {
    source,
    event,
    cond: guard && call(stepText(guard)),
    targets,
    actions: actions.map((step) => (step.name.startsWith('schedule') ? step.name : call(stepText(step)))),
    rules,
    description,
  };
}
