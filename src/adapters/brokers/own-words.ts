/**
 * What a word of a venue is in an adapter's own words. A name that every object has, such as `constructor`, is in no table.
 */
export const inOwnWords = <Own>(table: Readonly<Record<string, Own>>, word: string): Own | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;
