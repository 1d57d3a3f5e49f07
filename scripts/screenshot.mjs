/**
 * `npm run screenshot`: the picture of the console for the README, from the console that runs.
 *
 * 1. A service with scripted brokers is started on a free port, plays the demonstration, and is photographed while an order is
 *    partly filled. Times differ from picture to picture; nothing else does.
 *
 * `-- --theme dark --output <file> --width <px> --height <px>`; Chromium where CHROMIUM_PATH says, else /usr/bin/chromium.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { demoAccounts, playDemo } from './console-demo.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { values } = parseArgs({
  options: {
    theme: { type: 'string', default: 'light' },
    output: { type: 'string' },
    width: { type: 'string', default: '1440' },
    height: { type: 'string', default: '900' },
  },
});
const output = values.output ?? `docs/images/console${values.theme === 'dark' ? '-dark' : ''}.png`;
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  process.stderr.write(`screenshot: there is no Chromium at ${executablePath}; on Debian: apt-get install chromium.\n`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ['scripts/ensure-installed.mjs', '--build'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const [{ chromium }, { createService }, { faultBroker }, { memoryJournal, systemClock }] = await Promise.all([
  import('playwright-core'),
  import('../dist/service/index.js'),
  import('../dist/testing/index.js'),
  import('../dist/adapters/index.js'),
]);
const accounts = demoAccounts({ faultBroker, memoryJournal, clock: systemClock() });
const service = createService({ accounts, logger: false });
const url = await service.listen();
await service.ready();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
try {
  const page = await browser.newPage({
    viewport: { width: Number(values.width), height: Number(values.height) },
    colorScheme: values.theme === 'dark' ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  await playDemo(url);
  await page.goto(url);
  await page.locator('.execution-row', { hasText: 'NVDA' }).click();
  await page.locator('.timeline li', { hasText: '180 @' }).waitFor();
  await page.waitForTimeout(600);
  mkdirSync(dirname(output), { recursive: true });
  await page.screenshot({ path: output });
  process.stdout.write(`screenshot: ${output}, ${Math.ceil(statSync(output).size / 1024)} kB\n`);
} finally {
  await browser.close();
  await service.close({ drainMs: 0 });
}
