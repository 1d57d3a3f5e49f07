/**
 * The console on a running service, in a real browser: what an operator does all day.
 */

import type { Service } from 'fillchart/service';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../../scripts/console-demo.mjs';
import {
  activeState,
  type ConsoleFiles,
  consoleFiles,
  type DeskSetting,
  openConsole,
  rowOf,
  startDesk,
  stop,
  submit,
  tokenFor,
  tokenList,
} from './accounts.support.js';
import { openChromium, seriousFindings, watched } from './chromium.js';

let browser: Browser;
let files: ConsoleFiles;
const running: Service[] = [];

beforeAll(async () => {
  files = await consoleFiles();
  browser = await openChromium();
}, 180_000);
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(running.splice(0).map(stop));
});
afterAll(async () => {
  await browser?.close();
  files?.remove();
});

async function desk(setting?: DeskSetting) {
  const started = await startDesk(files, setting);
  running.push(started.service);
  return started;
}

const ORDER = { advisoryId: 'ADV-1', symbol: 'MSFT', positionSize: '80', referencePrice: '402.00' };
const FILLED_ORDER = { advisoryId: 'ADV-2', symbol: 'AAPL', positionSize: '150', referencePrice: '150.00' };

describe('an order', { timeout: 90_000 }, () => {
  it('is sent by the form, its states light up, and its life is replayed when it is over', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    const { problems, requests } = watched(page);
    await submit(page, FILLED_ORDER);
    await rowOf(page, 'ADV-2').waitFor();
    await expect.poll(() => activeState(page), { timeout: 20_000 }).toBe('execution.pending');
    await expect.poll(() => activeState(page), { timeout: 20_000 }).toBe('execution.done');
    await page.locator('.execution-head .tag', { hasText: 'FILLED' }).waitFor();
    await page.locator('g[data-outcome="FILLED"].is-active').waitFor();
    expect(await page.locator('.crumbs').textContent()).toBe('done');

    await page.getByRole('tab', { name: 'Result' }).click();
    await page.getByText('147.98').first().waitFor();
    await page.locator('.side tr', { hasText: 'Stop-loss' }).getByText('working').waitFor();

    // The replay: any moment of it, and back to the end.
    await page.getByLabel('Step', { exact: true }).fill('3');
    await expect.poll(() => activeState(page)).toBe('execution.submitted');
    await page.getByRole('button', { name: 'Next step' }).click();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    expect(await page.locator('.timeline .is-ahead').count()).toBeGreaterThan(0);
    await page.getByText('replay · back to the end').click();
    await expect.poll(() => activeState(page)).toBe('execution.done');
    await page.getByRole('tab', { name: 'Sequence' }).click();
    await page.getByText('Place SL 147.98 and TP 155.53 for 150').waitFor();
    expect(problems).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))).toEqual([]);
  });

  it('T1: counts down while it is open, says what may come next and why it has not, and what the form refuses', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await submit(page, { ...ORDER, positionSize: 'many' });
    await page.getByText('Accepted is a decimal such as 150.25.').waitFor();
    await page.locator('.submit-form #positionSize').fill('80');
    await page.locator('.submit-form #slOffsetPct').fill('0.02');
    await page.getByRole('button', { name: 'Send the order' }).click();
    // What the schema does not say, the service does: with its own sentence, at the field.
    await page.locator('#slOffsetPct-note.bad').waitFor();
    await page.locator('.submit-form #slOffsetPct').fill('-0.02');
    await page.getByRole('button', { name: 'Send the order' }).click();
    await rowOf(page, 'ADV-1').waitFor();
    const left = async () => Number((await page.locator('.countdown dd').textContent())?.match(/[\d.]+/)?.[0]);
    await page.locator('.countdown').waitFor();
    const first = await left();
    expect(first > 10 && first <= 30).toBe(true);
    await expect.poll(left).toBeLessThan(first);
    await page.getByRole('tab', { name: 'Next' }).click();
    await page
      .getByText(/^Due in \d/)
      .first()
      .waitFor();
    await page.getByText('Filled 0 of 80.').waitFor();
    await page.getByText('No kill switch that covers the symbol is ACTIVE.').waitFor();
  });
});

describe('kill switches', { timeout: 90_000 }, () => {
  it('K3 K6: one click and a reason stops what is pending; the release asks who, why and the scope', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await submit(page, ORDER);
    await expect.poll(() => activeState(page), { timeout: 20_000 }).toBe('execution.pending');
    await page.getByRole('button', { name: 'Engage global kill switch' }).click();
    await page.locator('dialog[open] :focus').waitFor();
    await page.keyboard.type('drill');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^GLOBAL is ACTIVE/ }).waitFor();
    await page.locator('.execution-head .tag', { hasText: 'CANCELLED' }).waitFor({ timeout: 20_000 });
    await expect.poll(() => page.title()).toMatch(/^\(1!\) Kill switch GLOBAL is ACTIVE: drill/);
    expect(await page.locator('link[rel="icon"]').getAttribute('data-kind')).toBe('urgent');

    await page.getByRole('button', { name: /^GLOBAL is ACTIVE/ }).click();
    const release = page.locator('dialog').getByRole('button', { name: 'Release GLOBAL' });
    await page.getByLabel('Who releases it').fill('ann');
    await page.getByLabel('Why').fill('drill is over');
    await page.getByLabel('Type GLOBAL to confirm').fill('global');
    expect(await release.isDisabled()).toBe(true);
    await page.getByLabel('Type GLOBAL to confirm').fill('GLOBAL');
    await release.click();
    await page.getByRole('button', { name: 'Engage global kill switch' }).waitFor();
    await expect.poll(() => page.title()).not.toMatch(/GLOBAL/);
  });

  it('K10: two accounts under one switch: both are stopped, and both take orders again', async () => {
    const { url } = await desk({ names: ['paper', 'swing'] });
    const page = await openConsole(browser, url);
    await submit(page, { ...ORDER, account: 'paper' });
    await rowOf(page, 'ADV-1').waitFor();
    await submit(page, { ...ORDER, advisoryId: 'ADV-9', account: 'swing' });
    await rowOf(page, 'ADV-9').waitFor();
    await page.getByLabel('Account', { exact: true }).first().selectOption('swing');
    await rowOf(page, 'ADV-1').waitFor({ state: 'detached' });
    await page.getByLabel('Account', { exact: true }).first().selectOption('');
    await page.getByRole('button', { name: 'Engage global kill switch' }).click();
    await page.getByText('Covers every symbol on 2 accounts (paper, swing).').waitFor();
    await page.keyboard.type('stop');
    await page.keyboard.press('Enter');
    for (const id of ['ADV-1', 'ADV-9']) await rowOf(page, id).getByText('CANCELLED').waitFor({ timeout: 20_000 });
    await submit(page, { ...FILLED_ORDER, account: 'swing' });
    await rowOf(page, 'ADV-2').getByText('REJECTED').waitFor();
  });
});

describe('every switch, what was done, and a comparison', { timeout: 90_000 }, () => {
  it('K1 K6: RISK_LIMIT as a warning lets orders proceed; the history tells who set what, and why', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await page.getByRole('button', { name: 'Set another switch …' }).click();
    await page.locator('#set-state').selectOption('WARNING');
    await page.getByText('Covers every symbol. Orders go on; the warning is recorded with each of them.').waitFor();
    await page.locator('#set-reason').fill('half of the day’s loss');
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Set RISK_LIMIT to WARNING' }).click();
    const row = page.locator('.switch-row', { hasText: 'RISK_LIMIT' });
    await row.getByText('WARNING').waitFor();
    await submit(page, FILLED_ORDER);
    await rowOf(page, 'ADV-2').getByText('FILLED').waitFor({ timeout: 20_000 });

    await page.getByRole('button', { name: 'Set another switch …' }).click();
    await page.locator('#set-type').selectOption('MANUAL');
    await page.locator('#set-target').fill('AAPL');
    await page.locator('#set-reason').fill('earnings');
    await page.getByRole('button', { name: 'Set MANUAL AAPL to ACTIVE' }).click();
    await page.locator('.switch-row', { hasText: 'MANUAL AAPL' }).getByText('ACTIVE').waitFor();
    await submit(page, { ...FILLED_ORDER, advisoryId: 'ADV-3' });
    await rowOf(page, 'ADV-3').getByText('REJECTED').waitFor({ timeout: 20_000 });

    await page.getByRole('button', { name: 'History' }).click();
    const rows = page.locator('dialog tbody tr');
    await expect.poll(() => rows.count()).toBe(2);
    expect(await rows.first().textContent()).toMatch(/MANUAL AAPL.*OFF → ACTIVE.*earnings/);
    expect(await rows.last().textContent()).toMatch(/RISK_LIMIT.*OFF → WARNING/);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Who did what' }).click();
    await page.locator('dialog tbody tr', { hasText: 'setSwitch' }).first().waitFor();
    await page.locator('dialog tbody tr', { hasText: 'ADV-3' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('M3: compares with the broker on demand, and says what it found', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await page.getByRole('button', { name: 'Limits' }).click();
    await page.getByRole('button', { name: 'Compare now' }).click();
    await page.getByText(/paper: 0 orders and 0 positions compared at .*no new case/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });
});

describe('a mismatch', { timeout: 90_000 }, () => {
  it('R6.3 M2: shows engine and broker side by side, what to do, and is resolved by a person with a reason', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await submit(page, { advisoryId: 'ADV-M', symbol: 'META', positionSize: '40', referencePrice: '610.00' });
    const card = page.locator('.case');
    await card.waitFor({ timeout: 20_000 });
    await card.getByText('Expected position 40, found 20 in broker').waitFor();
    expect(await card.locator('tr.differs').allTextContents()).toEqual([
      expect.stringMatching(/Position4020.*differs/),
    ]);
    await page.locator('.group-row', { hasText: 'Needs attention' }).waitFor();
    await card.getByRole('button', { name: 'Resolve …' }).click();
    const resolve = page.getByRole('button', { name: 'Resolve the case' });
    expect(await resolve.isDisabled()).toBe(true);
    await page.getByLabel('Who resolves it').fill('ann');
    await page.getByLabel('Reason').fill('the broker booked the rest by hand');
    await resolve.click();
    await card.waitFor({ state: 'detached' });
    await page.locator('.group-row', { hasText: 'Needs attention' }).waitFor({ state: 'detached' });
  });
});

describe('roles', { timeout: 90_000 }, () => {
  it('a token signs in; what the role may not do is shown, disabled, with the reason', async () => {
    const [viewer, trader] = [tokenFor('vera', 'viewer'), tokenFor('tom', 'trader')];
    const { url } = await desk({ options: { tokens: tokenList([viewer.stored, trader.stored]) } });
    const page = await openConsole(browser, url);
    await page.getByLabel('Token').fill('fct_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not known to the service.').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByLabel('Token').fill(viewer.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const order = page.getByRole('button', { name: 'New order' });
    await order.waitFor();
    expect(await order.getAttribute('aria-disabled')).toBe('true');
    expect(await order.getAttribute('title')).toBe('vera is a viewer; this takes a trader.');
    await order.click({ force: true });
    expect(await page.locator('dialog').count()).toBe(0);
    await page.getByRole('button', { name: /sign out/ }).click();
    await page.getByLabel('Token').fill(trader.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Stop a symbol' }).click();
    await page.locator('#engage-target').fill('AAPL');
    await page.getByLabel('Reason').fill('halt');
    await page.getByRole('button', { name: 'Engage SYMBOL_LEVEL AAPL' }).click();
    const release = page.getByRole('button', { name: 'Release SYMBOL_LEVEL AAPL' });
    await release.waitFor();
    expect(await release.getAttribute('title')).toBe('tom is a trader; this takes an operator.');
  });
});

describe('the connection', { timeout: 120_000 }, () => {
  it('says when it is lost, comes back after a restart by itself, and has missed nothing', async () => {
    const first = await desk();
    const page = await openConsole(browser, first.url);
    await submit(page, FILLED_ORDER);
    await rowOf(page, 'ADV-2').getByText('FILLED').waitFor({ timeout: 20_000 });
    const port = Number(new URL(first.url).port);
    const [account] = first.accounts;
    await stop(running.pop());
    await page.locator('.connection.bad').waitFor({ timeout: 20_000 });
    await page.getByText('what is shown may be old').waitFor();

    // The same journal and broker behind the same address; an order is sent while the page is away.
    const { createService } = await import('fillchart/service');
    if (account === undefined) throw new Error('there is no account');
    const again = createService({
      accounts: [account],
      port,
      consoleFolder: files.folder,
      logger: false,
      heartbeatMs: 400,
    });
    running.push(again);
    await again.listen();
    await again.ready();
    const body = {
      ...ORDER,
      advisoryId: 'ADV-WHILE-AWAY',
      side: 'buy',
      slOffsetPct: '-0.02',
      tpOffsetPct: '0.03',
      expirationTimestamp: '2100-01-01T00:00:00Z',
    };
    await fetch(`${first.url}/v1/executions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await page.locator('.connection.good').waitFor({ timeout: 30_000 });
    await rowOf(page, 'ADV-WHILE-AWAY').waitFor({ timeout: 20_000 });
    await rowOf(page, 'ADV-2').getByText('FILLED').waitFor();
  });
});

describe('looks', { timeout: 180_000 }, () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`axe finds nothing serious at any size, ${theme}; nothing is wider than the page`, async () => {
      const { url } = await desk();
      await playDemo(url);
      for (const [width, height] of [
        [1_024, 768],
        [1_920, 1_080],
        [390, 844],
      ] as const) {
        const page = await openConsole(browser, url, { width, height }, theme);
        await rowOf(page, 'adv-7f28').click();
        await page.locator('.case').waitFor();
        for (const tab of ['Timeline', 'Sequence', 'Next', 'Result', 'Context', 'Rules']) {
          await page.getByRole('tab', { name: tab }).click();
          expect(await seriousFindings(page), `${width} ${tab}`).toEqual([]);
        }
        await page.getByRole('button', { name: 'New order' }).click();
        expect(await seriousFindings(page), `${width} form`).toEqual([]);
        await page.keyboard.press('Escape');
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(wide, `${width}`).toBe(0);
        await page.close();
      }
    });
  }

  it('5,000 executions in the list scroll smoothly: few rows are drawn, no frame is long', async () => {
    const { url } = await desk();
    const page = await openConsole(browser, url);
    await page.route('**/v1/executions?group=finished*', async (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('cursor') ?? '0');
      const executions = Array.from({ length: 500 }, (_, index) => ({
        account: 'paper',
        advisoryId: `OLD-${at + index}`,
        clientOrderId: `fc-${at + index}`,
        symbol: 'AAPL',
        side: 'buy',
        positionSize: '100',
        status: 'FILLED',
        state: 'done',
        group: 'finished',
        needsAttention: false,
        openCases: [],
        cumQty: '100',
        startedAt: new Date(1_700_000_000_000 - (at + index) * 1_000).toISOString(),
        timeout: { elapsedSeconds: 1, timeRemainingSeconds: 29, isExpired: false },
        recorded: true,
      }));
      const nextCursor = at + 500 < 5_000 ? { nextCursor: String(at + 500) } : {};
      await route.fulfill({ json: { executions, ...nextCursor } });
    });
    await page.reload();
    await page.locator('.group-row', { hasText: '5000' }).waitFor({ timeout: 30_000 });
    const longest = await page.evaluate(async () => {
      const list = document.querySelector('.rows');
      if (list === null) throw new Error('there is no list');
      const spans: number[] = [];
      let last = performance.now();
      for (let frame = 0; frame < 60; frame += 1) {
        list.scrollTop += 4_000;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        spans.push(now - last);
        last = now;
      }
      return spans.sort((a, b) => a - b)[Math.floor(spans.length / 2)] ?? 0;
    });
    const drawn = await page.locator('.execution-row').count();
    expect(drawn).toBeGreaterThan(5);
    expect(drawn).toBeLessThan(60);
    // The list began empty: it follows the wheel all the same, to the very end.
    await page.locator('.rows').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await page.locator('.execution-row', { hasText: 'OLD-4999' }).waitFor();
    // Half of the frames take no longer than this on a busy machine without a graphics card.
    expect(longest).toBeLessThan(100);
  });
});
