/**
 * JUnit XML, in the part of it that every CI server reads.
 */

interface JUnitCase {
  readonly name: string;
  readonly className: string;
  readonly seconds: number;
  /** Why it failed. */
  readonly failure?: string;
  /** Why it was not run. */
  readonly skipped?: string;
}

export function junitXml(suite: string, cases: readonly JUnitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0).toFixed(3);
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escaped(suite)}" ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts}>`,
    ...cases.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseXml({ name, className, seconds, failure, skipped }: JUnitCase): string {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(className)}" time="${seconds.toFixed(3)}"`;
  if (failure !== undefined) {
    const [first = ''] = failure.split('\n');
    return `${head}><failure message="${escaped(first)}">${escaped(failure)}</failure></testcase>`;
  }
  return skipped === undefined ? `${head}/>` : `${head}><skipped message="${escaped(skipped)}"/></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Not allowed in XML 1.0, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const escaped = (text: string): string =>
  text.replace(FORBIDDEN, '\u{fffd}').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
