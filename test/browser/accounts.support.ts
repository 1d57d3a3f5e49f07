/**
 * A running service with scripted brokers and its console, for tests in a browser.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { memoryJournal, systemClock } from 'fillchart/adapters';
import {
  createService,
  newToken,
  type Role,
  type Service,
  type ServiceOptions,
  tokenHash,
  tokenList,
} from 'fillchart/service';
import { faultBroker, type OrderScript } from 'fillchart/testing';
import type { Browser, Page } from 'playwright-core';
import { bundleConsole } from '../../scripts/bundle-browser.mjs';
import { demoAccounts } from '../../scripts/console-demo.mjs';
import { readBook } from '../../src/charts/interactive/packaged.js';

const ROOT = new URL('../../', import.meta.url);

export interface ConsoleFiles {
  readonly folder: string;
  remove(): void;
}

/** The console, bundled from the sources. */
export async function consoleFiles(): Promise<ConsoleFiles> {
  const parent = fileURLToPath(new URL('.tmp/', ROOT));
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'console-'));
  await bundleConsole(folder, await readBook(pathToFileURL(fileURLToPath(ROOT))));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface DeskSetting {
  readonly names?: readonly string[];
  readonly script?: (symbol: string) => OrderScript | undefined;
  readonly options?: Partial<ServiceOptions>;
}

const HEARTBEAT_MS = 400;

export async function startDesk(files: ConsoleFiles, { names = ['paper'], script, options }: DeskSetting = {}) {
  const accounts = demoAccounts({
    faultBroker,
    memoryJournal,
    clock: systemClock(),
    names,
    ...(script !== undefined && { script }),
  });
  const service = createService({
    accounts,
    ...(names.length > 1 && { killSwitchJournal: memoryJournal() }),
    consoleFolder: files.folder,
    logger: false,
    heartbeatMs: HEARTBEAT_MS,
    ...options,
  });
  const url = await service.listen();
  await service.ready();
  return { service, url, accounts };
}

export const stop = (service: Service | undefined): Promise<void> | undefined => service?.close({ drainMs: 0 });

export const tokenFor = (name: string, role: Role) => {
  const token = newToken();
  return { token, stored: { name, role, hash: tokenHash(token) } };
};
export { tokenList };

export async function openConsole(
  browser: Browser,
  url: string,
  size = { width: 1_440, height: 900 },
  theme: 'light' | 'dark' = 'light',
): Promise<Page> {
  const page = await browser.newPage({ viewport: size, colorScheme: theme });
  await page.goto(url);
  return page;
}

export const rowOf = (page: Page, text: string) => page.locator('.execution-row', { hasText: text });
export const activeState = (page: Page) =>
  page.locator('.chart-picture g[data-state-id].is-active').getAttribute('data-state-id');

/** Fills the form of a new order, and sends it. */
export async function submit(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  await page.getByRole('button', { name: 'New order' }).click();
  for (const [name, value] of Object.entries(fields)) {
    const input = page.locator(`.submit-form #${name}`);
    if (name === 'side' || name === 'account') await input.selectOption(value);
    else await input.fill(value);
  }
  await page.getByRole('button', { name: 'Send the order' }).click();
}
