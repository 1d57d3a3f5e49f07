/**
 * The page in one file: complete, closed to the outside, and safe for whatever text a journal holds.
 */
import { describe, expect, it } from 'vitest';
import { chartBook, pictureStyle } from '../../src/charts/interactive/make-book.js';
import { packagedBook } from '../../src/charts/interactive/packaged.js';
import { chartPageHtml, jsonInHtml } from '../../src/charts/interactive/page-html.js';
import { ruleTexts } from '../../src/charts/interactive/rule-texts.js';

const assets = { script: 'const end = "</script>";', style: 'b{color:red}' };
const book = { charts: [], rules: {} };

describe('the page in one file', () => {
  it('text of a venue or an operator cannot end its data', () => {
    const nasty = '</script><script>alert(1)</script><!--\u2028';
    expect(jsonInHtml({ nasty })).not.toMatch(/[<\u2028]/);
    expect(JSON.parse(jsonInHtml({ nasty }))).toEqual({ nasty });
    const html = chartPageHtml({ title: '<b>&"x"', chart: 'execution', book, lives: [] }, assets);
    expect(html).toContain('<title>&lt;b&gt;&amp;&quot;x&quot;</title>');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
  });

  it('allows its own script by its hash, and no connection', () => {
    const html = chartPageHtml({ title: 'x', chart: 'execution', book, lives: [] }, assets);
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]{44}'/);
    expect(policy).not.toMatch(/connect-src|https?:/);
  });

  it('the package has pictures of every chart, drawn of the states and transitions that run', async () => {
    const { book: packaged, style } = await packagedBook();
    expect(packaged.charts.map(({ id }) => id)).toEqual(['execution', 'protection', 'killSwitch']);
    for (const { chart, pictures, kinds } of packaged.charts) {
      expect(Object.keys(kinds)).toHaveLength(chart.transitions.length);
      for (const svg of Object.values(pictures)) {
        expect(svg).not.toContain('<style>');
        const drawn = [...(svg ?? '').matchAll(/data-state-id="([^"]*)"/g)].map(([, id]) => id);
        expect(drawn.length).toBeGreaterThan(1);
        const known = new Set(chart.states.map(({ id }) => id));
        expect(drawn.filter((id) => !known.has(id ?? ''))).toEqual([]);
      }
      for (const { rules } of chart.transitions)
        for (const rule of rules) expect(packaged.rules[rule]?.text, rule).toBeTruthy();
    }
    expect(style).toContain('.chart-picture .box{');
    expect(style).not.toContain('@media');
    // Every rule stands below the picture, so that it colours nothing else of a page.
    for (const line of style.trim().split('\n')) expect(line).toMatch(/^(?:\[data-theme="dark"\] )?\.chart-picture /);
  }, 60_000);

  it('a level that is not drawn is left out', () => {
    const diagrams = new Map([['execution.svg', '<svg width="5" height="6"><style>a{b:c}</style></svg>']]);
    const [execution] = chartBook({ diagrams, rules: '', traceability: '' }).charts;
    expect(execution?.pictures).toEqual({ detail: '<svg></svg>' });
    expect(pictureStyle(diagrams)).toContain('.chart-picture a{b:c}');
  });
});

describe("the rules' texts", () => {
  it('come from the documents, with the tests that prove them', () => {
    const rules = '| `V1` | **Not** expired: `now` before it. | x |\n| `R1.1` | Frozen. | y |\n| Word | no rule |\n';
    const traceability =
      '## Rules\n\n| Rule | Says | Transitions | Laws | Tests |\n|---|---|---|---|---|\n| `V1` | x | `a -- B \\| C → d` | `L2` | `a.test.ts (1)`<br>`b.test.ts (2)` |\n\n## Laws\n\n| `L1` | y |\n';
    expect(ruleTexts(rules, traceability)).toEqual({
      V1: { text: 'Not expired: now before it.', tests: ['a.test.ts (1)', 'b.test.ts (2)'] },
      'R1.1': { text: 'Frozen.', tests: [] },
    });
  });
});
