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
export type Mutation = 'recovery resends';

/** @param root the folder of the project */
export async function buildPrograms(root: string, mutation?: Mutation): Promise<Programs> {
  // Inside the project, so that better-sqlite3 is found from there.
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tmp', 'crash-'));
  const bundled = async (name: string): Promise<string> => {
    const file = join(folder, `${name}.mjs`);
    const bundle = await rolldown({
      input: join(root, 'test/crash', `${name}.process.ts`),
      platform: 'node',
      external: ['better-sqlite3'],
      resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      plugins: mutation === undefined ? [] : [mutated(mutation)],
      logLevel: 'silent',
    });
    await bundle.write({ file, format: 'esm', minify: true });
    await bundle.close();
    return file;
  };
  const [engine, broker] = await Promise.all([bundled('engine'), bundled('broker')]);
  return { engine, broker, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What a careless recovery would do: an intent, or a call, without an answer is sent once more. */
const RESENDS = `
submitted.states.ready.on.RECOVERED = { target: 'ready', reenter: true };
submitted.states.calling.on.RECOVERED = { target: 'ready', reenter: true };
`;

const mutated = (mutation: Mutation): Plugin => ({
  name: mutation,
  transform(code, id) {
    return id.endsWith('/machines/execution.before-order.ts') ? `${code}\n${RESENDS}` : null;
  },
});
