/**
 * Results as text and as Markdown. A figure shows its median and, when it was measured more than once, its ends.
 */

/** Three digits that count; thousands apart. */
export function number(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1_000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
  return String(Number(value.toPrecision(size < 1 ? 2 : 3)));
}

export function cell(figure) {
  if (figure === undefined) return '';
  const { median, least, most, samples } = figure;
  const [shown, from, to] = [median, least, most].map(number);
  return samples.length < 2 || from === to ? shown : `${shown} (${from}–${to})`;
}

const columnsOf = (rows) => [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];

function gridOf({ rows, of }) {
  const columns = columnsOf(rows);
  return [
    [of, ...columns],
    ...rows.map(({ name, figures }) => [name, ...columns.map((column) => cell(figures[column]))]),
  ];
}

export function textTable(result) {
  const grid = gridOf(result);
  const widths = grid[0].map((_, column) => Math.max(...grid.map((row) => row[column].length)));
  const line = (row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join('  ');
  const [head, ...body] = grid.map(line);
  return [head, '-'.repeat(head.length), ...body].map((text) => `  ${text.trimEnd()}`).join('\n');
}

export function markdownTable(result) {
  const [head, ...body] = gridOf(result);
  const line = (row) => `| ${row.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...body.map(line)].join('\n');
}
