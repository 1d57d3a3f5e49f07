/**
 * Times as the audit commands print them.
 */

/** `2026-01-01 00:00:01.234` of ISO 8601 UTC. */
export const shownTime = (iso: string): string => iso.replace('T', ' ').replace(/Z$/, '');

/** T in seconds; nothing before the first submission. @param ms T in ms */
export const shownT = (ms: number | undefined): string => (ms === undefined ? '' : `${(ms / 1_000).toFixed(3)} s`);
