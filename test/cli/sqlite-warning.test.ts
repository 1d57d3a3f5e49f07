import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { withoutSqliteWarning } from '../../src/cli/sqlite-warning.js';

test('the warning that SQLite is experimental is not shown; every other one is, by whoever showed it before', () => {
  const process = new EventEmitter();
  const shown: string[] = [];
  process.on('warning', ({ message }: Error) => shown.push(message));
  withoutSqliteWarning(process);
  const warn = (name: string, message: string) => process.emit('warning', Object.assign(new Error(message), { name }));
  warn('ExperimentalWarning', 'SQLite is an experimental feature and might change at any time');
  warn('ExperimentalWarning', 'Glob is an experimental feature');
  warn('MaxListenersExceededWarning', 'SQLite leak');
  expect(shown).toEqual(['Glob is an experimental feature', 'SQLite leak']);
});
