/** The fields of the options held against the dictionary, before anything is connected. */
import { fieldPlan } from './fields.js';
import { loadFix } from './library.js';
import type { FixBrokerOptions } from './options.js';
import { readSettings } from './settings.js';

/** @throws {FillchartError} `INVALID_OPTION`, naming the field and what is accepted */
export async function assertDictionary(options: FixBrokerOptions): Promise<void> {
  const settings = readSettings(options);
  const { dictionary } = await loadFix(settings.version, settings.dictionary);
  fieldPlan(settings, dictionary);
}
