/**
 * What Restate's SDK says in a worker, for the worker's own log. In a file of its own, so that the types of the package do not name
 * the SDK, which is optional.
 */
import type { LoggerTransport } from '@restatedev/restate-sdk';
import type { Logger } from '../domain/ports.js';

/** Audit lines, once each (A2); of Restate's own words those that are warnings or errors. */
export const logTo =
  (logger: Logger | false): LoggerTransport =>
  ({ level, source, replaying }, message, ...more) => {
    const name = String(level).toLowerCase();
    if (logger === false || !isLevel(name)) return;
    if (String(source) === 'USER') {
      const [line] = more as readonly object[];
      if (!replaying) logger[name](line ?? {}, String(message));
    } else if (name === 'warn' || name === 'error') logger[name]({ more: more.map(String) }, String(message));
  };

const isLevel = (name: string): name is keyof Logger => ['debug', 'info', 'warn', 'error'].includes(name);
