/**
 * The API reference: `docs/api/`, one page an entry point, made by TypeDoc from the sources and their TSDoc.
 *
 * 1. Every export of every entry point has a summary, `@since`, and `@public` or `@beta`. One that has not is named, and fails.
 * 2. Every link leads to a heading or an anchor, by the names that GitHub gives to headings. TypeDoc counts up the names of what it
 *    leaves out, too: such a link is made to lead to the heading that is there.
 * 3. With `--check` nothing is written: a page that is not what the sources make is named, and fails.
 *
 * It stands in a package of its own: TypeDoc works on a TypeScript that has a compiler API, which TypeScript 7 has not yet.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, ReflectionKind } from 'typedoc';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const PAGES = 'docs/api';
const stage = `.tmp/api-${process.pid}`;
process.once('exit', () => rmSync(stage, { recursive: true, force: true }));

const entries = entryPoints();
const app = await Application.bootstrapWithPlugins({
  entryPoints: entries.map(({ source }) => source),
  tsconfig: 'tsconfig.json',
  plugin: ['typedoc-plugin-markdown'],
  name: 'fillchart: API reference',
  readme: 'none',
  router: 'module',
  out: stage,
  logLevel: 'Error',
  // tsc checks the types; this only reads them.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
  githubPages: false,
  cleanOutputDir: false,
  entryFileName: 'README',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  expandObjects: false,
});
const project = await app.convert();
if (project === undefined) fail('the sources cannot be read; run `npm run typecheck`.');
for (const module of project.children ?? []) {
  module.name =
    entries.find(({ source }) => source === `src/${module.name}.ts` || source === `src/${module.name}/index.ts`)
      ?.name ?? module.name;
}

const { total, without } = documentation(project.children ?? []);
print(`${without.length} exports without TSDoc (of ${total} at ${entries.length} entry points)`);
for (const each of without) print(`  ${each}`);
await app.generateOutputs(project);
const dead = deadLinks();
for (const each of dead) print(`  ${each} leads nowhere`);
const stale = process.argv.includes('--check') ? differences() : replaced();
process.exitCode = without.length + dead.length + stale.length > 0 ? 1 : 0;

/** The exports, and those whose documentation lacks something. */
function documentation(modules) {
  const exported = modules.flatMap((module) =>
    (module.children ?? [])
      // An export of another entry point is documented there.
      .filter(({ kind }) => kind !== ReflectionKind.Reference)
      .map((reflection) => ({
        name: `${module.name}: ${reflection.name}`,
        comments: commentsOf(reflection),
        // TypeDoc turns `@public` into a flag.
        isPublic: [reflection, ...(reflection.signatures ?? [])].some(({ flags }) => flags.isPublic),
      })),
  );
  const without = exported.flatMap(({ name, comments, isPublic }) => {
    const lacks = [
      !comments.some(({ summary }) => summary.length > 0) && 'a summary',
      !comments.some((comment) => comment.getTag('@since') !== undefined) && '@since',
      !isPublic && !comments.some((comment) => comment.hasModifier('@beta')) && '@public or @beta',
    ].filter((lack) => lack !== false);
    return lacks.length === 0 ? [] : [`${name} has no ${lacks.join(', no ')}`];
  });
  return { total: exported.length, without };
}

/** A function's comment stands at its signatures, a type's at its declaration. */
function commentsOf({ comment, signatures = [], type }) {
  const inner = type?.declaration?.signatures ?? [];
  return [comment, ...[...signatures, ...inner].map((each) => each.comment)].filter((each) => each !== undefined);
}

/** Each entry point of package.json, and the source behind it. */
function entryPoints() {
  const { exports, name } = JSON.parse(readFileSync('package.json', 'utf8'));
  return Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            name: `${name}${entry.slice(1)}`,
            source: target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
          },
        ],
  );
}

function pagesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Mends links to a name that was counted up needlessly; those that lead nowhere even so. */
function deadLinks() {
  const pages = pagesIn(stage).filter((page) => page.endsWith('.md'));
  const texts = new Map(pages.map((page) => [page, readFileSync(join(stage, page), 'utf8')]));
  const anchors = new Map([...texts].map(([page, text]) => [page, anchorsOf(text)]));
  const found = [];
  for (const [page, text] of texts) {
    const mended = text.replaceAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g, (link, file, anchor) => {
      const known = anchors.get(file === '' ? page : posix.join(posix.dirname(page), file));
      if (known?.has(anchor)) return link;
      const plain = anchor.replace(/-\d+$/, '');
      if (known?.has(plain)) return `](${file}#${plain})`;
      found.push(`${page}: ${file}#${anchor}`);
      return link;
    });
    if (mended !== text) writeFileSync(join(stage, page), mended);
  }
  return found;
}

/** Anchors of a page: those of HTML, and those that GitHub makes of headings, counted up where a heading stands twice. */
function anchorsOf(text) {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
  for (const [, heading] of text.matchAll(/^#+ (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    let name = slug;
    for (let count = 1; anchors.has(name); count += 1) name = `${slug}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

/** The pages that are missing, left over or different, each named. */
function differences() {
  const text = (folder, page) =>
    existsSync(join(folder, page)) ? readFileSync(join(folder, page), 'utf8') : undefined;
  const stale = [...new Set([...pagesIn(PAGES), ...pagesIn(stage)])].filter(
    (page) => text(PAGES, page) !== text(stage, page),
  );
  for (const page of stale) print(`  ${PAGES}/${page} is out of date`);
  print(stale.length === 0 ? `${PAGES} is up to date` : `${PAGES}: run \`npm run api\` and commit the result`);
  return stale;
}

function replaced() {
  rmSync(PAGES, { recursive: true, force: true });
  renameSync(stage, PAGES);
  print(`${PAGES}: ${pagesIn(PAGES).length} pages`);
  return [];
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function fail(sentence) {
  process.stderr.write(`api: ${sentence}\n`);
  process.exit(1);
}
