/**
 * The chart in one HTML file, opened from disk in a real browser: explored, played, by mouse and by keyboard.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleBrowser } from '../../scripts/bundle-browser.mjs';
import { cli } from '../cli/cli.support.js';
import { openChromium, seriousFindings, watched } from './chromium.js';

const root = fileURLToPath(new URL('../../.tmp/', import.meta.url));
mkdirSync(root, { recursive: true });
const folder = mkdtempSync(join(root, 'chart-page-'));
const pages = pathToFileURL(`${folder}/`);
const chartFile = join(folder, 'chart.html');
const replayFile = join(folder, 'replay.html');
let browser: Browser;

beforeAll(async () => {
  await bundleBrowser(folder);
  browser = await openChromium();
  const journal = join(folder, 'journal.db');
  const advisory = {
    advisoryId: 'ADV-</script><b>1',
    symbol: 'AAPL',
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '100',
    expirationTimestamp: '2100-01-01T00:00:00Z',
  };
  const ran = await cli(['run', '-', '--journal', journal], { stdin: JSON.stringify(advisory) });
  expect(ran.stderr + ran.stdout).toContain('FILLED');
  const [chart, replay] = [
    await cli(['chart', '--html', '-o', chartFile], { pages }),
    await cli(['audit', 'replay', journal, advisory.advisoryId, '--html', '-o', replayFile], { pages }),
  ];
  expect([chart.exitCode, replay.exitCode], chart.stderr + replay.stderr).toEqual([0, 0]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(file: string, scheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, colorScheme: scheme });
  const seen = watched(page);
  await page.goto(pathToFileURL(file).href);
  await page.locator('.chart-picture svg').waitFor();
  return { page, ...seen };
}

const active = (page: Page) => page.locator('.chart-picture [data-state-id].is-active').getAttribute('data-state-id');

describe('fillchart chart --html', () => {
  it('opens from disk, asks the network for nothing, and complains about nothing', async () => {
    const { page, requests, problems } = await opened(chartFile);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(problems).toEqual([]);
    expect(await page.locator('.life-row').count()).toBeGreaterThan(100);
    await page.close();
  });

  it('plays a generated path: states light up one after the other, to the end', async () => {
    const { page } = await opened(chartFile);
    await page.getByRole('button', { name: 'Overview' }).click();
    await page.locator('.life-row', { hasText: 'a plain life → FILLED' }).first().click();
    await expect.poll(() => active(page)).toBe('execution.validating.judging');
    const slider = page.getByLabel('Step', { exact: true });
    const last = Number(await slider.getAttribute('max'));
    const seen: (string | null)[] = [];
    for (let step = 1; step <= last; step += 1) {
      await page.getByRole('button', { name: 'Next step' }).click();
      await expect.poll(() => slider.inputValue()).toBe(String(step));
      seen.push(await active(page));
    }
    expect(seen).toContain('execution.submitted.calling');
    expect(seen.at(-1)).toBe('execution.done');
    expect(await page.locator('.way.is-taken').count()).toBeGreaterThan(3);
    await page.getByLabel('Speed').selectOption('5');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForFunction(
      () => document.querySelector('.chart-picture .is-active')?.getAttribute('data-state-id') === 'execution.done',
    );
    await page.close();
  });

  it('a state and an arrow tell their rules, the tests that prove them, and the paths that go there', async () => {
    const { page } = await opened(chartFile);
    await page.getByRole('button', { name: 'Overview' }).click();
    await page.locator('[data-state-id="execution.pending.open"]').click();
    const details = page.locator('.details');
    await details.getByRole('heading', { name: 'pending.open' }).waitFor();
    expect(await details.locator('.rule dt').allTextContents()).toContain('T3');
    expect(await details.locator('.rule .tests').first().textContent()).toMatch(/Tests: [1-9]\d* files/);
    expect(await details.getByRole('heading', { name: /^Paths \([1-9]/ }).count()).toBe(1);
    await details.locator('.entry .link').first().click();
    expect(await details.locator('.entry').count()).toBe(1);
    await page.close();
  });

  it('the keyboard is enough: zoom, move, go from state to state, open, let go', async () => {
    const { page } = await opened(chartFile);
    const box = () => page.locator('.chart-picture svg').first().getAttribute('viewBox');
    await page.locator('.chart-picture').focus();
    const before = await box();
    await page.keyboard.press('+');
    const larger = await box();
    expect(Number(larger?.split(' ')[2])).toBeLessThan(Number(before?.split(' ')[2]));
    await page.keyboard.press('ArrowRight');
    expect(Number((await box())?.split(' ')[0])).toBeGreaterThan(Number(larger?.split(' ')[0]));
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-state-id'))).toMatch(/^execution\./);
    await page.keyboard.press('Enter');
    await page.locator('.is-picked').waitFor({ state: 'attached' });
    await page.keyboard.press('Escape');
    await page.locator('.is-picked').waitFor({ state: 'detached' });
    await page.close();
  });

  it('shows each of its buttons whole, on a screen of any width', async () => {
    const { page } = await opened(chartFile);
    for (const width of [1_440, 1_280, 1_024, 420]) {
      await page.setViewportSize({ width, height: 900 });
      const clipped = await page
        .locator('.segments')
        .evaluateAll((groups) =>
          groups.flatMap((group) =>
            [...group.querySelectorAll('button')]
              .filter((button) => button.getBoundingClientRect().right > group.getBoundingClientRect().right + 1)
              .map((button) => button.textContent),
          ),
        );
      expect(clipped, `${width} px`).toEqual([]);
    }
    await page.close();
  });

  it('zooms with the wheel and moves with the mouse, and Fit shows all again', async () => {
    const { page } = await opened(chartFile);
    const box = () => page.locator('.chart-picture svg').first().getAttribute('viewBox');
    const before = await box();
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, -400);
    await page.mouse.down();
    await page.mouse.move(800, 560, { steps: 4 });
    await page.mouse.up();
    expect(await box()).not.toBe(before);
    expect(await page.locator('.is-picked').count()).toBe(0);
    await page.getByRole('button', { name: 'Fit the whole chart' }).click();
    await expect
      .poll(async () => Number((await box())?.split(' ')[2]))
      .toBeGreaterThan(Number(before?.split(' ')[2]) * 0.5);
    await page.close();
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`axe finds nothing serious, ${scheme}`, { timeout: 60_000 }, async () => {
      const { page } = await opened(chartFile, scheme);
      expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(scheme);
      expect(await seriousFindings(page)).toEqual([]);
      await page.locator('.life-row', { hasText: 'a plain life → FILLED' }).first().click();
      for (const tab of ['Timeline', 'Sequence', 'Context', 'Next', 'Details']) {
        await page.getByRole('tab', { name: tab }).click();
        await page.getByRole('button', { name: 'Next step' }).click();
        expect(await seriousFindings(page), tab).toEqual([]);
      }
      await page.close();
    });
  }
});

describe('fillchart audit replay --html', () => {
  it('A3: shows the life at its end, and any moment of it, with times, context and broker calls', async () => {
    const { page, problems } = await opened(replayFile);
    await expect.poll(() => active(page)).toBe('execution.done');
    expect(await page.locator('h1').textContent()).toBe('Replay of ADV-</script><b>1');
    await page.getByLabel('Step', { exact: true }).fill('3');
    await expect.poll(() => active(page)).not.toBe('execution.done');
    await page.getByRole('tab', { name: 'Sequence' }).click();
    await page.getByText('Tick 0.01, lot 1').first().waitFor();
    await page.getByRole('tab', { name: 'Context' }).click();
    await page.getByText('snapshot.symbol').waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    expect(await page.locator('.timeline .when').first().textContent()).toMatch(/\d\d:\d\d:\d\d/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('the exits after the result are a life of their own, on their own chart', async () => {
    const { page } = await opened(replayFile);
    await page.getByRole('button', { name: 'Protection' }).click();
    await expect.poll(() => active(page)).toMatch(/^protection\./);
    await page.close();
  });
});
