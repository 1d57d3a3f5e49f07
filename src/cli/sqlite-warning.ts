/**
 * Node.js 22 warns, when its SQLite is first used, that the module is experimental. The journal checks what it needs of it, so the
 * command keeps that one warning from the terminal. Every other warning is printed as before.
 *
 * The library leaves the warning alone: a process belongs to its program, and here the program is this command.
 */
import type { EventEmitter } from 'node:events';

export function withoutSqliteWarning(process: EventEmitter): void {
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite ')) return;
    for (const listener of listeners) listener(warning);
  });
}
