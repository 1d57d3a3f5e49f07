/**
 * What the picture says of a state, of a transition and of an arrow.
 *
 * 1. A state lists its transitions by event, in the order in which the machine asks them.
 * 2. A line that tells of one transition carries its id; a line that several share carries none.
 */
import { type Arrow, type Drawn, isExact } from './arrows.js';
import type { ChartState, ChartTransition } from './chart.js';
import { causeOf, kindOf } from './kinds.js';
import { actionsText, deadlineText, eventName, eventText, guardBesideEvent, guardText } from './notation.js';
import { type Block, type Line, line, type Run, run, wrapped } from './typeset.js';

/** A small state's purpose is wrapped at this width. */
const SMALL = 200;
const INDENT = 9;
/** From so many neighbours of equal target and actions on, these are written once. */
const WORTH_SHARING = 3;
/** Labels of more transitions than this name the events alone. */
const LABEL_ROWS = 3;
const LABEL_WIDTH = 170;
const GUARDS_WIDTH = 150;

/** Name, purpose, and what is done on the way in and out. */
export function headingOf(state: ChartState, limit = SMALL): readonly Line[] {
  const steps = (['entry', 'exit'] as const).flatMap((when) =>
    state[when].length === 0 ? [] : wrapped('entry', `${when} / ${actionsText(state[when])}`, limit),
  );
  return [titleOf(state), ...wrapped('about', state.description, limit), ...steps];
}

export const titleOf = (state: ChartState): Line => line([run('heading', state.key)]);

/** All transitions of a state, event by event. */
export const rowsText = (rows: readonly Drawn[], limit: number): readonly Block[] =>
  inGroups(rows, ({ transitions: [a] }, { transitions: [b] }) => a.event === b.event).flatMap((group) =>
    eventRows(group, limit),
  );

function eventRows(rows: readonly Drawn[], limit: number): readonly Block[] {
  const [only] = rows;
  if (only === undefined) return [];
  const [first] = only.transitions;
  if (rows.length === 1) return [rowOf(only, [run('event', eventText(first), causeOf(first))], 0, limit)];
  const causes = new Set(rows.map(({ transitions: [one] }) => causeOf(one)));
  const cause = causes.size === 1 ? causeOf(first) : undefined;
  const heading: Block = { lines: [line([run('event', eventName(first), cause)])], transitions: [] };
  return [heading, ...inGroups(rows, endAlike).flatMap((group) => candidateRows(group, limit))];
}

/** Candidates of one event that end alike: each guard on a line, the rest once, if that is worth it. */
function candidateRows(rows: readonly Drawn[], limit: number): readonly Block[] {
  const [first] = rows;
  if (first === undefined || rows.length < WORTH_SHARING)
    return rows.map((row) => rowOf(row, [order(row)], INDENT, limit));
  const guards = rows.map((row) => {
    const [transition] = row.transitions;
    const runs = [order(row), run('guard', guardText(transition) || 'else'), run('rule', transition.rules.join(' '))];
    return blockOf(row, [line(runs, INDENT)]);
  });
  const all = run('order', `${first.transitions[0].order}–${rows.at(-1)?.transitions[0].order}`);
  return [...guards, { lines: tailLines(first, [all], INDENT, [], limit), transitions: [] }];
}

const order = ({ transitions: [first] }: Drawn): Run => run('order', `${first.order}`);

/** Candidates stand under their event, which then is not named again. */
function rowOf(drawn: Drawn, head: readonly Run[], indent: number, limit: number): Block {
  const [first] = drawn.transitions;
  const isCandidate = indent > 0;
  const deadline = run('event', isCandidate ? deadlineText(first) : '', 'deadline');
  const guard = run('guard', guardBesideEvent(first) || (isCandidate && first.guard === undefined ? 'else' : ''));
  return blockOf(
    drawn,
    tailLines(drawn, [...head, deadline, guard], indent, [run('rule', first.rules.join(' '))], limit),
  );
}

/** `head → target / actions rules`, the actions on lines of their own when it gets too long. */
function tailLines(drawn: Drawn, head: readonly Run[], indent: number, rules: readonly Run[], limit: number): Line[] {
  const [first] = drawn.transitions;
  const target = first.targets[0];
  const name = target === undefined ? '' : nameFrom(first.source, target);
  const goes = run('go', target === undefined ? '' : `${first.reenter ? '↻' : '→'} ${name}`, kindOf(first));
  const actions = first.actions.length === 0 ? '' : `/ ${actionsText(first.actions)}`;
  const whole = line([...head, goes, run('action', actions), ...rules], indent);
  if (whole.width <= limit || actions === '') return [whole];
  return [line([...head, goes, ...rules], indent), ...wrapped('action', actions, limit, indent + INDENT)];
}

/** A neighbour by its own name, a substate by `.name`, any other from the root. */
function nameFrom(source: string, target: string): string {
  const inside = (id: string) => id.slice(0, id.lastIndexOf('.') + 1);
  if (inside(target) === `${source}.`) return target.slice(source.length);
  return inside(target) === inside(source)
    ? target.slice(inside(target).length)
    : target.slice(target.indexOf('.') + 1);
}

const blockOf = ({ transitions }: Drawn, lines: readonly Line[]): Block => ({
  lines,
  transitions: transitions.map(({ id }) => id),
});

/** What brings one along an arrow: the events, with their guards where there is room. No event, no label. */
export function labelOf(arrow: Arrow, roomy: boolean): readonly Line[] {
  const withGuards = roomy && isExact(arrow).source && arrow.drawn.length <= LABEL_ROWS;
  const transitions = arrow.drawn.map(({ transitions: [first] }) => first).filter(({ event }) => event !== undefined);
  const events = new Map(transitions.map((transition) => [eventText(transition), causeOf(transition)]));
  return [...events].flatMap(([event, cause]) => {
    const guards = transitions.filter((transition) => withGuards && eventText(transition) === event);
    return flowing(
      [run('event', event, cause), ...guards.map((one) => run('guard', guardBesideEvent(one)))],
      LABEL_WIDTH,
    );
  });
}

/** At a glance: each event once, a deadline by its own name; then the guards with which it leads along the arrow. */
export function eventsOf(arrow: Arrow, { guards }: { readonly guards: boolean }): readonly Line[] {
  const transitions = arrow.drawn.map(({ transitions: [first] }) => first);
  const nameOf = (one: ChartTransition) => deadlineText(one) || one.event || '';
  return [...new Set(transitions.map(nameOf))].flatMap((name) => {
    const own = transitions.filter((one) => nameOf(one) === name);
    const event = own.slice(0, 1).map((one) => line([run('event', name, causeOf(one))]));
    const shown = guards ? guardsOf(own) : [];
    return [
      ...(name === '' ? [] : event),
      ...flowing(
        shown.map((guard) => run('guard', guard)),
        GUARDS_WIDTH,
      ),
    ];
  });
}

/** Guards that differ in their parameter alone are one: `[isRefusedBy V1 … V9]`. */
export function guardsOf(transitions: readonly ChartTransition[]): readonly string[] {
  const texts = new Map<string, string[]>();
  for (const one of transitions) {
    const [name = '', ...parameters] = guardBesideEvent(one)
      .replace(/^\[|\]$/g, '')
      .split(' ');
    texts.set(name || (isElse(one) ? 'else' : ''), [...(texts.get(name) ?? []), parameters.join(' ')]);
  }
  return [...texts].map(([name, parameters]) => {
    if (name === '' || name === 'else') return name;
    const [first = '', ...others] = [...new Set(parameters)];
    return `[${[name, first, ...(others.length > 1 ? ['…'] : []), ...others.slice(-1)].filter((part) => part !== '').join(' ')}]`;
  });
}

/** Taken when the guards before it do not hold. */
const isElse = ({ guard, order }: ChartTransition): boolean => guard === undefined && order > 1;

/** Runs one after the other, on as few lines as the width allows. */
function flowing(runs: readonly Run[], limit: number): readonly Line[] {
  const lines: Run[][] = [];
  for (const next of runs.filter(({ text }) => text !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && line([...last, next]).width <= limit) last.push(next);
    else lines.push([next]);
  }
  return lines.map((one) => line(one));
}

function inGroups(rows: readonly Drawn[], belong: (a: Drawn, b: Drawn) => boolean): readonly (readonly Drawn[])[] {
  const groups: Drawn[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && belong(last[0], row)) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

const endAlike = ({ transitions: [a] }: Drawn, { transitions: [b] }: Drawn): boolean =>
  a.targets[0] === b.targets[0] && a.reenter === b.reenter && actionsText(a.actions) === actionsText(b.actions);
