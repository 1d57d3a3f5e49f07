/**
 * The chart as SCXML, the W3C's notation, for tools that read it.
 *
 * 1. Every state and every transition is in it, in the order of the chart; ids are the chart's.
 * 2. Guards and actions are calls by name, which the platform supplies. The rest is the project's own attributes (`fc:`).
 * 3. An action that asks for a deadline is a `<send>` with the delay that runs; `fc:from` says what it is measured from.
 *    What is measured from the first submit call (T) waits for what is left of it, wherever it is asked for (T1, T4).
 */
import { LAST_LOOK_MS } from '../domain/limits.js';
import { type Chart, type ChartState, type ChartTransition, isInside, type Json, type Step } from './chart.js';
import { DEADLINES, type DeadlineName, deadlineScheduledBy, deadlinesOf, durationText } from './deadlines.js';
import { comment, element, escapeXml } from './xml.js';

const NAMESPACE = 'http://www.w3.org/2005/07/scxml';
/** A name, not an address: nothing is there. */
const OWN_NAMESPACE = 'urn:fillchart:statechart';
const STEP = '  ';

export function scxmlOf(chart: Chart): string {
  const [root] = chart.states;
  if (root === undefined) throw new TypeError(`the chart ${chart.id} has no state`);
  // What the root does itself has no place in <scxml>: it is then a state in it.
  const rootActs =
    root.entry.length + root.exit.length > 0 || chart.transitions.some(({ source }) => source === root.id);
  const states = rootActs ? [root] : chart.states.filter(({ parent }) => parent === root.id);
  const attributes = {
    xmlns: NAMESPACE,
    'xmlns:fc': OWN_NAMESPACE,
    version: '1.0',
    name: chart.id,
    datamodel: 'ecmascript',
    initial: rootActs ? root.id : root.initial,
    'fc:description': chart.description,
  };
  const content = [...dataOf(chart), ...states.flatMap((state) => stateOf(state, chart))];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${nested('scxml', attributes, content).join('\n')}\n`;
}

type Attributes = Parameters<typeof element>[1];

/** An element around lines; on one line when there is nothing in it. */
function nested(name: string, attributes: Attributes, lines: readonly string[]): readonly string[] {
  const empty = element(name, attributes);
  if (lines.length === 0) return [empty];
  return [empty.replace(/\/>$/, '>'), ...lines.map((line) => STEP + line), `</${name}>`];
}

/** The limits that run, in milliseconds, by name. */
function dataOf(chart: Chart): readonly string[] {
  const data = deadlinesOf(chart).flatMap(([name, deadline]) => [
    comment(`${name}: ${durationText(deadline)} after ${deadline.from}`),
    element('data', { id: `${name}Ms`, expr: deadline.ms }),
    ...(deadline.greatestMs === undefined
      ? []
      : [element('data', { id: `${name}GreatestMs`, expr: deadline.greatestMs })]),
  ]);
  if (data.length === 0) return [];
  const isOfT = deadlinesOf(chart).some(([, deadline]) => deadline.isOfT === true);
  const look = [
    comment('the longest last look at T = 32 s, which is taken off the time to reconcile'),
    element('data', { id: 'lastLookMs', expr: LAST_LOOK_MS }),
  ];
  const script = isOfT ? DELAYS : REPEATS;
  return [
    ...nested('datamodel', {}, [...data, ...(isOfT ? look : [])]),
    ...nested('script', {}, script.map(escapeXml)),
  ];
}

const BACKOFF =
  'function backoff(name, firstMs, greatestMs) { return Math.min(greatestMs, firstMs * Math.pow(2, repeat(name) - 1)); }';

/** What the delays are worked out with. The platform supplies the two functions that these call. */
const DELAYS = [
  '// T(), supplied: ms since the first submit call began; 0 before. repeat(name), supplied: its number, from 1.',
  'function until(ms) { return Math.max(0, ms - T()); }',
  BACKOFF,
  'function lastLook() {',
  '  var ms = T() - lateWindowMs - protectionMs;',
  '  return ms > 0 && ms <= lastLookMs ? ms : 0;',
  '}',
];

/** The same, for a chart that knows no T. */
const REPEATS = ['// repeat(name), supplied: its number, from 1.', BACKOFF];

/** The delay of a deadline, asked for now: a time, or an expression for one. */
function delayOf(name: DeadlineName): { readonly delay: string } | { readonly delayexpr: string } {
  const { ms, greatestMs, isOfT } = DEADLINES[name];
  const wait = `backoff('${name}', ${name}Ms, ${name}GreatestMs)`;
  if (name === 'submitRetry') return { delayexpr: `Math.min(${wait}, until(hardTimeoutMs)) + 'ms'` };
  if (name === 'reconciliation') return { delayexpr: `reconciliationMs - lastLook() + 'ms'` };
  if (greatestMs !== undefined) return { delayexpr: `${wait} + 'ms'` };
  return isOfT === true ? { delayexpr: `until(${name}Ms) + 'ms'` } : { delay: `${ms}ms` };
}

function stateOf(state: ChartState, chart: Chart): readonly string[] {
  const name = ({ final: 'final', parallel: 'parallel', history: 'history' } as const)[state.type as string] ?? 'state';
  const own = chart.transitions.filter(({ source }) => source === state.id);
  return nested(name, { id: state.id, initial: state.initial, 'fc:description': state.description || undefined }, [
    ...(state.entry.length > 0 ? nested('onentry', {}, state.entry.flatMap(actionOf)) : []),
    ...(state.exit.length > 0 ? nested('onexit', {}, state.exit.flatMap(actionOf)) : []),
    ...own.flatMap((transition) => transitionOf(transition, chart)),
    ...chart.states.filter(({ parent }) => parent === state.id).flatMap((child) => stateOf(child, chart)),
  ]);
}

function transitionOf(transition: ChartTransition, chart: Chart): readonly string[] {
  const { event, guard, targets, reenter, source, actions, rules, description } = transition;
  const staysInside = targets.length > 0 && targets.every((target) => isInside(chart, target, source)) && !reenter;
  const attributes = {
    event,
    cond: guard === undefined ? undefined : callOf(guard),
    target: targets.length === 0 ? undefined : targets.join(' '),
    type: staysInside ? 'internal' : undefined,
    'fc:rules': rules.length === 0 ? undefined : rules.join(' '),
    'fc:description': description || undefined,
  };
  return nested('transition', attributes, actions.flatMap(actionOf));
}

/** `decide('FAILED', 'BROKER_REJECTED')` */
const callOf = ({ name, params }: Step): string =>
  `${name}(${Object.values(params ?? {})
    .map(literal)
    .join(', ')})`;

const literal = (value: Json): string =>
  typeof value === 'string' ? `'${value.replace(/['\\]/g, (sign) => `\\${sign}`)}'` : JSON.stringify(value);

function actionOf(step: Step): readonly string[] {
  const name = deadlineScheduledBy(step);
  if (name === undefined) return [element('script', {}, callOf(step))];
  const attributes = {
    id: name,
    event: 'DEADLINE',
    ...delayOf(name),
    'fc:action': step.name,
    'fc:from': DEADLINES[name].from,
  };
  return nested('send', attributes, [element('param', { name: 'name', expr: `'${name}'` })]);
}
