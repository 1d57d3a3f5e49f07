/**
 * The sheets: every transition under its state, every way with the page that it leads to, legible on paper.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { deadlinesOf } from '../../src/charts/deadlines.js';
import { pairsOf } from '../../src/charts/map-check.js';
import { deadlineText } from '../../src/charts/notation.js';
import { SHEETS_STYLE } from '../../src/charts/sheets-style.js';
import { charts, DRAWING_TIMEOUT_MS, drawn, drawnFile } from './charts.support.js';

beforeAll(async () => void (await drawn()), DRAWING_TIMEOUT_MS);

/** Width of what A4 and Letter both print, in px. */
const PRINTED_PX = (259 / 25.4) * 96;

/** Height of a page that is left for a picture, in px. */
const PICTURE_PX = (155 / 25.4) * 96 + 1;

describe.each(charts)('the sheets of $file', ({ file, chart }) => {
  const read = async () => (await drawnFile(`${file}.sheets.html`)).split('<section class="sheet"').slice(1);
  /** The states of a page, each with what stands below its name. */
  const statesOn = (page: string) =>
    page
      .split('<section class="state">')
      .slice(1)
      .map((text) => ({ name: /<h2>([^<\s]+)/.exec(text)?.[1], begins: !text.includes('continued</small>'), text }));
  const tops = chart.states.filter(({ parent }) => parent === chart.id).map(({ key }) => key);

  it('list every transition once, under its top state', async () => {
    const states = (await read()).flatMap(statesOn);
    const idsIn = (text: string) => [...text.matchAll(/<tr data-transition-id="([^"]+)"/g)].map(([, id = '']) => id);
    expect(states.flatMap(({ text }) => idsIn(text)).sort()).toEqual(chart.transitions.map(({ id }) => id).sort());
    for (const { name, text } of states)
      for (const id of idsIn(text)) expect(id.slice(chart.id.length + 1).split(/[./]/)[0]).toBe(name);
    expect(states.filter(({ begins }) => begins).map(({ name }) => name)).toEqual(tops);
  });

  it('name for each way out, and each way in, the page where that state begins', async () => {
    const pages = await read();
    const beginOn = (number: number) =>
      statesOn(pages[number - 1] ?? '').flatMap(({ name, begins }) => (begins ? [name] : []));
    const named = pages.flatMap((page) => [...page.matchAll(/(?:→|from) ([\w.]+), p\. (\d+)/g)]);
    expect(named.length).toBeGreaterThan(5);
    for (const [text, path = '', number] of named) expect(beginOn(Number(number)), text).toContain(path.split('.')[0]);
    for (const [, link] of pages.join('').matchAll(/href="#(p\d+)"/g))
      expect(pages.join('')).toContain(` id="${link}"`);
  });

  it('begin with what a reviewer signs: the map, every way between the states, and the key', async () => {
    const [map = '', ways = '', key = ''] = await read();
    expect(map).toContain('<div class="map"><svg');
    for (const { from, to, transitions } of pairsOf(chart)) {
      const block = ways.split('<section>').find((text) => text.startsWith(`<h3>${from}</h3>`)) ?? '';
      expect(block, `${from} → ${to}`).toMatch(new RegExp(`→[^:]*<b>${to}</b>`));
      for (const one of transitions) expect(block).toContain(deadlineText(one) || one.event || 'always');
    }
    for (const state of tops) expect(key).toContain(`<b>${state}</b>`);
    for (const [name] of deadlinesOf(chart)) expect(key).toContain(`<b>${name}</b>`);
    for (const rule of new Set(chart.transitions.flatMap(({ rules }) => rules))) expect(key).toContain(rule);
    expect(key).toMatch(/Reviewed by.*Date.*Signature/);
  });

  it('hold pictures that fit the paper, none of their texts under 7 pt', async () => {
    for (const [, view, width, height] of (await read())
      .filter((page) => !page.includes('class="overview"'))
      .join('')
      .matchAll(/<svg viewBox="0 0 ([\d.]+) [\d.]+" width="([\d.]+)" height="([\d.]+)"/g)) {
      expect(Number(width)).toBeLessThanOrEqual(PRINTED_PX);
      expect(Number(height)).toBeLessThanOrEqual(PICTURE_PX);
      // The smallest text of a picture is 9 px; a px on paper is 0.75 pt.
      expect((9 * 0.75 * Number(width)) / Number(view)).toBeGreaterThanOrEqual(7);
    }
  });

  it('have an overview on one page: every state that is not final, its inside, its ways, no text under 6 pt', async () => {
    const pages = (await read()).filter((page) => page.includes('class="overview"'));
    const hasInsides = chart.states.some(({ parent, children }) => parent === chart.id && children.length > 0);
    expect(pages.length).toBe(hasInsides ? 1 : 0);
    const cells = pages.flatMap((page) => page.split('<section style').slice(1));
    const nameOf = (cell: string) => /<h3><a[^>]*>([^<]+)/.exec(cell)?.[1];
    const states = chart.states.filter(({ parent, type }) => parent === chart.id && type !== 'final');
    expect(cells.map(nameOf)).toEqual(hasInsides ? states.map(({ key }) => key) : []);
    for (const cell of cells) {
      const own = states.find(({ key }) => key === nameOf(cell));
      for (const { id } of chart.states.filter(({ parent }) => parent === own?.id))
        expect(cell).toContain(`data-state-id="${id}"`);
      for (const { from, to } of pairsOf(chart)) if (from === own?.key) expect(cell).toContain(`>${to}</`);
    }
    for (const [, view, width] of pages.join('').matchAll(/<svg viewBox="0 0 ([\d.]+) [\d.]+" width="([\d.]+)"/g))
      expect((9 * 0.75 * Number(width)) / Number(view)).toBeGreaterThanOrEqual(5.999);
  });
});

it('no text of a sheet is under 7 pt, and paper is light whatever the screen is', () => {
  const sizes = [...SHEETS_STYLE.matchAll(/([\d.]+)pt/g)].map(([, size]) => Number(size));
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(7);
  expect(SHEETS_STYLE).toMatch(/@page\{size:landscape/);
  expect(SHEETS_STYLE).toMatch(/@media screen and \(prefers-color-scheme:dark\)/);
});
