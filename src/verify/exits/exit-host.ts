/**
 * How the commands of the exits' chart are carried out, as a small pure model of its host and of a new process.
 *
 * 1. Watching and asking are done at once: they only read.
 * 2. What is asked for in one state and told in another is dropped, as the chart drops it.
 * 3. A crash ends the watch, the question under way and all deadlines; what was recorded is known again.
 */
import type { ExitLeg } from '../../domain/exits.js';
import type { ProtectionCommand } from '../../machines/protection.commands.js';
import type { ProtectionDeadlineName } from '../../machines/protection.facts.js';

export interface Host {
  readonly watched: readonly ExitLeg[];
  /** About each second, not slowly. */
  readonly isSoon: boolean;
  readonly isAsked: boolean;
  /** When each deadline that is set is due. */
  readonly deadlines: Readonly<Partial<Record<ProtectionDeadlineName, number>>>;
  readonly isFinished: boolean;
  readonly crashes: number;
}

export const NEW_HOST: Host = {
  watched: [],
  isSoon: false,
  isAsked: false,
  deadlines: {},
  isFinished: false,
  crashes: 0,
};

/** Where each deadline is taken; one that outlives its state is no fact. */
const TAKEN_IN: Readonly<Record<ProtectionDeadlineName, string>> = {
  siblingGone: 'settling.waiting',
  exitSize: 'working.shrinking',
  exitLook: 'doubting.looking',
  positionRetry: 'doubting.backingOff',
};

/** @param path where the chart stands now */
export function hostAfter(host: Host, commands: readonly ProtectionCommand[], path: string): Host {
  const now = commands.reduce<Host>((so, command) => carriedOut(so, command), host);
  const kept = Object.entries(now.deadlines).filter(([name]) => TAKEN_IN[name as ProtectionDeadlineName] === path);
  const isAsked = now.isAsked && (path === 'doubting.asking' || path === 'lost');
  return { ...now, deadlines: Object.fromEntries(kept), isAsked };
}

function carriedOut(host: Host, command: ProtectionCommand): Host {
  switch (command.type) {
    case 'watchExits':
      return { ...host, watched: command.exits.map(({ leg }) => leg), isSoon: command.isSoon };
    case 'unwatchExits':
      return { ...host, watched: [], isSoon: false };
    case 'askPosition':
      return { ...host, isAsked: true };
    case 'scheduleDeadline':
      return { ...host, deadlines: { ...host.deadlines, [command.name]: command.at } };
    case 'finish':
      return { ...host, isFinished: true, deadlines: {}, isAsked: false };
    default:
      return host;
  }
}

export const afterCrash = ({ crashes }: Host): Host => ({ ...NEW_HOST, crashes: crashes + 1 });

export const without = (host: Host, name: ProtectionDeadlineName): Host => {
  const { [name]: _told, ...deadlines } = host.deadlines;
  return { ...host, deadlines };
};

/** When deadlines are due makes no difference beyond that they are set. */
export const hostKey = ({ watched, isSoon, isAsked, deadlines, isFinished, crashes }: Host): string =>
  JSON.stringify([watched, isSoon, isAsked, Object.keys(deadlines).sort(), isFinished, crashes]);
