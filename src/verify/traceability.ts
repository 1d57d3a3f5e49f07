/**
 * From each rule to the transitions and laws that keep it and to the tests that prove it, and back.
 *
 * 1. Rules are the rows of docs/rules.md that begin with an id. An id that stands anywhere else must be one of them.
 * 2. A rule is kept by a transition, a law, or, where neither can, by a module that is named here with the reason.
 * 3. A test proves a rule when its name carries the id: at its beginning, or in brackets.
 *
 * Pure: files come in as text, and the page goes out as text.
 */
import type { Law } from '../domain/laws.js';
import type { ChartEdge } from './transitions.js';

export interface TraceInput {
  /** docs/rules.md. */
  readonly rulesText: string;
  readonly charts: readonly { readonly name: string; readonly edges: readonly ChartEdge[] }[];
  readonly laws: readonly Law[];
  readonly keptBy: Readonly<Record<string, KeptBy>>;
  /** Each test file with the strings in it that may name rules. */
  readonly tests: readonly { readonly path: string; readonly names: readonly string[] }[];
}

/** A rule that no transition carries. */
export interface KeptBy {
  readonly module: string;
  readonly because: string;
}

interface Trace {
  readonly page: string;
  /** One sentence each; none when every rule is kept and proved, and every id is a rule's. */
  readonly problems: readonly string[];
}

/** Whatever looks like the id of a rule, so that one that no rule has is seen. Laws are `L…`, and are no rules. */
const ID = '[A-KM-Z]\\d{1,2}(?:\\.\\d)?';
/** One id, or a range such as V2–V6. */
const ITEM = `(?:${ID})(?:–(?:${ID}))?`;
const IDS = `${ITEM}(?:(?:, | · | |,)${ITEM})*`;
const LEADING = new RegExp(`^(?:vector \\d+ )?(${IDS})(?=:|,? [^=≤≥<>]|$)`);
const BRACKETED = new RegExp(`[[(](${IDS})[\\])]`, 'g');
const LAW = /^(L\d+)\b|[[( ](L\d+)[\]), ]/g;

/**
 * Cases from outside that tests are named by: inputs that once failed. Their numbers go on where those of the rules end;
 * X1 … X12 are the laws that every adapter is judged by.
 */
const CASE = /^(?:A[1-4]\d|B(?:[89]|1\d)|C(?:[5-9]|1\d)|X(?:[1-9]|1[0-2]))$/;
const isNoCase = (id: string): boolean => !CASE.test(id);

const isPrinciple = (id: string): boolean => /^R\d$/.test(id);

interface Rule {
  readonly id: string;
  readonly gist: string;
}

export function rulesIn(text: string): readonly Rule[] {
  return [...text.matchAll(new RegExp(`^\\| \`(${ID})\` \\| (.*?) \\|`, 'gm'))].map(([, id = '', cell = '']) => ({
    id,
    gist: firstSentence(cell),
  }));
}

const firstSentence = (cell: string): string =>
  (cell.replaceAll('**', '').split(/(?<=[.:]) /, 1)[0] ?? cell).replace(/:$/, ' …');

/** What the table of the six principles says of one: the modules that enforce it, and the rules that it unfolds into. */
interface Unfolding {
  readonly modules: readonly string[];
  readonly unfolds: readonly string[];
}

function unfoldingOf(text: string, id: string): Unfolding {
  const row = text.split('\n').find((line) => line.startsWith(`| \`${id}\` |`)) ?? '';
  const [enforced = '', unfolds = ''] = row.split(' | ').slice(2);
  return {
    modules: [...enforced.matchAll(/`(src\/[\w./-]+)`/g)].map(([, path = '']) => path),
    unfolds: [...unfolds.matchAll(/`([A-Z]\d[\d.]*)`/g)].map(([, rule = '']) => rule),
  };
}

/** The rules that the name of a test carries. */
export function rulesOfName(name: string): readonly string[] {
  const leading = LEADING.exec(name)?.[1] ?? '';
  const bracketed = [...name.matchAll(BRACKETED)].map(([, ids = '']) => ids);
  return [leading, ...bracketed].flatMap((ids) => ids.match(new RegExp(ITEM, 'g')) ?? []).flatMap(idsOf);
}

function idsOf(item: string): readonly string[] {
  const [first = '', last] = item.split('–');
  if (last === undefined) return [first];
  const [stem, from, to] = [first.slice(0, -1), Number(first.at(-1)), Number(last.at(-1))];
  return Array.from({ length: to - from + 1 }, (_, index) => `${stem}${from + index}`);
}

export function trace(input: TraceInput): Trace {
  const rules = rulesIn(input.rulesText);
  const known = new Set(rules.map(({ id }) => id));
  const edges = input.charts.flatMap(({ name, edges: own }) => own.map((edge) => ({ chart: name, edge })));
  const tests = input.tests
    .map(({ path, names }) => ({
      path,
      named: names.map((name) => ({ name, rules: rulesOfName(name) })).filter((test) => test.rules.length > 0),
      ids: new Set(names.flatMap(rulesOfName)),
      laws: new Set(names.flatMap(lawsOfName)),
    }))
    .filter(({ ids, laws }) => ids.size + laws.size > 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const rows = rules
    .filter(({ id }) => !isPrinciple(id))
    .map((rule) => ({
      ...rule,
      edges: edges.filter(({ edge }) => edge.rules.includes(rule.id)),
      laws: input.laws.filter((law) => law.rules.includes(rule.id)),
      keptBy: input.keptBy[rule.id],
      tests: tests
        .filter(({ ids }) => ids.has(rule.id))
        .map((file) => ({ path: file.path, count: countOf(file, rule.id) })),
    }));
  const principles = rules
    .filter(({ id }) => isPrinciple(id))
    .map((rule) => principleOf(rule, unfoldingOf(input.rulesText, rule.id), { rows, tests }));
  const problems = [
    ...principles.filter(({ tests: own }) => own.length === 0).map(({ id }) => `${id} is in the name of no test`),
    ...principles.flatMap(({ id, unsaid }) =>
      unsaid.map((module) => `${id} is kept by ${module}, and its row does not say so`),
    ),
    ...rows.filter(isKeptByNothing).map(({ id }) => `${id} is kept by no transition, no law and no module`),
    ...rows.filter((row) => row.tests.length === 0).map(({ id }) => `${id} is in the name of no test`),
    ...edges.flatMap(({ edge }) => strangers(edge.rules, known, edge.name)),
    ...edges.filter(({ edge }) => edge.rules.length === 0).map(({ edge }) => `${edge.name} names no rule`),
    ...input.laws.flatMap((law) => strangers(law.rules, known, law.id)),
    ...strangers(Object.keys(input.keptBy), known, 'the list of modules'),
    ...tests.flatMap(({ path, ids }) => strangers([...ids].filter(isNoCase), known, path)),
  ];
  return { page: pageOf({ principles, rows, edges, laws: input.laws, tests }), problems };
}

function lawsOfName(name: string): readonly string[] {
  return [...name.matchAll(LAW)].flatMap(([, leading, inside]) => leading ?? inside ?? []);
}

interface Row extends Rule {
  readonly edges: readonly NamedEdge[];
  readonly laws: readonly Law[];
  readonly keptBy: KeptBy | undefined;
  /** The files with tests of it, and how many each has. */
  readonly tests: readonly { readonly path: string; readonly count: number }[];
}

/** A principle, with all that its rules have. */
interface Principle extends Rule {
  readonly unfolds: readonly string[];
  readonly edges: readonly NamedEdge[];
  readonly laws: readonly Law[];
  readonly modules: readonly string[];
  /** Modules that keep one of its rules, and that its row does not name. */
  readonly unsaid: readonly string[];
  readonly tests: readonly string[];
}

/** The modules are those of its row in the rules, which the README repeats; what keeps one of its rules must be among them. */
function principleOf(
  rule: Rule,
  { modules, unfolds }: Unfolding,
  { rows, tests }: { readonly rows: readonly Row[]; readonly tests: readonly TracedTest[] },
): Principle {
  const own = rows.filter(({ id }) => unfolds.includes(id));
  const ids = [rule.id, ...own.map(({ id }) => id)];
  const keeping = own.flatMap(({ keptBy }) => (keptBy === undefined ? [] : [keptBy.module]));
  return {
    ...rule,
    unfolds: own.map(({ id }) => id),
    edges: [...new Set(own.flatMap(({ edges }) => edges))],
    laws: [...new Set(own.flatMap(({ laws }) => laws))],
    modules,
    unsaid: [...new Set(keeping)].filter((module) => !modules.includes(module)),
    tests: tests.filter((test) => ids.some((id) => test.ids.has(id))).map(({ path }) => path),
  };
}

const principleCells = ({ id, gist, unfolds, edges, laws, modules, tests }: Principle): readonly string[] => [
  code(id),
  gist,
  codes(unfolds),
  String(edges.length),
  [...laws.map((law) => law.id), ...modules].map(code).join(' '),
  files(tests.map(shortened)),
];

interface NamedEdge {
  readonly chart: string;
  readonly edge: ChartEdge;
}

/** A file of tests. */
interface TracedTest {
  readonly path: string;
  /** Its names that carry rules: of a test, a group of tests, or a line in a table of them. */
  readonly named: readonly { readonly name: string; readonly rules: readonly string[] }[];
  readonly ids: ReadonlySet<string>;
  readonly laws: ReadonlySet<string>;
}

const countOf = ({ named }: TracedTest, id: string): number => named.filter(({ rules }) => rules.includes(id)).length;

const isKeptByNothing = ({ edges, laws, keptBy }: Row): boolean =>
  edges.length === 0 && laws.length === 0 && keptBy === undefined;

const strangers = (ids: readonly string[], known: ReadonlySet<string>, where: string): readonly string[] =>
  ids.filter((id) => !known.has(id)).map((id) => `${where} names ${id}, which is no rule`);

const HEAD = `# Traceability

For each rule of [rules.md](rules.md): what keeps it and what proves it. Then the reverse. Generated from the charts,
the laws and the titles of the tests by \`npm run traceability\`; do not edit.
Paths of tests are relative to \`test/\`; the number after a file counts its tests that name the rule.
`;

interface Page {
  readonly principles: readonly Principle[];
  readonly rows: readonly Row[];
  readonly edges: readonly NamedEdge[];
  readonly laws: readonly Law[];
  readonly tests: readonly TracedTest[];
}

function pageOf({ principles, rows, edges, laws, tests }: Page): string {
  return [
    HEAD,
    '## The six principles\n',
    table(['Rule', 'Says', 'Details', 'Transitions', 'Laws and modules', 'Tests'], principles.map(principleCells)),
    '\n## Rules\n',
    table(['Rule', 'Says', 'Transitions', 'Laws', 'Tests'], rows.map(ruleCells)),
    '\n## What no transition can carry\n',
    table(
      ['Rule', 'Kept by', 'Because'],
      rows.flatMap(({ id, keptBy }) => (keptBy === undefined ? [] : [[code(id), code(keptBy.module), keptBy.because]])),
    ),
    '\n## Transitions\n',
    table(
      ['Chart', 'Transition', 'Rules'],
      edges.map(({ chart, edge }) => [chart, code(edge.name), codes(edge.rules)]),
    ),
    '\n## Laws\n',
    table(
      ['Law', 'Says', 'Rules', 'Tests'],
      laws.map(({ id, sentence, rules }) => [
        code(id),
        sentence,
        codes(rules),
        files(tests.filter((test) => test.laws.has(id)).map(({ path }) => shortened(path))),
      ]),
    ),
    '\n## Tests\n',
    table(
      ['File', 'Test, or group of tests', 'Rules'],
      tests.flatMap(({ path, named }) =>
        named.map(({ name, rules }) => [code(shortened(path)), prose(name), codes(inOrder(rows, new Set(rules)))]),
      ),
    ),
    '',
  ].join('\n');
}

const ruleCells = ({ id, gist, edges, laws, tests }: Row): readonly string[] => [
  code(id),
  gist,
  edges.map(({ edge }) => code(edge.name)).join('<br>'),
  codes(laws.map((law) => law.id)),
  files(tests.map(({ path, count }) => `${shortened(path)} (${count})`)),
];

const inOrder = (rows: readonly Row[], ids: ReadonlySet<string>): readonly string[] =>
  rows.map(({ id }) => id).filter((id) => ids.has(id));

const code = (text: string): string => `\`${text}\``;
const codes = (texts: readonly string[]): string => texts.map(code).join(' ');
const files = (texts: readonly string[]): string => texts.map(code).join('<br>');
const shortened = (path: string): string => path.replace(/^test\//, '');

const IDS_ONLY = new RegExp(`^${IDS}$`);

/** The name of a test as plain text of a page. */
const prose = (name: string): string =>
  (IDS_ONLY.test(name) ? 'a line in a table of tests' : name)
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/([*_`[\]])/g, '\\$1');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
