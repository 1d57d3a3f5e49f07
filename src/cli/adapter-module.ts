/**
 * The module of an adapter's author: what `--adapter` names.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConformanceOptions, MakeBroker } from '../testing/conformance/subject.js';
import { UsageError } from './exit-codes.js';

interface AdapterModule {
  readonly makeBroker: MakeBroker;
  readonly conformance: Partial<ConformanceOptions>;
}

/** @throws {UsageError} for a module that cannot be loaded, or exports no such function */
export async function loadAdapter(adapter: string, name: string): Promise<AdapterModule> {
  const file = resolve(adapter);
  if (!existsSync(file)) throw new UsageError(`--adapter names ${adapter}; there is no such file.`);
  const module = await imported(file, adapter);
  const makeBroker = module[name];
  if (typeof makeBroker !== 'function') {
    const exported = Object.keys(module).join(', ') || 'nothing';
    throw new UsageError(`${adapter} exports no function ${name}; it exports ${exported}.`);
  }
  return {
    makeBroker: makeBroker as MakeBroker,
    conformance: (module['conformance'] ?? {}) as AdapterModule['conformance'],
  };
}

async function imported(file: string, adapter: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new UsageError(`${adapter} cannot be loaded: ${loadProblem(error)}`);
  }
}

/** By these Node says that it does not run TypeScript, or not here. */
const TYPESCRIPT_REFUSED = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'];

/** What Node says of `import` and `export` in a file that it takes for CommonJS. */
const MODULE_AS_COMMONJS = /^(?:Unexpected token 'export'|Cannot use import statement outside a module)/;

/** Why Node did not load an adapter, with what to do about it where that is known. */
export function loadProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError && MODULE_AS_COMMONJS.test(error.message))
    return 'it is an ES module, and Node takes it for CommonJS. Name it .mjs, or set "type": "module" in package.json.';
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !TYPESCRIPT_REFUSED.includes(code) || !/\.[cm]?tsx?\b/.test(error.message))
    return error.message;
  return `this Node (${process.version}) runs plain JavaScript only. Compile it and name the .js file, or use a Node that strips types (22.18 and later).`;
}

/** @throws {UsageError} when there is none */
export function symbolOf(adapter: string, symbol: string | undefined): string {
  if (symbol !== undefined) return symbol;
  throw new UsageError(
    `${adapter} names no symbol to trade. Give --symbol, or write in it: export const conformance = { symbol: 'AAPL' };`,
  );
}
