/**
 * One state that holds others as Mermaid text: its substates, and the states around it that its ways lead to.
 *
 * 1. A text for each state with substates, and for each top state. A substate with substates of its own is one box in the
 *    text around it. Together the texts hold every transition.
 * 2. Between two substates one line, with every event and guard. Lines from and to other states end at the frame, one for
 *    each target, and their words name the substate where it is not all of them: a line through the frame makes Mermaid lay
 *    out inside and outside as one, several times as wide.
 * 3. What stays in a substate stands in its box; what stays in the state itself, in the note. Actions of ways stand in the
 *    tables and in the SCXML.
 * 4. Lines of words are short: the picture is legible in the column of a page on GitHub.
 */
import { type Chart, type ChartState, type ChartTransition, isInside } from './chart.js';
import { ACROSS } from './mermaid.js';
import { brokenAt, groupedBy, plainWords, textOf } from './mermaid-words.js';
import { actionsText, deadlineText, eventName, guardBesideEvent } from './notation.js';

/** The states that have a text of their own, each with the name of its file. */
export const mermaidStates = (chart: Chart): readonly { readonly name: string; readonly state: ChartState }[] =>
  chart.states
    .slice(1)
    .filter(({ parent, children }) => parent === chart.id || children.length > 0)
    .map((state) => ({ name: state.path, state }));

export function mermaidStateOf(chart: Chart, state: ChartState): string {
  const view = new StateView(chart, state);
  return textOf([
    ...(state.children.length === 0 ? [ACROSS] : []),
    ...view.neighbours(),
    ...(state.children.length === 0 ? view.box(state, '  ') : view.frame()),
    ...view.arrivals(),
    ...view.departures(),
    ...(state.type === 'final' ? [`  ${view.nameOf(state.id)} --> [*]`] : []),
    ...view.note(),
  ]);
}

/** One way: all transitions with the same ends. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly words: readonly string[];
}

class StateView {
  readonly #chart: Chart;
  readonly #state: ChartState;
  readonly #boxes: readonly ChartState[];
  /** Of the state and of its substates; what lies deeper has a text of its own. */
  readonly #own: readonly ChartTransition[];

  constructor(chart: Chart, state: ChartState) {
    this.#chart = chart;
    this.#state = state;
    this.#boxes = chart.states.filter(({ parent }) => parent === state.id);
    this.#own = chart.transitions.filter(({ source }) => this.#isIn(source));
  }

  #isIn(id: string): boolean {
    return id === this.#state.id || isInside(this.#chart, id, this.#state.id);
  }

  /** Mermaid knows no dots in names. */
  nameOf(id: string): string {
    return id.split('.').slice(1).join('_') || id;
  }

  /** The box in which a state is drawn: the substate that is, or is around, it. */
  #boxOf(id: string): string {
    if (id === this.#state.id) return id;
    return this.#boxes.find((box) => box.id === id || isInside(this.#chart, id, box.id))?.id ?? id;
  }

  #outside(transition: ChartTransition): readonly string[] {
    return transition.targets.filter((target) => !this.#isIn(target));
  }

  #pathOf(id: string): string {
    return this.#chart.states.find((one) => one.id === id)?.path ?? id;
  }

  /** States that lead here, by the substate that they lead to; the state itself for its beginning. */
  #arriving(): ReadonlyMap<string, readonly string[]> {
    const sources = new Map<string, readonly string[]>();
    for (const { source, targets } of this.#chart.transitions) {
      if (this.#isIn(source)) continue;
      for (const target of targets.filter((id) => this.#isIn(id)).map((id) => this.#boxOf(id))) {
        const from = topPath(this.#pathOf(source), this.#state.path);
        sources.set(target, [...new Set([...(sources.get(target) ?? []), from])]);
      }
    }
    return sources;
  }

  /** The states around: those that lead to the same place in one box. */
  neighbours(): readonly string[] {
    const targets = new Set(this.#own.flatMap((transition) => this.#outside(transition)));
    const box = (words: string, name: string) => `  state "${words}" as ${name}`;
    return [
      ...[...this.#arriving()].map(([to, from]) => box(`from ${from.join(', ')}`, arrivalName(this.nameOf(to)))),
      ...[...targets].map((id) => box(this.#pathOf(id), this.nameOf(id))),
    ];
  }

  arrivals(): readonly string[] {
    return [...this.#arriving().keys()].map((target) => {
      const where = target === this.#state.id ? '' : ` : to ${keyOf(target)}`;
      return `  ${arrivalName(this.nameOf(target))} --> ${this.nameOf(this.#state.id)}${where}`;
    });
  }

  frame(): readonly string[] {
    const begin = this.#state.initial;
    const inner = this.#own.filter(
      ({ source, targets: [target] }) => target !== undefined && this.#isIn(target) && source !== this.#state.id,
    );
    const isHere = ({ source, targets: [target] }: ChartTransition) =>
      this.#boxOf(source) !== this.#boxOf(target ?? '');
    return [
      `  state "${this.#state.key}" as ${this.nameOf(this.#state.id)} {`,
      ...this.#boxes.flatMap((box) => this.box(box, '    ')),
      ...(begin === undefined ? [] : [`    [*] --> ${this.nameOf(begin)}`]),
      ...waysOf(inner.filter(isHere), ({ source, targets: [target] }) => ({
        from: this.nameOf(this.#boxOf(source)),
        to: this.nameOf(this.#boxOf(target ?? '')),
      })).map((way) => `    ${lineOf(way)}`),
      '  }',
    ];
  }

  /** A state with what it does on its way in and out, and what happens while it stays. */
  box(state: ChartState, indent: string): readonly string[] {
    const name = this.nameOf(state.id);
    const lines = state.id === this.#state.id ? [] : staysOf(this.#chart, state);
    return [`${indent}state "${state.key}" as ${name}`, ...lines.map((line) => `${indent}${name} : ${line}`)];
  }

  departures(): readonly string[] {
    const own = this.#own.filter((transition) => this.#outside(transition).length > 0);
    return [...new Set(own.flatMap((transition) => this.#outside(transition)))]
      .flatMap((target) => this.#departuresTo(target, own))
      .map((way) => `  ${lineOf(way)}`);
  }

  #departuresTo(target: string, all: readonly ChartTransition[]): readonly Way[] {
    return waysOf(
      all.filter(({ targets }) => targets.includes(target)),
      () => ({ from: this.nameOf(this.#state.id), to: this.nameOf(target) }),
      (same) => this.#whoLeaves(same),
    );
  }

  /** `(ready, calling)`, where not all substates take the line. */
  #whoLeaves(same: readonly ChartTransition[]): string {
    const boxes = [...new Set(same.map(({ source }) => this.#boxOf(source)))].filter((id) => id !== this.#state.id);
    const isAll = boxes.length === 0 || boxes.length === this.#boxes.length;
    return isAll ? '' : `(${boxes.map(keyOf).join(', ')})`;
  }

  note(): readonly string[] {
    const lines = staysOf(this.#chart, this.#state);
    if (lines.length === 0) return [];
    return [`  note left of ${this.nameOf(this.#state.id)}`, ...lines.map((line) => `    ${line}`), '  end note'];
  }
}

const keyOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);

const arrivalName = (target: string): string => `to_${target}`;

/** The name of a state as seen from another: from the root, but from the same top state as far as it differs. */
function topPath(path: string, seenFrom: string): string {
  const [top = ''] = path.split('.');
  const [own = ''] = seenFrom.split('.');
  return top === own ? path : top;
}

const WORDS_LENGTH = 24;
const STAYS_LENGTH = 34;

/** One way for each pair of ends; each event once, with its guards below. */
function waysOf(
  transitions: readonly ChartTransition[],
  endsOf: (transition: ChartTransition) => Pick<Way, 'from' | 'to'>,
  whoOf: (same: readonly ChartTransition[]) => string = () => '',
): readonly Way[] {
  const pairs = groupedBy(transitions, (one) => JSON.stringify(endsOf(one)));
  return [...pairs.values()].map((own) => {
    const [first] = own;
    const ends = first === undefined ? { from: '', to: '' } : endsOf(first);
    const words = [...groupedBy(own, (one) => `${eventName(one)} ${unbroken(deadlineText(one), ' (')}`.trim())].flatMap(
      ([event, same]) => [...brokenAt(event, WORDS_LENGTH), ...guardLines(same, whoOf)],
    );
    return { ...ends, words };
  });
}

function guardLines(
  same: readonly ChartTransition[],
  whoOf: (same: readonly ChartTransition[]) => string,
): readonly string[] {
  const byGuard = [...groupedBy(same, (one) => guardBesideEvent(one) || 'else')];
  return byGuard.flatMap(([guard, own]) => {
    const isAlone = byGuard.length === 1 && guard === 'else';
    return brokenAt(
      [isAlone ? '' : guard, unbroken(whoOf(own), '(')].filter((part) => part !== '').join(' '),
      WORDS_LENGTH,
    );
  });
}

/** A bracket of words stays on one line. */
const unbroken = (text: string, from: string): string => {
  const at = text.indexOf(from) + 1;
  return at === 0 ? text : text.slice(0, at) + text.slice(at).replaceAll(' ', NO_BREAK);
};

const NO_BREAK = '\u00a0';

const lineOf = ({ from, to, words }: Way): string => {
  const shown = words.filter((word) => word !== '').map(plainWords);
  return `${from} --> ${to}${shown.length === 0 ? '' : ` : ${shown.join('<br/>')}`}`;
};

/** What is done on the way in and out, and what happens without a way out: Mermaid draws no line from a box to its inside. */
function staysOf(chart: Chart, { id, entry, exit }: ChartState): readonly string[] {
  const isWithin = (target: string) => isInside(chart, target, id) || target === id;
  const lines = [
    ...(entry.length > 0 ? [`entry / ${actionsText(entry)}`] : []),
    ...(exit.length > 0 ? [`exit / ${actionsText(exit)}`] : []),
    ...chart.transitions
      .filter(({ source, targets }) => source === id && targets.every(isWithin))
      .map((one) => `${stayCaption(one)} / ${actionsText(one.actions)}`.replace(/ \/ $/, '')),
  ];
  return lines.flatMap((line) => brokenAt(plainWords(line), STAYS_LENGTH));
}

function stayCaption(transition: ChartTransition): string {
  const {
    source,
    targets: [target],
  } = transition;
  const where = target === source ? '(anew)' : `to ${keyOf(target ?? '')}`;
  const parts = [eventName(transition), deadlineText(transition), guardBesideEvent(transition)];
  return [...parts, target === undefined ? '' : where].filter((part) => part !== '').join(' ');
}
