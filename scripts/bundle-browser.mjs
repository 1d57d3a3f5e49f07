/**
 * Bundles what runs in a browser, `src/browser/`, into a folder: one script and one style for each page.
 *
 * 1. Nothing is left to be fetched: each bundle stands alone, and a module of Node's in it is an error.
 * 2. Equal sources give equal bundles.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src/browser');

/** By name of the page: its first module, and its styles in order. */
const PAGES = {
  'chart-page': { entry: 'page/chart-page.tsx', styles: ['tokens.css', 'chart/chart.css', 'page/page.css'] },
};

/** @param {string} folder where `<page>.js` and `<page>.css` go */
export async function bundleBrowser(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, { entry, styles }] of Object.entries(PAGES)) {
    writeFileSync(join(folder, `${name}.js`), await bundled(join(source, entry)));
    const css = styles.map((path) => readFileSync(join(source, path), 'utf8')).join('\n');
    writeFileSync(join(folder, `${name}.css`), css);
  }
}

async function bundled(input) {
  const bundle = await rolldown({
    input,
    cwd: root,
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
    transform: { jsx: { runtime: 'automatic', importSource: 'preact', development: false }, target: 'es2022' },
    onLog(level, log) {
      if (level === 'warn') throw new Error(`bundle of ${input}: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, sourcemap: false });
  await bundle.close();
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error(`bundle of ${input}: more than one file`);
  return chunk.code;
}
