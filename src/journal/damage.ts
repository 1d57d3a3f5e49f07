/**
 * What in a journal is not as it was written, told apart from a journal that merely cannot be read now.
 *
 * 1. Journals and look-ups say so alike: by the code `CORRUPT`.
 */

export const damaged = (problem: string): Error => Object.assign(new Error(problem), { code: 'CORRUPT' });

export const isDamage = (error: unknown): boolean => (Object(error) as { code?: unknown }).code === 'CORRUPT';
