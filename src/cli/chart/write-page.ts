/**
 * Writes a page of the interactive chart: one HTML file that opens from disk.
 */
import { writeFileSync } from 'node:fs';
import { LayoutEngineMissingError } from '../../charts/elk.js';
import type { Life } from '../../charts/interactive/life.js';
import { PageMissingError, packagedBook, pageAssets } from '../../charts/interactive/packaged.js';
import { chartPageHtml } from '../../charts/interactive/page-html.js';
import { UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';

interface ChartPage {
  readonly title: string;
  /** Id of the chart that is shown first. */
  readonly chart: string;
  readonly lives: readonly Life[];
  /** Standard output when absent. An existing file is replaced: it holds nothing that cannot be made again. */
  readonly output: string | undefined;
}

/** @throws {UsageError} for a file that cannot be written, and for a package that lacks the page */
export async function writeChartPage({ title, chart, lives, output }: ChartPage, world: CliWorld): Promise<void> {
  const html = await pageText({ title, chart, lives }, world.pages);
  if (output === undefined) {
    world.stdout.write(html);
    return;
  }
  try {
    writeFileSync(output, html);
  } catch (error) {
    throw new UsageError(`--output: ${output} cannot be written: ${error instanceof Error ? error.message : error}.`);
  }
  const kilobytes = Math.ceil(Buffer.byteLength(html) / 1024);
  world.stderr.write(`fillchart: ${output} written (${kilobytes} kB); open it in a browser.\n`);
}

async function pageText({ title, chart, lives }: Omit<ChartPage, 'output'>, pages: URL | undefined): Promise<string> {
  try {
    const { book, style } = await packagedBook();
    const assets = pageAssets('chart-page', pages);
    return chartPageHtml({ title, chart, book, lives }, { ...assets, style: `${style}\n${assets.style}` });
  } catch (error) {
    if (error instanceof PageMissingError || error instanceof LayoutEngineMissingError)
      throw new UsageError(error.message);
    throw error;
  }
}
