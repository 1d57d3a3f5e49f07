/**
 * Everything around the chart that can make a difference, as one number: the host's part (calls under way, commands
 * that wait for the journal, timers, the watch), the switches, the instant, and what the laws must remember.
 *
 * The members of a world are small numbers; together with the chart's state they are one state of the search.
 */

const SIZES = {
  /** Which instant of the phase it is. */
  instant: 5,
  /** `SWITCHES`, as they stand. */
  switches: 4,
  /** 0 no submit call is under way; 1 one is; 2 its time is up, and a late acceptance may still come. */
  submit: 3,
  ask: 2,
  cancel: 2,
  protect: 2,
  reconcile: 2,
  /** Commands that wait until the fact that caused them is durable. */
  submitWaits: 2,
  cancelWaits: 2,
  protectWaits: 2,
  /** Deadlines set and not yet told, as bits. */
  deadlines: 512,
  watched: 2,
  /** A look at the order that the chart waits for is under way. */
  look: 2,
  exitsWatched: 2,
  /** Crashes so far. */
  crashes: 3,
  /** What is true of the order: 0 never submitted; 1 each call was proved to have left nothing; 2 a call is under way; 3 it may exist for ever. */
  reached: 4,
  /** A case was opened. */
  hasCase: 2,
  /** Reconciliations that this process has begun. */
  reconciliations: 3,
} as const;

export type World = { -readonly [Name in keyof typeof SIZES]: number };

const FIELDS = Object.entries(SIZES) as [keyof World, number][];

/** How many worlds there are to write down; a chart state's id is multiplied by it. */
export const WORLDS = FIELDS.reduce((product, [, size]) => product * size, 1);

export function encode(world: World): number {
  let code = 0;
  for (const [name, size] of FIELDS) code = code * size + world[name];
  return code;
}

const REVERSED = [...FIELDS].reverse();

export function decode(code: number): World {
  const world = {} as World;
  let rest = code;
  for (const [name, size] of REVERSED) {
    const next = Math.floor(rest / size);
    world[name] = rest - next * size;
    rest = next;
  }
  return world;
}

export const newWorld = (switches: number): World => ({ ...decode(0), switches });
