/**
 * Laws of the repository: what is tracked, that every test runs, what the package says of itself.
 */
import { at, type Law, lineAt, placesOf, propertyName, rootName } from './sources.js';

// Put together from parts, so that this file does not break its own law.
export const slashed = (...names: string[]) => ['', ...names, ''].join('/');
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  ['a machine path', new RegExp(`(?<![\\w.)}-])(?:${slashed('(?:work|root)')}|${slashed('(?:home|Users)')}\\w)`)],
  ['a machine path', new RegExp(`/${'tmp'}/${'bash'}`)],
  ['a folder beside the repository', new RegExp(`\\.\\./${'shared'}\\b`)],
  ['a package registry', /registry\.(?:npmjs|yarnpkg|npmmirror)\b|https?:\/\/registry\./],
  ['a package registry', /https?:\/\/[^\s/]*(?:artifactory|nexus|verdaccio|codeartifact|npm\.pkg\.)/],
];

export const nothingForeignIsTracked: Law = (files) =>
  files.flatMap((file) =>
    FOREIGN.flatMap(([what, pattern]) => {
      const found = pattern.exec(file.text);
      return found === null ? [] : [`${file.path}:${lineAt(file.text, found.index)} names ${what}: ${found[0]}`];
    }),
  );

export const everyTestRuns: Law = (files) =>
  files
    .filter((file) => /^test\/.*\.tsx?$/.test(file.path))
    .flatMap((file) =>
      placesOf(file).flatMap(({ node }) => {
        const property = node.type === 'MemberExpression' ? propertyName(node) : undefined;
        if (property === undefined || !['only', 'skip', 'todo'].includes(property)) return [];
        const root = rootName(node);
        return ['it', 'test', 'describe', 'suite'].includes(root ?? '')
          ? [`${at(file, node)} says ${root}.${property}`]
          : [];
      }),
    );

/** The public names lead to the same sources for tsc as for Node; vitest takes them from package.json. */
export const entryPointsHaveTypes: Law = (files) => {
  const read = (path: string) => JSON.parse(files.find((file) => file.path === path)?.text ?? '{}');
  const paths: Record<string, string[] | undefined> = read('tsconfig.json').compilerOptions?.paths ?? {};
  const { name, exports = {} }: { name: string; exports?: Record<string, unknown> } = read('package.json');
  return Object.entries(exports)
    .filter(([entry]) => !entry.endsWith('.json'))
    .map(([entry, target]) => {
      const specifier = name + entry.slice(1);
      const source = JSON.stringify(target).match(/dist\/([^"]*)\.js"/)?.[1];
      const exact = paths[specifier]?.[0];
      return { specifier, source, path: exact ?? paths[`${name}/*`]?.[0]?.replace('*', entry.slice(2)) };
    })
    .filter(({ source, path }) => path !== `./src/${source}.ts`)
    .map(({ specifier, source }) => `tsconfig.json does not lead ${specifier} to ./src/${source}.ts`);
};

/** A lock written where the registry lacked a package for another platform makes `npm ci` fail for everyone. */
export const dependenciesArePinnedAndLocked: Law = (files) => {
  type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>;
  const read = (path: string) => JSON.parse(files.find((file) => file.path === path)?.text ?? '{}');
  const all = ({ dependencies, devDependencies, optionalDependencies }: Manifest) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const loose = all(read('package.json'))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json does not pin ${name}: ${version}`);
  const locked: Record<string, Manifest> = read('package-lock.json').packages ?? {};
  const present = new Set(Object.keys(locked).map((path) => path.replace(/^.*node_modules\//, '')));
  const missing = Object.values(locked)
    .flatMap(all)
    .filter(([name]) => !present.has(name))
    .map(([name]) => `package-lock.json lacks ${name}`);
  return [...loose, ...missing];
};
