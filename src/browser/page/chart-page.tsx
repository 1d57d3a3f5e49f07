/**
 * The page of `fillchart chart --html` and `fillchart audit replay --html`: everything in one file.
 */
import { render } from 'preact';
import type { ChartPageData } from '../../charts/interactive/page-html.js';
import { beginTheme } from '../theme.js';
import { ChartPage } from './chart-page-view.js';

const text = document.getElementById('data')?.textContent ?? '{}';
const root = document.getElementById('app');
beginTheme();
if (root !== null) {
  root.replaceChildren();
  render(<ChartPage data={JSON.parse(text) as ChartPageData} />, root);
}
