/**
 * Which page of what is kept for long a number stands in.
 */
import type { LEDGER, LOG } from './names.js';

/** What is kept in pages. */
export type PagedKind = typeof LOG | typeof LEDGER | 'switches' | 'cases';

/** Numbers in a page; a row is in the page in which it begins. */
const PAGE = 500;

export const pageOf = (number: number): number => Math.floor(number / PAGE);

/** Key of a page, by its number from 0. */
export const pageKey = (kind: PagedKind, page: number): string => `${kind}-${page}`;

/** Key of the page that a number stands in. */
export const keyOf = (kind: PagedKind, number: number): string => pageKey(kind, pageOf(number));
