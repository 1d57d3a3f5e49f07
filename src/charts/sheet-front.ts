/**
 * The second and third page of the sheets: every way between the top states in words, and the key, where one signs.
 *
 * 1. With the map before them they are what a reviewer signs: each state, each way with its events and guards, each deadline,
 *    and the ending of each life.
 */
import { guardsOf } from './captions.js';
import { type Chart, type ChartState, type ChartTransition, stateCountOf } from './chart.js';
import { deadlinesOf, durationText } from './deadlines.js';
import { causeOf } from './kinds.js';
import { pairsOf } from './map-check.js';
import { deadlineText, eventName } from './notation.js';
import { outcomesOf } from './outcomes.js';
import { escapeXml } from './xml.js';

type PageOf = (id: string) => number;

/** Every way out of every top state, with the events and guards that lead along it. */
export function waysPage(chart: Chart, pageOf: PageOf): string {
  const tops = topsOf(chart);
  const isTop = (key: string) => tops.some((top) => top.key === key);
  const ways = pairsOf(chart);
  const blocks = tops.flatMap((top) => {
    const own = ways.filter(({ from }) => from === top.key);
    if (own.length === 0) return [];
    const items = mergedByWords(own.map(({ to, transitions }) => ({ to, words: causes(transitions) }))).map(
      ({ to, words }) => {
        const names = to.map((key) =>
          isTop(key) ? `${link(key, pageOf(`${chart.id}.${key}`))}` : `<b>${escapeXml(key)}</b>`,
        );
        return `<li><span>→ ${names.join(', ')}</span> ${words}</li>`;
      },
    );
    return [`<section><h3>${escapeXml(top.key)}</h3><ul>${items.join('')}</ul></section>`];
  });
  const lead =
    'Events in capitals, each with the guards that lead this way; a deadline by its name and its time. “else”: none of the guards before holds.';
  return `<header><h2>Every way between the states</h2><p>${lead}</p></header>\n<div class="ways">${blocks.join('\n')}</div>`;
}

const link = (key: string, page: number): string => `<a href="#p${page}"><b>${escapeXml(key)}</b>, p. ${page}</a>`;

/** Endings that are reached alike are one way. */
function mergedByWords(
  ways: readonly { readonly to: string; readonly words: string }[],
): readonly { readonly to: readonly string[]; readonly words: string }[] {
  const merged = new Map<string, string[]>();
  for (const { to, words } of ways) merged.set(words, [...(merged.get(words) ?? []), to]);
  return [...merged].map(([words, to]) => ({ to, words }));
}

function causes(transitions: readonly ChartTransition[]): string {
  const nameOf = (one: ChartTransition) => deadlineText(one) || eventName(one);
  return [...new Set(transitions.map(nameOf))]
    .map((name) => {
      const own = transitions.filter((one) => nameOf(one) === name);
      const kind = own[0] === undefined ? 'step' : causeOf(own[0]);
      const guards = guardsOf(own).filter((guard) => guard !== '');
      return `<code class="${kind}">${escapeXml(name)}</code>${guards.map((guard) => ` <code class="guard">${escapeXml(guard)}</code>`).join('')}`;
    })
    .join(' · ');
}

/** States, deadlines, endings, how to read a list; and the lines for the signature. */
export function keyPage(chart: Chart, pageOf: PageOf): string {
  const states = topsOf(chart).map((top) => [
    `<b>${escapeXml(top.key)}</b>`,
    escapeXml(top.description),
    `<a href="#p${pageOf(top.id)}">${pageOf(top.id)}</a>`,
  ]);
  const deadlines = deadlinesOf(chart).map(([name, deadline]) => [
    `<b>${name}</b>`,
    `<span class="whole">${durationText(deadline)}</span>`,
    escapeXml(deadline.from),
  ]);
  const statuses = [...new Set(chart.transitions.flatMap(outcomesIn(chart)))];
  const rules = [...new Set(chart.transitions.flatMap((one) => one.rules))].sort(byNumber);
  return `<header><h2>Key</h2><p>${escapeXml(chart.description)} ${stateCountOf(chart)} states, ${chart.transitions.length} transitions.</p></header>
<div class="key"><div>${listOf('States', ['state', 'what happens there', 'page'], states)}</div>
<div>${deadlines.length === 0 ? '' : listOf('Deadlines', ['deadline', 'after', 'measured from'], deadlines)}
${statuses.length === 0 ? '' : `<h3>A life ends as one of</h3><p>${statuses.map((status) => `<code>${status}</code>`).join(' · ')}</p>`}
<h3>Reading the lists</h3><p>A row is a transition. Of the rows of one state for one event the first whose guard holds is taken, in the order of their numbers; “else” is taken when none holds. “stays” leaves the state as it is. A state inside another is asked before the state around it.</p>
<h3>Rules kept by this chart</h3><p>${rules.join(' ')} <br>Their words are in docs/rules.md, the tests that prove them in docs/traceability.md.</p></div></div>
<div class="sign"><span>Reviewed by</span><span>Date</span><span>Signature</span></div>`;
}

const outcomesIn = (chart: Chart) => {
  const outcomes = outcomesOf(chart);
  const isFinal = (id: string) => chart.states.some((state) => state.id === id && state.type === 'final');
  return (one: ChartTransition): readonly string[] => (one.targets.some(isFinal) ? outcomes(one) : []);
};

/** `V2` before `V10`. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const topsOf = (chart: Chart): readonly ChartState[] => chart.states.filter(({ parent }) => parent === chart.id);

const listOf = (title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<h3>${title}</h3><table class="plain"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
