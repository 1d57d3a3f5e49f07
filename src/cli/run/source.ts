/**
 * Files and standard input as text.
 */
import { readFileSync } from 'node:fs';
import { UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';

const STDIN = '-';

/** How a source is called in messages. */
export const nameOfSource = (path: string): string => (path === STDIN ? 'stdin' : path);

/** What stands in place of a line that is not UTF-8, among others that are: no text has this character. */
export const NOT_UTF8 = '\uFFFE';

/**
 * The text of a source of advisories. One line that is not UTF-8 costs no other: it is handed on as `NOT_UTF8`.
 *
 * @throws {UsageError} naming the file and why it cannot be read
 */
export async function readSource(path: string, world: Pick<CliWorld, 'stdin'>): Promise<string> {
  return path === STDIN ? byLine(await bytesOf(world.stdin), nameOfSource(path)) : byLine(readBytes(path), path);
}

/** @throws {UsageError} naming the file and why it cannot be read */
export const readTextFile = (path: string): string => decoded(readBytes(path), path);

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
}

async function bytesOf(stream: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(typeof part === 'string' ? Buffer.from(part, 'utf8') : part);
  return Buffer.concat(parts);
}

function decoded(bytes: Uint8Array, name: string): string {
  const text = utf8(bytes);
  if (text === undefined) throw new UsageError(`${name} cannot be read: it is not UTF-8 text.`);
  return text;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

const LINE_FEED = 10;

function byLine(bytes: Uint8Array, name: string): string {
  const whole = utf8(bytes);
  if (whole !== undefined) return whole;
  const lines: string[] = [];
  for (let begin = 0; begin <= bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, begin);
    const end = found < 0 ? bytes.length : found;
    lines.push(utf8(bytes.subarray(begin, end)) ?? NOT_UTF8);
    begin = end + 1;
  }
  // Another encoding, or no text at all: no line of it is one.
  if (bytes.includes(0) || !lines.some((line) => line !== NOT_UTF8 && line.trim() !== '')) return decoded(bytes, name);
  return lines.join('\n');
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
