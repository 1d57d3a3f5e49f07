/**
 * `fillchart access`: the log of who did what at a service.
 */

import { checkAccessLog } from '../../service/index.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readTextFile } from '../run/source.js';
import { helpNotes } from '../terminal/help-notes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

const NOTES = `
The last hash is also what GET /v1/access tells: keep it elsewhere, and a log that was cut off at its end is found too.
`;

export const addAccess: AddCommand = (program, world, done) => {
  const group = program
    .command('access')
    .description('the log of who did what at a service')
    .addHelpText('after', helpNotes(NOTES));
  group
    .command('verify')
    .description('check the hash chain of the log; each changed, missing or reordered entry is named')
    .argument('<file>', "the service's accessLog")
    .action((file: string) => done(verify(file, world)));
};

function verify(file: string, { stdout }: CliWorld): ExitCode {
  const { entries, faults, end } = checkAccessLog(readTextFile(file));
  for (const fault of faults) stdout.write(`${file}: ${fault}\n`);
  const found = faults.length === 0 ? 'intact' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
  stdout.write(`${entries} ${entries === 1 ? 'entry' : 'entries'}, ${found}, last hash ${end.hash}\n`);
  return faults.length === 0 ? EXIT.ok : EXIT.checkFailed;
}
