/**
 * The Mermaid texts, drawn by Mermaid in Chromium as wide as the column of a page on GitHub: can they be read?
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { textsOf } from '../../src/charts/diagrams.js';
import { charts } from '../charts/charts.support.js';
import { openChromium } from './chromium.js';

/** What a README has for its text in a window of 1280 px. */
const COLUMN_PX = 830;
/** The smallest text that may stand in a picture. Mermaid itself begins with 16 px. */
const LEGIBLE_PX = 9;

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await openChromium();
  page = await browser.newPage({ viewport: { width: COLUMN_PX, height: 800 } });
  await page.setContent('<body style="margin:0"><div id="drawing"></div></body>');
  await page.addScriptTag({
    content: readFileSync(createRequire(import.meta.url).resolve('@mermaid-js/tiny'), 'utf8'),
  });
}, 60_000);

afterAll(async () => browser?.close());

/** The size of the smallest text, in px on the screen. */
const smallestText = (text: string): Promise<number> =>
  page.evaluate(async (source) => {
    const { mermaid } = globalThis as unknown as {
      mermaid: { initialize(options: object): void; render(id: string, text: string): Promise<{ svg: string }> };
    };
    mermaid.initialize({ startOnLoad: false });
    const { svg } = await mermaid.render('drawn', source);
    const drawing = document.querySelector('#drawing');
    if (drawing === null) return 0;
    drawing.innerHTML = svg;
    const picture = drawing.querySelector('svg');
    const scale = (picture?.getBoundingClientRect().width ?? 0) / (picture?.viewBox.baseVal.width ?? 1);
    const texts = [...drawing.querySelectorAll('p, span, text')].filter((one) => one.textContent?.trim() !== '');
    return scale * Math.min(...texts.map((one) => Number.parseFloat(getComputedStyle(one).fontSize)));
  }, text);

const texts = charts.flatMap(({ file, chart }) => textsOf(chart, file).filter(([name]) => name.endsWith('.mmd')));

it(`each Mermaid text is legible in a column of ${COLUMN_PX} px`, { timeout: 60_000 }, async () => {
  expect(texts.length).toBeGreaterThan(20);
  const small: string[] = [];
  for (const [name, text] of texts) {
    const size = await smallestText(text);
    // Another font than the author's may be a little wider.
    if (!(size >= LEGIBLE_PX * 0.9)) small.push(`${name}: ${size.toFixed(1)} px`);
  }
  expect(small).toEqual([]);
});

it('and the measure finds a text that is too wide', async () => {
  const chain = Array.from({ length: 20 }, (_, index) => `  s${index} --> s${index + 1} : EVENT`);
  expect(await smallestText(['stateDiagram-v2', '  direction LR', ...chain].join('\n'))).toBeLessThan(LEGIBLE_PX * 0.9);
});
