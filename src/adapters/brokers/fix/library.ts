/**
 * jspurefix: an optional peer, loaded when it is first needed (about 0.8 s and 150 MB).
 *
 * 1. `reflect-metadata` is loaded first, from where jspurefix itself would find it: its classes need it to be declared.
 * 2. A dictionary is parsed once in a process.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { FillchartError } from '../../../domain/reasons.js';
import type { FixVersion } from './options.js';

type FixLibrary = typeof import('jspurefix');
export type FixDictionary = InstanceType<FixLibrary['JsFixConfig']>['definitions'];

export interface LoadedFix {
  readonly library: FixLibrary;
  readonly dictionary: FixDictionary;
}

/** The version that this adapter is tested with. */
const LIBRARY_VERSION = '5.11.4';

const DICTIONARIES: Readonly<Record<FixVersion, string>> = { 'FIX.4.2': 'qf42', 'FIX.4.4': 'qf44' };

const loaded = new Map<string, Promise<LoadedFix>>();

/**
 * @param dictionary a QuickFIX dictionary of one's own; the version's by default
 * @throws {FillchartError} `INVALID_OPTION`, saying what to install, or that the dictionary cannot be read
 */
export function loadFix(version: FixVersion, dictionary?: string): Promise<LoadedFix> {
  const source = dictionary === undefined ? DICTIONARIES[version] : resolve(dictionary);
  const known = loaded.get(source);
  if (known !== undefined) return known;
  const loading = load(source);
  loaded.set(source, loading);
  loading.catch(() => loaded.delete(source));
  return loading;
}

async function load(source: string): Promise<LoadedFix> {
  const library = requireLibrary();
  const dictionary = await readDictionary(library, source);
  return { library, dictionary };
}

const NEEDED = ['0', '1', '2', '3', '4', '5', 'A', '8', 'D', 'F', 'H'];

async function readDictionary(library: FixLibrary, source: string): Promise<FixDictionary> {
  const isOurs = Object.values(DICTIONARIES).includes(source);
  try {
    const read = await new library.DefinitionFactory().getDefinitions(source);
    const missing = NEEDED.find((type) => !read.message.has(type));
    if (missing !== undefined) throw new Error(`it has no message ${missing}`);
    return read;
  } catch (error) {
    if (isOurs) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new FillchartError('INVALID_OPTION', `fixBroker: dictionary ${source} cannot be used: ${why}.`);
  }
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
