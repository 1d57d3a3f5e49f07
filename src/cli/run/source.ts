/**
 * Files and standard input as text.
 */
import { readFileSync } from 'node:fs';
import { UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';

export const STDIN = '-';

/** How a source is called in messages. */
export const nameOfSource = (path: string): string => (path === STDIN ? 'stdin' : path);

/** @throws {UsageError} naming the file and why it cannot be read */
export async function readSource(path: string, world: Pick<CliWorld, 'stdin'>): Promise<string> {
  return path === STDIN ? decoded(await bytesOf(world.stdin), nameOfSource(path)) : readTextFile(path);
}

/** @throws {UsageError} naming the file and why it cannot be read */
export function readTextFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
  return decoded(bytes, path);
}

async function bytesOf(stream: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(typeof part === 'string' ? Buffer.from(part, 'utf8') : part);
  return Buffer.concat(parts);
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new UsageError(`${name} cannot be read: it is not UTF-8 text.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
