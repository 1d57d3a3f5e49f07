/**
 * What orders that were over have done since is told to the others in the symbol (R6.2).
 */
import type * as restate from '@restatedev/restate-sdk';
import type { NewCase } from '../actors/cases.js';
import { SYMBOLS } from './names.js';
import type { SymbolsObject } from './symbols-object.js';

export function tellMoved(ctx: restate.Context, { symbol, moved }: Pick<NewCase, 'symbol' | 'moved'>): void {
  if (moved !== undefined) ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol).moveSinceEnd(moved);
}
