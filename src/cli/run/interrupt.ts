/**
 * Ctrl-c, in two steps.
 *
 * 1. The first closes the gate: GLOBAL goes ACTIVE, so that no order leaves any more and open ones are cancelled. What is
 *    filled stays protected, and the run ends when every execution has its result.
 * 2. The second ends the process at once; what is live then is only in the journal.
 * 3. Once the exit code is said, it is the exit code: a late ctrl-c is passed over while the engine is closed, and another
 *    one leaves with that very code.
 */
import type { Engine } from '../../engine/engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { type JournalPlace, listSwitchesCommand, releaseCommand } from '../journal-admin/shell-command.js';
import type { CliWorld } from '../world.js';
import type { RunView } from './view.js';

export interface Interrupts {
  /** Somebody has pressed ctrl-c while executions were live. */
  readonly isInterrupted: boolean;
  /** The result is out, with this code. */
  said(exitCode: ExitCode): void;
  stopListening(): void;
}

interface Interrupted {
  readonly engine: Engine;
  readonly view: RunView;
  /** The journal's file; absent for a journal that ends with the process. */
  readonly place: JournalPlace | undefined;
  /** Called before the process ends at once, with the number of executions that are live. */
  readonly onLeave: (live: number) => void;
}

const GLOBAL = { type: 'GLOBAL' } as const;

export function stopOnInterrupt(
  { onInterrupt, exit }: Pick<CliWorld, 'onInterrupt' | 'exit'>,
  { engine, view, place, onLeave }: Interrupted,
): Interrupts {
  let count = 0;
  let isRecorded = false;
  let exitCode: ExitCode | undefined;
  let late = 0;

  function closeGate(): void {
    const { live } = engine.metrics();
    const set = engine.killSwitch.set({
      ...GLOBAL,
      state: 'ACTIVE',
      reason: 'interrupted at the command line',
      by: 'operator',
    });
    set.then(
      () => {
        isRecorded = true;
      },
      (error: unknown) => view.note('bad', `the switch is set, but not recorded: ${String(error)}`),
    );
    const waiting = live === 1 ? 'the 1 live execution' : `the ${live} live executions`;
    const stays = place === undefined ? '' : ` GLOBAL stays ACTIVE in ${place.journal} until a person releases it.`;
    view.note(
      'warn',
      `Interrupted: GLOBAL is ACTIVE. No new order is sent; open orders are being cancelled. Waiting for ${waiting} to end; press ctrl-c again to exit at once.${stays}`,
    );
  }

  function leave(): void {
    const { live } = engine.metrics();
    view.stop();
    onLeave(live);
    view.note('bad', `Exited at once. ${mayBeLive(live)} (exit code ${EXIT.interrupted})`);
    if (place !== undefined) {
      view.note('bad', whatStays(place, isRecorded));
      view.command(isRecorded ? releaseCommand(GLOBAL, place) : listSwitchesCommand(place));
    }
    exit(EXIT.interrupted);
  }

  function leaveAsSaid(code: ExitCode): void {
    late += 1;
    if (late > 1) exit(code);
  }

  const stopListening = onInterrupt(() => {
    if (exitCode !== undefined) return leaveAsSaid(exitCode);
    count += 1;
    return count === 1 ? closeGate() : leave();
  });

  return {
    get isInterrupted() {
      return count > 0;
    },
    said(code) {
      exitCode = code;
    },
    stopListening,
  };
}

const mayBeLive = (live: number): string =>
  live === 0
    ? 'No order is live.'
    : `${live === 1 ? '1 order' : `${live} orders`} may still be live; check ${live === 1 ? 'it' : 'them'} at the broker.`;

const whatStays = ({ journal }: JournalPlace, isRecorded: boolean): string =>
  isRecorded
    ? `GLOBAL stays ACTIVE in ${journal}. After the check, release it with:`
    : `GLOBAL may not have been recorded in ${journal}. To see the switches that it holds:`;
