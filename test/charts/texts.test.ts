/**
 * The charts as text: each format, read back by a reader of its own, says what the machine says.
 */
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Chart, type ChartTransition, isInside, readChart } from '../../src/charts/chart.js';
import { deadlinesOf } from '../../src/charts/deadlines.js';
import { stepText } from '../../src/charts/notation.js';
import { backoffMs } from '../../src/domain/limits.js';
import { hardTimeoutAt, lateWindowEndsAt } from '../../src/machines/execution.context.js';
import type { DeadlineName } from '../../src/machines/execution.facts.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
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

describe('a deadline of the SCXML', () => {
  const root = parseXml(textFile('execution.scxml'));
  const sends = allElements(root).filter(({ name }) => name === 'send');
  const script = root.children.find(({ name }) => name === 'script')?.text ?? '';
  const data = allElements(root).filter(({ name }) => name === 'data');
  const datamodel = data.map(({ attributes }) => `var ${attributes['id']} = ${attributes['expr']};`).join('');

  /** Delays in ms, of every place that asks for the deadline, at a time T and for the so-manieth repeat. */
  function delays(deadline: DeadlineName, T: number, repeat = 1): readonly number[] {
    const own = sends.filter(({ attributes }) => attributes['id'] === deadline);
    const platform = createContext({ T: () => T, repeat: () => repeat });
    runInContext(datamodel + script, platform);
    const texts = own.map(({ attributes: { delay, delayexpr } }) =>
      String(delayexpr === undefined ? delay : runInContext(delayexpr, platform)),
    );
    expect(texts.join(' ')).toMatch(/^\d+ms( \d+ms)*$/);
    return [...new Set(texts.map((text) => Number.parseInt(text, 10)))];
  }

  it('is there for each that the chart asks for', () => {
    const asked = deadlinesOf(readChart(executionMachine)).map(([name]) => name);
    expect(asked.length).toBeGreaterThan(5);
    expect(new Set(sends.map(({ attributes }) => attributes['id']))).toEqual(new Set(asked));
  });

  it.each([
    ['hardTimeout', 0, 30_000],
    ['hardTimeout', 12_345, 17_655],
    ['hardTimeout', 30_000, 0],
    ['hardTimeout', 45_000, 0],
    ['lateWindow', 30_000, 2_000],
    ['lateWindow', 31_500, 500],
    ['lateWindow', 90_000, 0],
  ] as const)('T1 T4: %s, asked for at T = %i ms, comes %i ms later, wherever it is asked for', (name, T, left) => {
    expect(delays(name, T)).toEqual([left]);
  });

  it.each(['hardTimeout', 'lateWindow'] as const)('T1: %s is at the same T as in the chart that runs', (name) => {
    const atOf = { hardTimeout: hardTimeoutAt, lateWindow: lateWindowEndsAt }[name];
    for (const T of [0, 1, 29_999, 30_000]) expect(T + Number(delays(name, T)[0])).toBe(atOf({ firstSubmitAt: 0 }));
  });

  it.each([1, 2, 3, 4, 5])('S5 T3 B2: repeat %i waits as long as in the engine', (repeat) => {
    for (const name of ['submitRetry', 'cancelRetry', 'protectionRetry'] as const)
      expect(delays(name, 1_000, repeat)).toEqual([backoffMs(repeat)]);
  });

  it('S5: no submit call is repeated after T = 30 s', () => {
    expect(delays('submitRetry', 29_900)).toEqual([100]);
  });

  it.each([
    [20_000, 10_000],
    [37_000, 10_000],
    [38_500, 8_500],
    [39_001, 10_000],
  ])('E3: reconciliation at T = %i ms has %i ms: the last look at T = 32 s is taken off', (T, left) => {
    expect(delays('reconciliation', T)).toEqual([left]);
  });

  it('B2 E3: what is measured from the question itself has its whole time', () => {
    expect([delays('validation', 0), delays('protection', 31_000)]).toEqual([[10_000], [5_000]]);
  });
});

/** The states with a text of their own: the top states, and those inside them that hold others. */
const stateTexts = ({ file, chart }: (typeof charts)[number]) =>
  chart.states
    .filter(({ parent, children }) => parent === chart.id || (parent !== undefined && children.length > 0))
    .map((state) => ({ state, text: textFile(`${file}/${state.path}.mmd`) }));

describe.each(charts)('$file.mmd', ({ file, chart }) => {
  it('is read by Mermaid, and so is the text of each state', async () => {
    for (const text of [textFile(`${file}.mmd`), ...stateTexts({ file, chart }).map((one) => one.text)])
      expect(await loadMermaid().parse(text)).toMatchObject({ diagramType: 'stateDiagram' });
  });

  it('shows every top state, and at most 25 lines between them', () => {
    const text = textFile(`${file}.mmd`);
    const lines = text.match(/ --> /g) ?? [];
    expect(lines.length).toBeLessThanOrEqual(25);
    const tops = chart.states.filter(({ parent }) => parent === chart.id);
    for (const { key } of tops) expect(text).toContain(`state "${key}" as ${key}`);
  });

  it('has each transition in the text of the state around it: on a line, in a box, or in the note', () => {
    const texts = stateTexts({ file, chart });
    for (const { id, source, event = 'always', guard, targets, actions } of chart.transitions) {
      const around = texts.filter(({ state }) => source === state.id || isInside(chart, source, state.id)).at(-1);
      const text = around?.text.replaceAll(/[\u00a0\n]|<br\/>/g, ' ') ?? '';
      const within = targets.every((target) => target === source || isInside(chart, target, source));
      const words = [event, guard === undefined ? '' : (guard.params?.['name'] ?? guard.name)].map(String);
      for (const word of words) expect(text, id).toContain(word);
      const name = (target: string) => target.split('.').slice(1).join('_');
      for (const target of within ? [] : targets) expect(text, id).toMatch(new RegExp(`--> ${name(target)}\\b`));
      // The actions of what leads nowhere else are told, too; those of a way stand in the tables.
      if (within && source !== chart.id) for (const action of actions) expect(text, id).toContain(action.name);
    }
  });
});

it('Mermaid refuses what is no diagram', async () => {
  await expect(loadMermaid().parse('stateDiagram-v2\n a --> --> b')).rejects.toThrow();
});

describe.each(charts)('$file.md', ({ file, chart }) => {
  it('shows all pictures, and has a row for every state and every transition', () => {
    const text = textFile(`${file}.md`);
    for (const level of ['.map', '.overview', '']) expect(text).toContain(`(${file}${level}.svg)`);
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
