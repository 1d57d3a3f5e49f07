/**
 * `fillchart kill-switch`: lists, sets and releases the kill switches of a journal, from the shell alone.
 *
 * 1. `set` and `release` need the journal for themselves: while an engine holds it, the engine's switches are the ones that
 *    count. `list` only looks, and looks at any journal.
 * 2. Nothing is sent to a broker. What is set counts from the next run on.
 */
import { type Command, InvalidArgumentError } from 'commander';
import {
  KillSwitchState,
  KillSwitchType,
  type SwitchChange,
  type SwitchView,
  switchKey,
} from '../../domain/kill-switch.js';
import { sentence } from '../../domain/reading.js';
import type { JournalAdmin } from '../../engine/journal-admin.js';
import { adminView } from '../../engine/journal-admin.js';
import { type AuditSource, withAuditSource } from '../audit/source.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { type JournalPlace, placeOf, releaseCommand } from '../journal-admin/shell-command.js';
import { releaseLine, switchName, switchSentence } from '../journal-admin/switch-text.js';
import { assertFile, withJournalAdmin } from '../journal-admin/with-journal-admin.js';
import { helpNotes } from '../terminal/help-notes.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { sentenceWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

/** Raised when a member changes its meaning or goes away. */
const FORMAT = 1;

interface SwitchOptions {
  readonly journal: string;
  readonly type: KillSwitchType;
  readonly target?: string;
  readonly state: KillSwitchState;
  readonly by: string;
  readonly reason: string;
  readonly force?: true;
  readonly json?: true;
}

type ListOptions = Pick<SwitchOptions, 'journal' | 'json'>;

const NOTES = `
set and release work on a journal that no engine holds, without a broker: nothing is sent. What is set counts from the next
run on. A release is refused while a case in the scope of the switch is open: see fillchart cases. list works at any time.
Ends with 0 when it is done, with 1 when the journal is not what was written (it is not written to), with 2 for bad usage or
a journal that an engine holds, with 3 when a release is refused because of an open case.
`;

export const addKillSwitch: AddCommand = (program, world, done) => {
  const group = program
    .command('kill-switch')
    .description('list, set and release the kill switches of a journal')
    .addHelpText('after', helpNotes(NOTES));
  group
    .command('list')
    .description('print the switches, since when, by whom and why; changes nothing')
    .requiredOption('--journal <file>', 'the journal')
    .option('--json', 'as one JSON document')
    .action(async (options: ListOptions) => done(await list(options, world)));
  describeChange(group.command('set').description('set a switch; an ACTIVE one is only lowered by release'))
    .option('--state <state>', 'ACTIVE stops; WARNING is logged on every execution', settable, KillSwitchState.ACTIVE)
    .action(async (options: SwitchOptions) => done(await change(options, world, set)));
  describeChange(group.command('release').description('turn a switch OFF'))
    .option('--force', 'although a case in its scope is open; the history records it')
    .action(async (options: SwitchOptions) => done(await change(options, world, release)));
};

const describeChange = (command: Command): Command =>
  command
    .requiredOption('--journal <file>', 'the journal')
    .option('--type <type>', `${Object.keys(KillSwitchType).join(', ')}`, typeOf, KillSwitchType.GLOBAL)
    .option('--target <symbol>', 'the symbol: needed for SYMBOL_LEVEL, none for GLOBAL')
    .requiredOption('--by <who>', 'who does it')
    .requiredOption('--reason <why>', 'why, in words')
    .option('--json', 'as one JSON document');

/** At night nobody wants to be told about capitals. */
const typeOf = (text: string): KillSwitchType => wordOf(text, Object.values(KillSwitchType));
const settable = (text: string): KillSwitchState => wordOf(text, [KillSwitchState.ACTIVE, KillSwitchState.WARNING]);

function wordOf<Word extends string>(text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text.toUpperCase().replaceAll('-', '_'));
  if (found === undefined) throw new InvalidArgumentError(`Accepted is ${words.join(', ')}.`);
  return found;
}

async function list(options: ListOptions, world: CliWorld): Promise<ExitCode> {
  assertFile(options.journal);
  return withAuditSource(options.journal, (source) => listed(source, options, world));
}

function listed({ records, verdict }: AuditSource, { journal, json }: ListOptions, world: CliWorld): ExitCode {
  const { stdout, stderr, env } = world;
  const place = placeOf(world, journal);
  const { switches, history, unfinished } = adminView(records);
  if (json === true) {
    const known = switches.map((one) => ({ ...one, ...releaseOf(one, place) }));
    stdout.write(`${JSON.stringify({ format: FORMAT, journal, switches: known, history, unfinished }, null, 2)}\n`);
  } else {
    const width = sentenceWidth(stdout);
    const paint = painter(wantsColour(stdout, env));
    const lines = switches.flatMap((one) => [
      ...wrapped(switchSentence(one), width, '    ').map((line) => paint(one.state === 'OFF' ? 'dim' : 'halted', line)),
      ...(one.state === 'OFF' ? [] : [releaseLine(one, place)]),
    ]);
    const rest = `${unfinished.length} of its executions ${unfinished.length === 1 ? 'has' : 'have'} no result: the next run goes on with them: ${unfinished.join(', ')}`;
    const more = unfinished.length === 0 ? [] : wrapped(rest, width, '    ');
    stdout.write(`${[...(lines.length === 0 ? ['no kill switch was ever set'] : lines), ...more].join('\n')}\n`);
  }
  if (verdict.ok) return EXIT.ok;
  stderr.write(
    `fillchart: the journal is not what was written, so neither may this be: ${printable(sentence(verdict.problem))} It is not written to; keep a copy.\n`,
  );
  return EXIT.checkFailed;
}

const releaseOf = (one: SwitchView, place: JournalPlace): { readonly release?: string } =>
  one.state === 'OFF' ? {} : { release: releaseCommand(one, place) };

type Change = (admin: JournalAdmin, options: SwitchOptions) => Promise<void>;

const set: Change = async ({ killSwitch }, { type, target, state, by, reason }) => {
  const known = killSwitch.switches.find((one) => switchKey(one.type, one.target) === switchKey(type, target));
  if (known?.state === 'ACTIVE' && state === 'WARNING')
    throw new UsageError(`${switchName(known)} is ACTIVE; release it first, then set it to WARNING.`);
  await killSwitch.set({ type, target, state, by, reason });
};

/** @throws {UsageError} for a switch that is not set: a name that was mistyped must not look like a gate that is open */
const release: Change = async ({ killSwitch }, { type, target, by, reason, force }) => {
  const set = killSwitch.switches.filter(({ state }) => state !== 'OFF');
  const isKnown = set.some((one) => switchKey(one.type, one.target) === switchKey(type, target));
  if (!isKnown) {
    const there = set.map((one) => `${switchName(one)} (${one.state})`).join(', ') || 'none';
    const named = switchName({ type, ...(target !== undefined && { target }) });
    throw new UsageError(`${named} is not set, so there is nothing to release; set are: ${there}.`);
  }
  await killSwitch.release({ type, target, by, reason, force });
};

async function change(options: SwitchOptions, world: CliWorld, act: Change): Promise<ExitCode> {
  const { journal, json, type, target, by } = options;
  if (by.trim() === '') throw new UsageError('--by is empty; accepted is who does it.');
  if (type === 'GLOBAL' && target !== undefined)
    throw new UsageError('GLOBAL covers every symbol and takes no --target; for one symbol add --type SYMBOL_LEVEL.');
  if (type === 'SYMBOL_LEVEL' && target === undefined)
    throw new UsageError('SYMBOL_LEVEL needs --target: the symbol that it covers.');
  return withJournalAdmin(journal, world, async (admin) => {
    await act(admin, options);
    const { switches, history } = admin.killSwitch;
    const done = history.at(-1);
    if (json === true)
      world.stdout.write(`${JSON.stringify({ format: FORMAT, journal, change: done, switches }, null, 2)}\n`);
    else if (done !== undefined) world.stdout.write(changeText(done, switches, world));
    return EXIT.ok;
  });
}

function changeText(done: SwitchChange, switches: readonly SwitchView[], { stdout, env }: CliWorld): string {
  const { state, previous, forced, by = '', reason } = done;
  const paint = painter(wantsColour(stdout, env));
  const width = sentenceWidth(stdout);
  const force = forced === true ? ', FORCED although a case in its scope is open' : '';
  const sentence = `${switchName(done)} is ${state} (was ${previous})${force}; by ${by}: ${reason}. It counts from the next run on.`;
  const others = switches.filter((one) => one.state === 'ACTIVE' && switchName(one) !== switchName(done));
  const rest = others.length === 0 ? [] : wrapped(`Still ACTIVE: ${others.map(switchName).join(', ')}.`, width, '  ');
  const tone = state === 'OFF' ? 'good' : 'halted';
  return `${[...wrapped(sentence, width, '  ').map((line) => paint(tone, line)), ...rest].join('\n')}\n`;
}
