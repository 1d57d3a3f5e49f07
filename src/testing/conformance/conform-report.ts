/**
 * What an adapter's conformance came to, for people, programs and CI servers.
 */
import { junitXml } from '../junit.js';
import type { ConformanceReport } from './conform.js';

export const CONFORM_FORMATS = ['text', 'json', 'junit'] as const;
export type ConformFormat = (typeof CONFORM_FORMATS)[number];

const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;

export function formatConformance(report: ConformanceReport, format: ConformFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'junit':
      return junitXml(
        `fillchart conform ${report.adapter}`,
        report.cases.map(({ id, title, outcome, reason }) => ({
          name: `${id} ${title}`,
          className: `fillchart.conform.${report.adapter}`,
          seconds: 0,
          ...(outcome === 'failed' && { failure: reason ?? 'failed' }),
          ...(outcome === 'skipped' && { skipped: reason ?? 'skipped' }),
        })),
      );
    case 'text':
      return textReport(report);
  }
}

function textReport({ adapter, cases, passed, failed, skipped }: ConformanceReport): string {
  const lines = cases.flatMap(({ id, title, outcome, reason }) => [
    `${MARKS[outcome]} ${id} ${title}`,
    ...(reason === undefined ? [] : [`        ${reason}`]),
  ]);
  return `${[...lines, '', `${adapter}: ${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')}\n`;
}
