/**
 * The config of a broker: a JSON object, read and checked before anything is opened.
 *
 * 1. A field that is not known is refused by name: a misspelt one would silently do nothing.
 * 2. A secret in the file is refused before anything else, with the variable that it belongs in. Its value is never shown.
 */
import { dirname, isAbsolute, join } from 'node:path';
import type { Check } from '../../adapters/brokers/paper/check.js';
import { FillchartError } from '../../domain/reasons.js';
import { UsageError } from '../exit-codes.js';
import { readJson } from '../run/json-text.js';
import { readTextFile } from '../run/source.js';

export type Config = Readonly<Record<string, unknown>>;

/** Names of secrets, in lower case and without `_` and `-`, each with the variable of the environment that holds it. */
export type Secrets = Readonly<Record<string, string>>;

/**
 * @param given what stands there, where it has been read already
 * @throws {UsageError}
 */
export function readConfig(path: string, given?: Config): Config {
  if (given !== undefined) return given;
  const reading = readJson(readTextFile(path).replace(/^\uFEFF/, ''));
  if (!reading.ok) throw new UsageError(`${path}:${reading.line}:${reading.column}: ${reading.problem}`);
  const { value } = reading;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${path} must hold a JSON object of the broker's options.`);
  // Editors look for it; nothing else does.
  const { $schema: _schema, ...config } = value as Config;
  return config;
}

/** The config, or none where it may be left out. @throws {UsageError} for a secret, or for what the check does not accept */
export function checkedConfig(path: string | undefined, check: Check, secrets: Secrets, given?: Config): Config {
  if (path === undefined) return {};
  const config = readConfig(path, given);
  refuseSecrets(config, path, secrets);
  const problem = check.problem(config, '');
  if (problem !== undefined) throw new UsageError(`${path}: ${`${problem.path} ${problem.says}`.replace(/^[. ]/, '')}`);
  return config;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '');

function refuseSecrets(config: Config, path: string, secrets: Secrets, within = ''): void {
  for (const [name, value] of Object.entries(config)) {
    const variable = Object.hasOwn(secrets, plain(name)) ? secrets[plain(name)] : undefined;
    if (variable !== undefined)
      throw new UsageError(
        `${path}: ${within}${name} is a secret and must not be in a file; remove it, and set ${variable} in the environment.`,
      );
    if (typeof value === 'string' && hasCredentials(value))
      throw new UsageError(`${path}: ${within}${name} has a user or a password in it, and must not.`);
    if (typeof value === 'object' && value !== null) refuseSecrets(value as Config, path, secrets, `${within}${name}.`);
  }
}

function hasCredentials(text: string): boolean {
  if (!/^\w+:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

/** A file that a config names is looked for beside the config. */
export const beside = (configPath: string, path: string): string =>
  isAbsolute(path) ? path : join(dirname(configPath), path);

/** What an adapter says of its options is said of where they are from. */
export function asUsage<T>(source: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof FillchartError) throw new UsageError(`${source}: ${error.message}`);
    throw error;
  }
}
