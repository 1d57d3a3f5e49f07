/**
 * The sheets: every transition on the page of its state, every way with the page that it leads to, legible on paper.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { SHEETS_STYLE } from '../../src/charts/sheets-style.js';
import { charts, DRAWING_TIMEOUT_MS, drawn, drawnFile } from './charts.support.js';

beforeAll(async () => void (await drawn()), DRAWING_TIMEOUT_MS);

/** Width of what A4 and Letter both print, in px. */
const PRINTED_PX = (259 / 25.4) * 96;

/** Height of a page that is left for a picture, in px. */
const PICTURE_PX = (155 / 25.4) * 96 + 1;

describe.each(charts)('the sheets of $file', ({ file, chart }) => {
  const read = async () => (await drawnFile(`${file}.sheets.html`)).split('<section class="sheet"').slice(1);

  it('list every transition once, on a page of its top state', async () => {
    const pages = await read();
    const ids = pages.flatMap((page) => [...page.matchAll(/<tr data-transition-id="([^"]+)"/g)].map(([, id]) => id));
    expect([...ids].sort()).toEqual(chart.transitions.map(({ id }) => id).sort());
    for (const page of pages.slice(1)) {
      const [, name = ''] = /<h2>([^<\s]+)/.exec(page) ?? [];
      for (const [, id = ''] of page.matchAll(/<tr data-transition-id="([^"]+)"/g))
        expect(id.slice(chart.id.length + 1).split(/[./]/)[0]).toBe(name);
    }
  });

  it('name for each way out, and each way in, the page where that state stands', async () => {
    const pages = await read();
    const stateOn = (number: number) => /<h2>([^<\s]+)/.exec(pages[number - 1] ?? '')?.[1];
    const named = pages.flatMap((page) => [...page.matchAll(/(?:→|from) ([\w.]+), p\. (\d+)/g)]);
    expect(named.length).toBeGreaterThan(5);
    for (const [text, path = '', number] of named) expect(stateOn(Number(number)), text).toBe(path.split('.')[0]);
    for (const [, link] of pages.join('').matchAll(/href="#(p\d+)"/g))
      expect(pages.join('')).toContain(` id="${link}"`);
  });

  it('hold pictures that fit the paper, none of their texts under 7 pt', async () => {
    for (const [, view, width, height] of (await read())
      .join('')
      .matchAll(/<svg viewBox="0 0 ([\d.]+) [\d.]+" width="([\d.]+)" height="([\d.]+)"/g)) {
      expect(Number(width)).toBeLessThanOrEqual(PRINTED_PX);
      expect(Number(height)).toBeLessThanOrEqual(PICTURE_PX);
      // The smallest text of a picture is 9 px; a px on paper is 0.75 pt.
      expect((9 * 0.75 * Number(width)) / Number(view)).toBeGreaterThanOrEqual(7);
    }
  });
});

it('no text of a sheet is under 7 pt, and paper is light whatever the screen is', () => {
  const sizes = [...SHEETS_STYLE.matchAll(/([\d.]+)pt/g)].map(([, size]) => Number(size));
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(7);
  expect(SHEETS_STYLE).toMatch(/@page\{size:landscape/);
  expect(SHEETS_STYLE).toMatch(/@media screen and \(prefers-color-scheme:dark\)/);
});
