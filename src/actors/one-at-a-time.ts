/**
 * Facts are taken one after the other: what one sets off while it is under way waits until it is done. Every host owes its
 * chart that.
 */
export function oneAtATime<Fact>(take: (fact: Fact) => void): (fact: Fact) => void {
  const waiting: Fact[] = [];
  let isTaking = false;
  return (fact) => {
    waiting.push(fact);
    if (isTaking) return;
    isTaking = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) take(next);
    } finally {
      isTaking = false;
    }
  };
}
