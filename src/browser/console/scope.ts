/**
 * Releasing a switch asks for its scope, typed: a slip of the hand opens no gate. Pure.
 */
export interface ScopeOf {
  readonly type: string;
  readonly target?: string | undefined;
}

/** What must be typed. */
export const scopeText = ({ type, target }: ScopeOf): string => target ?? type;

export const isScopeTyped = (scope: ScopeOf, typed: string): boolean => typed.trim() === scopeText(scope);

export const switchTitle = ({ type, target }: ScopeOf): string => (target === undefined ? type : `${type} ${target}`);

/** In words, for the person who is about to do it. */
export function scopeSentence({ target }: ScopeOf, accounts: readonly string[]): string {
  const where = accounts.length > 1 ? ` on ${accounts.length} accounts (${accounts.join(', ')})` : '';
  if (target !== undefined) return `Covers ${target}${where}.`;
  return `Covers every symbol${where}.`;
}
