/**
 * One HTML file that holds everything: the page's program, its colours and its data. It opens from disk.
 *
 * 1. Nothing is fetched, and nothing could be: the policy in its head allows no connection.
 * 2. Data of venues and operators stands in it as JSON that no markup can end.
 */
import { createHash } from 'node:crypto';
import type { ChartBook } from './book.js';
import type { Life } from './life.js';

export interface ChartPageData {
  readonly title: string;
  /** Shown first. */
  readonly chart: string;
  readonly book: ChartBook;
  readonly lives: readonly Life[];
}

export interface PageAssets {
  /** The bundled program. */
  readonly script: string;
  readonly style: string;
}

export function chartPageHtml(data: ChartPageData, { script, style }: PageAssets): string {
  const program = script.replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256Base64(program)}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(data.title)}</title>
<link rel="icon" href="data:,">
<style>${style.replaceAll('</style', '<\\/style')}</style>
</head>
<body>
<div id="app"><noscript><p>This page draws the chart with JavaScript, which is switched off.</p></noscript></div>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${program}</script>
</body>
</html>
`;
}

/** JSON in which no `<` stands as such: neither `</script` nor `<!--` can occur. */
export const jsonInHtml = (value: unknown): string =>
  JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

const sha256Base64 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64');

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
