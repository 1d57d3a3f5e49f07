/**
 * Laws of what may import what.
 */
import { posix } from 'node:path';
import { inSrc, type Law, layerOf, lineCount, type Node, programOf, specifiersOf, textOf } from './sources.js';

/** The layers of the engine: each may import those before it. */
const INNER = ['domain', 'machines', 'journal', 'actors', 'views', 'engine'];

/** What each layer may import besides itself and packages. `index` is src/index.ts. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  machines: ['domain'],
  journal: ['domain', 'machines'],
  actors: ['domain', 'machines', 'journal'],
  views: ['domain', 'machines', 'journal', 'actors'],
  engine: ['domain', 'machines', 'journal', 'actors', 'views'],
  adapters: ['domain'],
  charts: ['domain', 'machines', 'journal'],
  browser: ['domain', 'charts', 'service'],
  verify: ['domain', 'machines'],
  'create-engine': [...INNER, 'adapters'],
  'create-kill-switch': [...INNER, 'adapters'],
  checked: ['domain'],
  'create-timeout': ['domain', 'adapters'],
  'reconcile-at-broker': ['domain', 'actors', 'adapters'],
  index: [...INNER, 'checked', 'create-engine', 'create-kill-switch', 'create-timeout', 'reconcile-at-broker'],
  testing: [...INNER, 'adapters', 'charts', 'index'],
  telemetry: [...INNER, 'index'],
  service: [...INNER, 'adapters', 'charts', 'telemetry', 'index'],
  restate: [...INNER, 'adapters', 'index'],
  cli: [...INNER, 'adapters', 'charts', 'verify', 'telemetry', 'index', 'testing', 'service', 'restate'],
};

/**
 * By hand, in a dozen lines over the syntax trees that the other laws read too. dependency-cruiser 18 wants Node.js 22, and its
 * older versions an API of the compiler that TypeScript 7 no longer has, to see imports of types.
 */
export const importsGoOneWay: Law = (files) =>
  inSrc(files).flatMap((file) => {
    const from = layerOf(file.path);
    if (LAYERS[from] === undefined) return [`${file.path} is in no layer`];
    return specifiersOf(file)
      .map((specifier) => resolved(file.path, specifier))
      .filter((target) => target !== undefined)
      .filter((target) => layerOf(target) !== from && !LAYERS[from]?.includes(layerOf(target)))
      .map((target) => `${file.path} imports ${target}`);
  });

/** Files that import each other, also by a type alone: a stranger could read none of them first. */
export const noCircleOfImports: Law = (files) => {
  const imports = new Map(
    inSrc(files).map((file) => [
      file.path.replace(/x$/, ''),
      specifiersOf(file).map((specifier) => resolved(file.path, specifier)),
    ]),
  );
  // What imports nothing that is left, or is imported by nothing that is left, is in no circle.
  for (let before = -1; before !== imports.size; ) {
    before = imports.size;
    const imported = new Set([...imports.values()].flat());
    for (const [path, targets] of imports)
      if (!imported.has(path) || !targets.some((target) => target !== undefined && imports.has(target)))
        imports.delete(path);
  }
  return [...imports.keys()].map((path) => `${path} is in a circle of imports`);
};

export const decimalJsHasOneHome: Law = (files) =>
  inSrc(files)
    .filter((file) => file.path !== 'src/domain/decimal.ts')
    .filter((file) => specifiersOf(file).some((specifier) => /^decimal\.js(?:$|\/)/.test(specifier)))
    .map((file) => `${file.path} imports decimal.js`);

export const onlyIndexIsABarrel: Law = (files) =>
  inSrc(files)
    .filter((file) => posix.basename(file.path) !== 'index.ts')
    .filter((file) => {
      const statements = programOf(file).filter((statement) => statement.type !== 'ImportDeclaration');
      const reexports = (statement: Node) =>
        statement.type === 'ExportAllDeclaration' ||
        (statement.type === 'ExportNamedDeclaration' && statement.declaration == null);
      return statements.length > 0 && statements.every(reexports);
    })
    .map((file) => `${file.path} is a barrel`);

export const relativeImportsNameTheFile: Law = (files) =>
  files
    .filter((file) => file.path.endsWith('.ts') || file.path.endsWith('.tsx'))
    .flatMap((file) =>
      specifiersOf(file)
        .filter((specifier) => specifier.startsWith('.') && !/\.(?:m?js|json)$/.test(specifier))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );

const MAX_INDEX_LINES = 100;

export const indexIsATableOfContents: Law = (files) =>
  files
    .filter((file) => file.path === 'src/index.ts')
    .flatMap((file) => {
      const unnamed = programOf(file)
        .filter(({ type }) => type === 'ExportAllDeclaration' || type === 'ExportDefaultDeclaration')
        .map((statement) => `${file.path} says ${textOf(file, statement)}`);
      const lines = lineCount(file.text);
      return lines > MAX_INDEX_LINES ? [...unnamed, `${file.path} has ${lines} lines`] : unnamed;
    });

/** The file that an import leads to, relative to the root; `undefined` for a package or a part of Node. */
function resolved(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
  const own = specifier.match(/^fillchart(?:\/(.+))?$/);
  if (own === null) return undefined;
  if (own[1] === undefined) return 'src/index.ts';
  return LAYERS[own[1]] === undefined ? `src/adapters/${own[1]}` : `src/${own[1]}/index.ts`;
}
