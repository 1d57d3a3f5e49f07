/**
 * `fillchart token`: makes, lists and removes the tokens of a service.
 *
 * 1. A token is shown once, when it is made; the file holds its hash alone.
 * 2. The file is replaced as a whole: a service that looks at it meanwhile sees the old one or the new one.
 * 3. It keeps its owner and mode: a service that could read it before can read it afterwards, and hears of a removed token.
 */
import { chmodSync, chownSync, existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { causeOf } from '../../domain/reading.js';
import { newToken, type Role, readTokens, type StoredToken, tokenHash } from '../../service/index.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { readTextFile } from '../run/source.js';
import { helpNotes } from '../terminal/help-notes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface TokenOptions {
  readonly file: string;
  readonly name: string;
  readonly role: Role;
}

const ROLES: readonly Role[] = ['viewer', 'trader', 'operator'];
const NAME = /^[\w.@-]{1,64}$/;
const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o777;

const NOTES = `
A viewer looks; a trader submits, and sets kill switches; an operator also releases them, resolves cases and sweeps.
The service looks at the file again when it has changed: tokens come and go without a restart.
`;

export const addToken: AddCommand = (program, world, done) => {
  const group = program
    .command('token')
    .description('make, list and remove the tokens of a service')
    .addHelpText('after', helpNotes(NOTES));
  group
    .command('create')
    .description('make a token; it is printed once, and the file holds its hash')
    .requiredOption('--file <file>', "the service's file of tokens; made when it is not there")
    .requiredOption('--name <name>', 'who it is for', nameOf)
    .option('--role <role>', ROLES.join(', '), roleOf, 'viewer')
    .action((options: TokenOptions) => done(create(options, world)));
  group
    .command('list')
    .description('print names and roles')
    .requiredOption('--file <file>', "the service's file of tokens")
    .action(({ file }: TokenOptions) => done(list(file, world)));
  group
    .command('remove')
    .description('remove a token; whoever uses it is refused from now on')
    .requiredOption('--file <file>', "the service's file of tokens")
    .requiredOption('--name <name>', 'who it was for', nameOf)
    .action((options: TokenOptions) => done(remove(options, world)));
};

function nameOf(text: string): string {
  if (NAME.test(text)) return text;
  throw new InvalidArgumentError('Accepted are 1 to 64 letters, digits, and . _ @ -');
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text.toLowerCase());
  if (role === undefined) throw new InvalidArgumentError(`Accepted is ${ROLES.join(', ')}.`);
  return role;
}

function read(file: string): readonly StoredToken[] {
  try {
    return readTokens(readTextFile(file), file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}.`);
  }
}

function write(file: string, tokens: readonly StoredToken[]): void {
  // Behind a link stands the file that is meant.
  const target = existsSync(file) ? realpathSync(file) : file;
  const beside = `${target}.new`;
  writeFileSync(beside, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: OWNER_ONLY });
  if (existsSync(target)) keepOwner(target, beside);
  renameSync(beside, target);
}

/** @throws {UsageError} where this user may not give the file to its owner */
function keepOwner(target: string, beside: string): void {
  const { uid, gid, mode } = statSync(target);
  const made = statSync(beside);
  try {
    if (made.uid !== uid || made.gid !== gid) chownSync(beside, uid, gid);
    chmodSync(beside, mode & PERMISSIONS);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new UsageError(
      `${target} belongs to another user, and the service could not read it any more; run this as that user, or as root (${causeOf(error)}).`,
    );
  }
}

function create({ file, name, role }: TokenOptions, { stdout, stderr }: CliWorld): ExitCode {
  const known = existsSync(file) ? read(file) : [];
  if (known.some((one) => one.name === name))
    throw new UsageError(`${file} has a token for ${name} already; remove it first, or take another name.`);
  const token = newToken();
  write(file, [...known, { name, role, hash: tokenHash(token) }]);
  stdout.write(`${token}\n`);
  stderr.write(`fillchart: this token is for ${name} (${role}). It is shown only now; ${file} holds its hash.\n`);
  return EXIT.ok;
}

function list(file: string, { stdout }: CliWorld): ExitCode {
  const lines = read(file).map(({ name, role }) => `${name}  ${role}\n`);
  stdout.write(lines.length === 0 ? 'no token\n' : lines.join(''));
  return EXIT.ok;
}

function remove({ file, name }: TokenOptions, { stdout }: CliWorld): ExitCode {
  const known = read(file);
  const rest = known.filter((one) => one.name !== name);
  if (rest.length === known.length) throw new UsageError(`${file} has no token for ${name}.`);
  write(file, rest);
  stdout.write(`removed the token of ${name}\n`);
  return EXIT.ok;
}
