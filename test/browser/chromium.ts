/**
 * A real browser for the tests of pages, and what every page must be free of.
 */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

export async function openChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE))
    throw new Error(`These tests need Chromium at ${EXECUTABLE} (Debian: apt-get install chromium), or CHROMIUM_PATH.`);
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args: FLAGS.split(' ') });
}

/** What axe finds that is serious or worse: one line each. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** Everything that a page asks the network for, and everything that it complains about. */
export function watched(page: Page): { readonly requests: string[]; readonly problems: string[] } {
  const requests: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') problems.push(line.text());
  });
  return { requests, problems };
}
