/**
 * Names of symbols, where a switch is changed for all workers: in other notations, where the broker tells them (K6, K9).
 *
 * What a worker finds is a step: another one, that goes on with the change, finds the same.
 */
import type * as restate from '@restatedev/restate-sdk';
import { type Aliases, covers } from '../domain/kill-switch.js';
import { ALL, DIRECTORY } from './names.js';
import type { DirectoryObject } from './symbols-object.js';

type Exclusive = restate.ObjectContext;

/** The notations of these symbols; asked for where a switch on a symbol could cover one. */
export async function notationsOf(
  ctx: Exclusive,
  aliases: Aliases | undefined,
  target: unknown,
  symbols: readonly string[],
): Promise<Aliases | undefined> {
  if (aliases === undefined || typeof target !== 'string' || symbols.length === 0) return undefined;
  const told = await ctx.run('notations', () =>
    Object.fromEntries(symbols.map((symbol) => [symbol, [...aliases(symbol)]])),
  );
  return (symbol) => told[symbol] ?? [];
}

/** Whether the broker knows the symbol, or an advisory has named it. What is no text is refused by the switch itself. */
export async function isNamed(ctx: Exclusive, aliases: Aliases | undefined, target: unknown): Promise<boolean> {
  if (typeof target !== 'string') return true;
  if (await ctx.run('known', () => (aliases?.(target).length ?? 0) > 0)) return true;
  const advised = await ctx.objectClient<DirectoryObject>({ name: DIRECTORY }, ALL).symbols();
  return ctx.run('advised', () => advised.some((symbol) => covers(target, symbol, aliases)));
}
