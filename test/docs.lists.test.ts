/**
 * Pages that list what the code has: rules, reasons, the port, what an operator does.
 *
 * 1. `docs/reasons.md` is written from the registry: `npx vitest run test/docs.lists.test.ts -u` writes it anew.
 * 2. Rule ids come from `docs/rules.md` alone; what the charts name must stand there.
 */
import { AUDIT_EVENTS, FINAL_STATUSES, KillSwitchType, type Reason, ReconciliationStatus, reasons } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { EXIT } from '../src/cli/exit-codes.js';
import { executionMachine } from '../src/machines/execution.machine.js';
import { killSwitchMachine } from '../src/machines/kill-switch.machine.js';
import { protectionMachine } from '../src/machines/protection.machine.js';
import { conformanceCases } from '../src/testing/conformance/cases.js';
import { SITUATIONS } from '../src/testing/conformance/subject.js';
import { cellsOf, matches, type Page, pages } from './docs.support.js';

const pageAt = (path: string): Page => {
  const found = pages.find((page) => page.path === path);
  if (found === undefined) throw new Error(`${path} is missing`);
  return found;
};

const firstCells = ({ prose }: Page): string[] =>
  prose.filter((line) => line.startsWith('|')).map((row) => cellsOf(row)[0] ?? '');

const RULE_ID = /^`((?:R\d(?:\.\d)?|[VSPTBKGMEAC]\d{1,2}))`$/;

const range = (letter: string, last: number): string[] => Array.from({ length: last }, (_, n) => `${letter}${n + 1}`);

const ALL_RULES = [
  ...range('R', 6),
  ...range('R1.', 3),
  ...range('V', 11),
  ...range('S', 6),
  ...range('P', 12),
  ...range('T', 5),
  ...range('R2.', 4),
  ...range('B', 7),
  ...range('K', 10),
  ...range('G', 3),
  ...range('R6.', 4),
  ...range('M', 5),
  ...range('E', 8),
  ...range('A', 9),
  ...range('C', 4),
];

const idsIn = (page: Page): string[] =>
  firstCells(page).flatMap((cell) => {
    const [, id] = RULE_ID.exec(cell) ?? [];
    return id === undefined ? [] : [id];
  });

describe('docs/rules.md', () => {
  it('has every rule once, in order', () => {
    expect(idsIn(pageAt('docs/rules.md'))).toEqual(ALL_RULES);
  });

  it('has every rule that a transition names', () => {
    const named = [executionMachine, protectionMachine, killSwitchMachine].flatMap(({ root }) => rulesOf(root));
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((id) => !ALL_RULES.includes(id))).toEqual([]);
  });

  it('enforces the six rules where the README says', () => {
    const enforced = (page: Page) =>
      page.prose
        .filter((line) => /^\| `R\d` \|/.test(line))
        .map((row) => [cellsOf(row)[0], ...matches(cellsOf(row)[2] ?? '', /`(src\/[\w./-]+)`/g)]);
    expect(enforced(pageAt('README.md'))).toEqual(enforced(pageAt('docs/rules.md')));
  });
});

/** The ids on all transitions of a state and of what is within it. */
function rulesOf(node: AnyStateNode): string[] {
  const own = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  const rules = own.flatMap(({ meta }) => (meta as { rules?: readonly string[] } | undefined)?.rules ?? []);
  return [...rules, ...Object.values<AnyStateNode>(node.states).flatMap(rulesOf)];
}

const REASON_KINDS: readonly (readonly [kind: Reason['kind'], heading: string, about: string])[] = [
  ['refusal', 'Refusals', 'No order was sent. The result is `REJECTED`, or `FAILED` when a try had been made before.'],
  ['failure', 'Failures', 'The execution ended without the approved fill: `FAILED`, `CANCELLED` or `FAILED_TIMEOUT`.'],
  ['mismatch', 'Mismatches', 'Kinds of difference in a report or a case. A person must resolve each.'],
  ['misuse', 'Misuse', 'Thrown as a `FillchartError`; never in a result.'],
  ['request', 'Requests', 'An answer of the service to a request; never in a result.'],
];

function reasonsPage(): string {
  const tables = REASON_KINDS.map(([kind, heading, about]) => {
    const rows = Object.values<Reason>(reasons)
      .filter((reason) => reason.kind === kind)
      .map(({ code, sentence, raisedIn, mayRetry }) => {
        const states = raisedIn.map((state) => `\`${state}\``).join(', ');
        return `| \`${code}\` | ${sentence} | ${states === '' ? '–' : states} | ${mayRetry ? 'yes' : 'no'} |`;
      });
    const head = '| Code | Meaning | States | A new advisory may help |\n|---|---|---|---|';
    return `## ${heading}\n\n${about}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return `${REASONS_HEAD}\n${tables.join('\n')}`;
}

const REASONS_HEAD = `# Reason codes

Every code there is. This page is written from the registry in [\`src/domain/reasons.ts\`](../src/domain/reasons.ts), and a
test compares the two. *States* are the states of the chart that can raise the code. *A new advisory may help* means that
the same idea under a new id may fare better later; the same advisory again always returns the same result.

What to do about each at night: [operating.md](operating.md).
`;

describe('docs/reasons.md', () => {
  it('is what the registry says, code by code', async () => {
    await expect(reasonsPage()).toMatchFileSnapshot('../docs/reasons.md');
  });

  it('has every code of the registry, and no other', () => {
    const listed = firstCells(pageAt('docs/reasons.md')).flatMap((cell) => matches(cell, /^`([A-Z_]+)`$/g));
    expect(listed.sort()).toEqual(Object.keys(reasons).sort());
  });
});

describe('docs/broker-adapter.md', () => {
  const page = pageAt('docs/broker-adapter.md');
  const rows = page.prose.filter((line) => line.startsWith('| `')).map(cellsOf);

  it('has every case of the conformance kit as a requirement, with its situation and its title', () => {
    const listed = rows.filter(([id = '']) => /^`BC-\d+`$/.test(id)).map(([id, needs, title]) => [id, needs, title]);
    expect(listed).toEqual(conformanceCases.map(({ id, needs, title }) => [`\`${id}\``, `\`${needs}\``, title]));
  });

  it('names no case that is not there', () => {
    const ids = conformanceCases.map(({ id }) => id);
    const named = pages.flatMap(({ text }) => matches(text, /\b(BC-\d+)\b/g));
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('tells of every situation, and counts what an ordinary sandbox is enough for', () => {
    const first = rows.map(([cell = '']) => cell.replaceAll('`', ''));
    expect(first).toEqual(expect.arrayContaining([...SITUATIONS]));
    const easy = conformanceCases.filter(({ needs }) => needs === 'any' || needs === 'fills');
    expect(page.text).toContain(`${easy.length} of the ${conformanceCases.length} cases`);
  });
});

describe('docs/operating.md', () => {
  const operating = pageAt('docs/operating.md');
  const listed = () => firstCells(operating).flatMap((cell) => matches(cell, /`([\w.]+)`/g));

  it('tells of every final status', () => {
    expect(listed()).toEqual(expect.arrayContaining([...FINAL_STATUSES]));
  });

  it('tells of every kind of case, and of every difference that a report can name', () => {
    const kinds = Object.keys(ReconciliationStatus).filter((status) => status !== 'MATCHED');
    const differences = Object.values<Reason>(reasons)
      .filter(({ kind }) => kind === 'mismatch')
      .map(({ code }) => code);
    expect(listed()).toEqual(expect.arrayContaining([...kinds, ...differences]));
  });

  it('tells of every event of the audit log', () => {
    expect(listed()).toEqual(expect.arrayContaining([...AUDIT_EVENTS]));
  });

  it('tells of every exit code, as the README does', () => {
    const codes = Object.values(EXIT).map(String).sort();
    for (const page of [operating, pageAt('README.md')])
      expect(
        firstCells(page)
          .filter((cell) => /^\d+$/.test(cell))
          .sort(),
        page.path,
      ).toEqual(codes);
  });

  it('tells of every type of kill switch', () => {
    expect(listed()).toEqual(expect.arrayContaining(Object.keys(KillSwitchType)));
  });
});
