/**
 * What is going to happen at the venue, by its time: a list in order of time, then of age.
 *
 * 1. It holds no timer. Whoever drives the venue asks for the next time, or looks in when something else happens.
 */
export interface Agenda {
  add(at: number, act: () => void): void;
  /** Time of the next entry. */
  readonly nextAt: number | undefined;
  /** Carries out what is due, each at its own time; what that adds is carried out too. */
  carryOut(until: number): void;
  /** The time that what happens now is dated with: that of the entry being carried out, else `undefined`. */
  readonly actingAt: number | undefined;
}

interface Entry {
  readonly at: number;
  readonly act: () => void;
}

export function agenda(): Agenda {
  const entries: Entry[] = [];
  let actingAt: number | undefined;

  return {
    add(at, act) {
      // From the end: most entries come last.
      let place = entries.length;
      while (place > 0 && (entries[place - 1]?.at ?? 0) > at) place -= 1;
      entries.splice(place, 0, { at, act });
    },
    get nextAt() {
      return entries[0]?.at;
    },
    carryOut(until) {
      if (actingAt !== undefined) return;
      for (let next = entries[0]; next !== undefined && next.at <= until; next = entries[0]) {
        entries.shift();
        actingAt = next.at;
        try {
          next.act();
        } finally {
          actingAt = undefined;
        }
      }
    },
    get actingAt() {
      return actingAt;
    },
  };
}
