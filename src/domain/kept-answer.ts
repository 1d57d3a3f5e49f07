/**
 * Pure functions that keep their latest answer: guards, actions and audit lines of one step ask the same question again and
 * again, of the very same values.
 *
 * 1. Values are told apart by identity, so what is asked about must not change: facts and contexts never do.
 * 2. Only the latest answer is kept. A question that throws keeps nothing.
 */

/** The function of two values, with its latest answer kept. */
export function keepingAnswer<A, B, Answer>(reckon: (a: A, b: B) => Answer): (a: A, b: B) => Answer {
  let last: { readonly a: A; readonly b: B; readonly answer: Answer } | undefined;
  return (a, b) => {
    if (last !== undefined && last.a === a && last.b === b) return last.answer;
    const answer = reckon(a, b);
    last = { a, b, answer };
    return answer;
  };
}
