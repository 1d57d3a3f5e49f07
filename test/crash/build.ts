/**
 * The programs of the crash tests, each bundled into one file: a process that is to be killed hundreds of times must
 * start quickly, and this Node.js runs no TypeScript.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

export interface Programs {
  readonly engine: string;
  readonly broker: string;
  /** For whatever a test leaves. */
  readonly folder: string;
  remove(): void;
}

/** How an engine can be spoilt, to see that the laws notice. */
export type Mutation = 'recovery resends' | 'late is no try' | 'unwritable is empty' | 'starts as new';

export const MUTATIONS: readonly Mutation[] = [
  'recovery resends',
  'late is no try',
  'unwritable is empty',
  'starts as new',
];

/** @param root the folder of the project */
export async function buildPrograms(root: string, mutation?: Mutation): Promise<Programs> {
  // Inside the project, so that better-sqlite3 is found from there.
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tmp', 'crash-'));
  const bundled = async (name: string, plugins: readonly Plugin[]): Promise<string> => {
    const file = join(folder, `${name}.mjs`);
    const bundle = await rolldown({
      input: join(root, 'test/crash', `${name}.process.ts`),
      platform: 'node',
      external: ['better-sqlite3'],
      resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      plugins: [...plugins],
      logLevel: 'silent',
    });
    await bundle.write({ file, format: 'esm', minify: true });
    await bundle.close();
    return file;
  };
  const spoilt = mutation === undefined ? [] : [mutated(mutation)];
  const [engine, broker] = await Promise.all([bundled('engine', spoilt), bundled('broker', [])]);
  return { engine, broker, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What is put in the place of what, in which file; an empty `from` is the end of the file. */
interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** What a careless recovery would do: an intent, or a call, without an answer is sent once more. */
const RESENDS = `
submitted.states.ready.on.RECOVERED = { target: 'ready', reenter: true };
submitted.states.calling.on.RECOVERED = { target: 'ready', reenter: true };
`;

const CHANGES: Readonly<Record<Mutation, readonly Change[]>> = {
  'recovery resends': [{ file: '/machines/execution.before-order.ts', from: '', to: RESENDS }],
  // What is begun after its deadline counts as tried: on record, and never sent.
  'late is no try': [
    {
      file: '/actors/effects.ts',
      from: 'const answer = calls.cancel(orderRef(owner.snapshot.context), (raw) => owner.report(raw));',
      to: `const isLate = time() > (owner.snapshot.context.firstSubmitAt ?? 0) + 30_500;
  const answer = isLate
    ? Promise.resolve('unknown' as const)
    : calls.cancel(orderRef(owner.snapshot.context), (raw) => owner.report(raw));`,
    },
  ],
  'unwritable is empty': [
    {
      file: '/sqlite/open.ts',
      from: 'return error.with((await inspectSqliteJournal(path, false, driver)).records);',
      to: 'return error.with([]);',
    },
  ],
  'starts as new': [
    {
      file: '/sqlite/loss.ts',
      from: 'if (journal === 0) {',
      to: 'if (path !== undefined) return undefined; if (journal === 0) {',
    },
    {
      file: '/engine/lost-journal.ts',
      from: "if (own.length === 0) return 'nothing';",
      to: "if (own.length >= 0) return 'nothing';",
    },
  ],
};

/** Fails when a change finds no place any more: a control that changes nothing controls nothing. */
function mutated(mutation: Mutation): Plugin {
  const left = new Set(CHANGES[mutation]);
  return {
    name: mutation,
    transform(code, id) {
      const change = CHANGES[mutation].find(({ file }) => id.endsWith(file));
      if (change === undefined) return null;
      const { from, to } = change;
      if (!code.includes(from)) throw new Error(`${mutation}: ${id} has no ${from}`);
      left.delete(change);
      return from === '' ? `${code}\n${to}` : code.replace(from, () => to);
    },
    buildEnd() {
      if (left.size > 0) throw new Error(`${mutation}: ${[...left].map(({ file }) => file).join(', ')} was not met`);
    },
  };
}
