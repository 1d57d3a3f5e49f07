/**
 * What the Mermaid texts share: how a text begins, and words without the signs that Mermaid reads as its own.
 */

export const textOf = (lines: readonly string[]): string => `${['stateDiagram-v2', ...lines].join('\n')}\n`;

export const plainWords = (text: string): string => text.replace(/[;:#"<>|]/g, ' ');

/** Broken at spaces into lines of about this length. */
export function brokenAt(text: string, length: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= length) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** By what `keyOf` says of each, in the order of the first. */
export function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}
