/**
 * The rules' texts and the tests that prove them, read from docs/rules.md and docs/traceability.md.
 */

export interface RuleText {
  /** As docs/rules.md says it, without marks of emphasis, code and links. */
  readonly text: string;
  /** Files of tests, relative to `test/`, each with how many of its tests name the rule. */
  readonly tests: readonly string[];
}

const ROW = /^\| `([A-Z]\d{1,2}(?:\.\d)?)` \| (.*?) \|/gm;

export function ruleTexts(rules: string, traceability: string): Readonly<Record<string, RuleText>> {
  const tests = testsByRule(traceability);
  const rows = [...rules.matchAll(ROW)].map(
    ([, id = '', cell = '']) => [id, { text: plain(cell), tests: tests.get(id) ?? [] }] as const,
  );
  return Object.fromEntries(rows);
}

const plain = (cell: string): string =>
  cell
    .replaceAll(/\*\*|`/g, '')
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll('\\|', '|')
    .trim();

/** The last column of the first table. */
function testsByRule(page: string): ReadonlyMap<string, readonly string[]> {
  const section = /^## Rules\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(page)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((row) => {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const names = [...(cells[5] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      return [(cells[1] ?? '').replaceAll('`', ''), names] as const;
    }),
  );
}
