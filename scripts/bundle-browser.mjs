/**
 * Bundles what runs in a browser, `src/browser/`, into a folder: one script and one style for each page.
 *
 * 1. Nothing is left to be fetched: each bundle stands alone, and a module of Node's in it is an error.
 * 2. Equal sources give equal bundles.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src/browser');

/** Of each page: its first module, and its styles in order. */
const CHART_STYLES = stylesOf('chart', ['picture', 'timeline', 'sequence', 'player', 'details']);
const CHART_PAGE = { entry: 'page/chart-page.tsx', styles: ['tokens.css', ...CHART_STYLES, 'page/page.css'] };
const CONSOLE_STYLES = stylesOf('console', [
  ...['frame', 'top-bar', 'list', 'switches', 'head', 'cases', 'chart-panel', 'dialogs', 'login'],
  'screens',
]);
const CONSOLE = { entry: 'console/main.tsx', styles: ['tokens.css', ...CHART_STYLES, ...CONSOLE_STYLES] };

function stylesOf(part, names) {
  return names.map((name) => `${part}/styles/${name}.css`);
}

/**
 * The page of one chart.
 *
 * @param {string} folder where `chart-page.js` and `chart-page.css` go
 */
export async function bundleBrowser(folder) {
  await writePage(folder, 'chart-page', CHART_PAGE);
}

/**
 * The console, with the charts that it shows.
 *
 * @param {string} folder where its files go
 * @param {{ book: object, style: string }} charts what `readBook` reads of the package
 */
export async function bundleConsole(folder, { book, style }) {
  await writePage(folder, 'console', CONSOLE);
  copyFileSync(join(source, 'console/index.html'), join(folder, 'index.html'));
  writeFileSync(join(folder, 'chart-book.json'), JSON.stringify(book));
  writeFileSync(join(folder, 'chart-book.css'), style);
}

async function writePage(folder, name, { entry, styles }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.js`), await bundled(join(source, entry)));
  writeFileSync(join(folder, `${name}.css`), styles.map((path) => readFileSync(join(source, path), 'utf8')).join('\n'));
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
