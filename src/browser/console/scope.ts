/**
 * Releasing a switch asks for its scope, typed: a slip of the hand opens no gate. Pure.
 */
interface ScopeOf {
  readonly type: string;
  readonly target?: string | undefined;
}

/** What must be typed. */
export const scopeText = ({ type, target }: ScopeOf): string => target ?? type;

export const isScopeTyped = (scope: ScopeOf, typed: string): boolean => typed.trim() === scopeText(scope);

export const switchTitle = ({ type, target }: ScopeOf): string => (target === undefined ? type : `${type} ${target}`);

/** What the form offers: releasing is a way of its own. */
export const SETTABLE = {
  types: ['RISK_LIMIT', 'MANUAL', 'SYMBOL_LEVEL', 'GLOBAL'],
  states: ['ACTIVE', 'WARNING'],
} as const;

/** What setting does (K1, K3, K4). */
export function effectSentence(type: string, wanted: string): string {
  if (wanted === 'WARNING') return 'Orders go on; the warning is recorded with each of them.';
  if (type === 'RISK_LIMIT') return 'New orders are refused; live orders and positions go on.';
  return 'New orders are refused, live orders are cancelled at once; positions keep their stop-loss and take-profit.';
}

/** In words, for the person who is about to do it. */
export function scopeSentence({ target }: ScopeOf, accounts: readonly string[]): string {
  const where = accounts.length > 1 ? ` on ${accounts.length} accounts (${accounts.join(', ')})` : '';
  if (target !== undefined) return `Covers ${target}${where}.`;
  return `Covers every symbol${where}.`;
}
