/**
 * jspurefix: an optional peer, loaded when it is first needed (about 0.8 s and 150 MB).
 *
 * 1. `reflect-metadata` is loaded first, from where jspurefix itself would find it: its classes need it to be declared.
 * 2. A dictionary is parsed once in a process.
 */
import { createRequire } from 'node:module';
import { FillchartError } from '../../../domain/reasons.js';
import type { FixVersion } from './options.js';

export type FixLibrary = typeof import('jspurefix');
export type FixDictionary = InstanceType<FixLibrary['JsFixConfig']>['definitions'];

export interface LoadedFix {
  readonly library: FixLibrary;
  readonly dictionary: FixDictionary;
}

/** The version that this adapter is tested with. */
export const LIBRARY_VERSION = '5.11.4';

const DICTIONARIES: Readonly<Record<FixVersion, string>> = { 'FIX.4.2': 'qf42', 'FIX.4.4': 'qf44' };

const loaded = new Map<FixVersion, Promise<LoadedFix>>();

/** @throws {FillchartError} `INVALID_OPTION`, saying what to install */
export function loadFix(version: FixVersion): Promise<LoadedFix> {
  const known = loaded.get(version);
  if (known !== undefined) return known;
  const loading = load(version);
  loaded.set(version, loading);
  loading.catch(() => loaded.delete(version));
  return loading;
}

async function load(version: FixVersion): Promise<LoadedFix> {
  const library = requireLibrary();
  const dictionary = await new library.DefinitionFactory().getDefinitions(DICTIONARIES[version]);
  return { library, dictionary };
}

function requireLibrary(): FixLibrary {
  try {
    const here = createRequire(import.meta.url);
    createRequire(here.resolve('jspurefix'))('reflect-metadata');
    return here('jspurefix') as FixLibrary;
  } catch (error) {
    const code = (error as { code?: unknown } | undefined)?.code;
    const problem = code === 'MODULE_NOT_FOUND' ? 'is not installed' : 'cannot be loaded';
    const sentence = `The FIX library ${problem}; run: npm install jspurefix@${LIBRARY_VERSION}`;
    throw new FillchartError('INVALID_OPTION', sentence);
  }
}
