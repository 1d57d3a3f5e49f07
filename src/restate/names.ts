/**
 * Names of the services on Restate, and the keys of those of which there is one.
 */
export const EXECUTION = 'execution';
export const GATE = 'gate';
export const SYMBOLS = 'symbols';
export const ADVISORIES = 'advisories';
export const EXITS = 'exits';
export const LEDGER = 'ledger';
export const LOG = 'log';
export const PAGES = 'pages';
export const GUARDED = 'guarded';
export const LIMITS = 'limits';
export const DIRECTORY = 'directory';
export const SWEEPS = 'sweeps';

/** Key of an object of which there is one. */
export const ALL = 'all';

/** Key of the run of an advisory: the first has its id, a repeat on purpose a number (E1). */
export const runKey = (advisoryId: string, run: number): string => (run === 1 ? advisoryId : `${advisoryId}~${run}`);
