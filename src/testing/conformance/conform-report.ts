/**
 * What an adapter's conformance came to, for people, programs and CI servers.
 */
import { requireOptions } from '../../domain/option-names.js';
import { invalidOption, requireList } from '../../domain/option-values.js';
import { junitXml } from '../junit.js';
import type { ConformanceReport } from './conform.js';

export const CONFORM_FORMATS = ['text', 'json', 'junit'] as const;
/** A format of the conformance report. @public @since 0.1.0 */
export type ConformFormat = (typeof CONFORM_FORMATS)[number];

const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;

/** The conformance report as text, JSON, Markdown or JUnit XML. @public @since 0.1.0 */
export function formatConformance(report: ConformanceReport, format: ConformFormat): string {
  requireOptions('formatConformance', report);
  requireList('cases of the report', report.cases, 'a list, as conformanceReport returns it');
  if (!CONFORM_FORMATS.includes(format))
    throw invalidOption('format of formatConformance', format, CONFORM_FORMATS.join(', '));
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'junit':
      return junitXml(
        `fillchart conform ${report.adapter}`,
        report.cases.map(({ id, title, incident, outcome, reason, tookMs }) => ({
          name: `${id} ${title}`,
          className: `fillchart.conform.${report.adapter}`,
          seconds: tookMs / 1_000,
          ...(outcome === 'failed' && { failure: `${reason ?? 'failed'}\nThe case stands for: ${incident}` }),
          ...(outcome === 'skipped' && { skipped: reason ?? 'skipped' }),
        })),
      );
    case 'text':
      return textReport(report);
  }
}

function textReport(report: ConformanceReport): string {
  const lines = report.cases.flatMap(({ id, title, incident, outcome, reason }) => [
    `${MARKS[outcome]} ${id} ${title}`,
    ...(reason === undefined ? [] : [`        ${reason}`]),
    `        stands for: ${incident}`,
  ]);
  return `${[...lines, '', ...conformanceSummary(report)].join('\n')}\n`;
}

/** The counts; then what was not shown, and why; then whether that is enough. */
export function conformanceSummary({ adapter, cases, ...counts }: ConformanceReport): readonly string[] {
  const { passed, failed, skipped, isProof } = counts;
  const reasons = new Map<string, string[]>();
  for (const { id, outcome, reason = 'skipped' } of cases)
    if (outcome === 'skipped') reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  const why = [...reasons].map(([reason, ids]) => `  ${String(ids.length).padStart(3)}  ${reason} (${ids.join(' ')})`);
  const ran = passed + failed;
  return [
    `${adapter}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...(skipped === 0 ? [] : [`NOT SHOWN: ${skipped} of ${cases.length} cases`, ...why]),
    ...(isProof ? [] : [`NOTHING IS PROVED: ${ran} of ${cases.length} cases ran, fewer than half`]),
  ];
}
