/** Where a session keeps what must outlive the process, and how its files are read and replaced. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixSettings } from './settings.js';

/** The session's name, as its files are called. */
export const sessionName = ({ version, senderCompId, targetCompId }: FixSettings): string =>
  fileName([version, senderCompId, targetCompId]);

/** The session's name among all of this machine. */
export const sessionNameHere = (settings: FixSettings): string =>
  fileName([
    settings.version,
    settings.senderCompId,
    settings.senderSubId ?? '',
    settings.targetCompId,
    settings.targetSubId ?? '',
    settings.host,
    String(settings.port),
  ]);

/** The folder of the locks of all sessions of this user, whether or not they have a store. */
export const sessionLocks = (): string => join(tmpdir(), `fillchart-fix-${process.getuid?.() ?? 'user'}`);

/** The path of a file of the session; its folder is made. */
export function storePath(settings: FixSettings, folder: string, ending: 'seqnums' | 'orders'): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${sessionName(settings)}.${ending}`);
}

const fileName = (parts: readonly string[]): string => parts.join('-').replace(/[^A-Za-z0-9.-]/g, '_');

/** `undefined` when there is no such file. @throws {Error} when there is one that cannot be read */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file holds either all of the new text or all of the old. */
export function replaceText(path: string, text: string): void {
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}
