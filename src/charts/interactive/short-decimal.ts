/**
 * Long decimals, such as an average of several fills, shortened for the eye. Pure, and free of Node.
 *
 * 1. What is short stays as it is, digit for digit; what is cut says so by an ellipsis, and is cut, not rounded.
 */
const MOST_DECIMALS = 6;
const LONGEST = 14;

export function shortDecimal(text: string): string {
  const [whole = '', decimals = ''] = text.split('.');
  if (text.length <= LONGEST || decimals.length <= MOST_DECIMALS) return text;
  return `${whole}.${decimals.slice(0, MOST_DECIMALS)}…`;
}
