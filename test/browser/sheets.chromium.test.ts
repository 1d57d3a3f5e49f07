/**
 * The printable sheets as Chromium sets them: nothing runs into the foot of a page, or over its edge.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHARTS } from '../../src/charts/diagrams.js';
import { openChromium } from './chromium.js';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
}, 60_000);
afterAll(async () => browser?.close());

/** Px between the lowest content and the foot, page by page; and how far anything reaches over the right edge. */
async function room(file: string, more = ''): Promise<readonly { readonly below: number; readonly over: number }[]> {
  const page = await browser.newPage();
  await page.emulateMedia({ media: 'print' });
  await page.goto(new URL(`../../diagrams/${file}.sheets.html`, import.meta.url).href);
  if (more !== '') await page.addStyleTag({ content: more });
  const found = await page.evaluate(() =>
    [...document.querySelectorAll('.sheet')].map((sheet) => {
      const box = sheet.getBoundingClientRect();
      const foot = sheet.querySelector('footer')?.getBoundingClientRect().top ?? box.bottom;
      const all = [...sheet.querySelectorAll('tr, td, li, p, h3, .sign')].map((one) => one.getBoundingClientRect());
      return {
        below: foot - Math.max(0, ...all.map(({ bottom }) => bottom)),
        over: Math.max(0, ...all.map(({ right }) => right)) - box.right,
      };
    }),
  );
  await page.close();
  return found;
}

it.each(CHARTS)('$file: every page holds what is on it', async ({ file }) => {
  for (const { below, over } of await room(file)) {
    expect(below).toBeGreaterThanOrEqual(0);
    expect(over).toBeLessThanOrEqual(1);
  }
});

it('and the measure finds a page that does not', async () => {
  const found = await room('execution', 'td{line-height:6mm}');
  expect(Math.min(...found.map(({ below }) => below))).toBeLessThan(0);
});

it('prints a page of paper for each sheet', async () => {
  const page = await browser.newPage();
  await page.goto(new URL('../../diagrams/kill-switch.sheets.html', import.meta.url).href);
  const sheets = await page.locator('.sheet').count();
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(sheets);
});
