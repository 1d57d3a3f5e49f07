/**
 * How the laws of the house read sources: which files there are, and what their syntax says.
 *
 * 1. Sources are parsed, not searched: comments and strings never offend.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

interface Source {
  readonly path: string;
  readonly text: string;
}

/** The part of a syntax node that the laws look at. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly value?: unknown;
  readonly computed?: boolean;
  readonly source?: Node | null;
  readonly declaration?: Node | null;
  readonly id?: Node | null;
  readonly key?: Node;
  readonly local?: Node;
  readonly imported?: Node;
  readonly callee?: Node;
  readonly object?: Node;
  readonly property?: Node;
  readonly params?: readonly Node[];
  readonly left?: Node;
  readonly argument?: Node | null;
  readonly parameter?: Node;
  readonly elements?: readonly (Node | null)[];
  readonly properties?: readonly Node[];
  readonly arguments?: readonly Node[];
  readonly specifiers?: readonly Node[];
}

export interface Place {
  readonly node: Node;
  readonly parent: Node | undefined;
}

export type Law = (files: readonly Source[]) => readonly string[];

/** Every text file that is in git or would be added by `git add .`; without git, every file but what is made here. */
export function tracked(): readonly Source[] {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  return paths(root)
    .filter((path) => existsSync(root + path))
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

function paths(root: string): readonly string[] {
  try {
    const git = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const listed = execFileSync('git', git, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    if (listed.split('\0').includes('package.json')) return listed.split('\0').filter((path) => path !== '');
  } catch {
    // Not a git checkout, or no git here.
  }
  const made = /(?:^|\/)(?:node_modules|dist|coverage|\.git|\.tmp)(?:\/|$)/;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.replaceAll('\\', '/'), entry.name).slice(root.length))
    .filter((path) => !made.test(path));
}

export function inSrc(files: readonly Source[]): readonly Source[] {
  return files.filter((file) => /^src\/.*\.tsx?$/.test(file.path));
}

/** The folder below `src`; a file of `src` itself is a layer of its own. */
export function layerOf(path: string): string {
  return path.match(/^src\/([^/]+)\//)?.[1] ?? path.match(/^src\/([^/]+)\.ts$/)?.[1] ?? path;
}

const programs = new WeakMap<Source, readonly Node[]>();

export function programOf(file: Source): readonly Node[] {
  const known = programs.get(file);
  if (known !== undefined) return known;
  const lang = file.path.endsWith('.tsx') ? 'tsx' : 'ts';
  const { body } = parseAst(file.text, { lang }, file.path) as unknown as { body: readonly Node[] };
  programs.set(file, body);
  return body;
}

const walks = new WeakMap<Source, readonly Place[]>();

/** Every node of a file with its parent, in the order of the text. */
export function placesOf(file: Source): readonly Place[] {
  const known = walks.get(file);
  if (known !== undefined) return known;
  const places: Place[] = [];
  const walk = (value: unknown, parent: Node | undefined): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, parent);
    if (!isNode(value)) return;
    places.push({ node: value, parent });
    for (const inner of Object.values(value)) walk(inner, value);
  };
  walk(programOf(file), undefined);
  walks.set(file, places);
  return places;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** What a file imports from, in every form: import, export from, import(), and the import of a type. */
export function specifiersOf(file: Source): readonly string[] {
  return placesOf(file)
    .map(({ node }) => node.source?.value)
    .filter((value) => typeof value === 'string');
}

export function importsOf(file: Source): readonly { name: string; local: string; module: string }[] {
  return programOf(file)
    .filter((statement) => statement.type === 'ImportDeclaration')
    .flatMap(({ specifiers = [], source }) =>
      specifiers.map(({ imported, local }) => ({
        name: imported?.name ?? local?.name ?? '',
        local: local?.name ?? '',
        module: String(source?.value),
      })),
    );
}

/** The names that a file declares by itself, at any depth. */
export function declaredNames(file: Source): ReadonlySet<string> {
  const names = placesOf(file).flatMap(({ node }) => {
    if (node.type.startsWith('Import')) return boundBy(node.local);
    return [...boundBy(node.id), ...(node.params ?? []).flatMap(boundBy)];
  });
  return new Set(names);
}

/** The names that a pattern binds, without its default values and types. */
function boundBy(pattern: Node | null | undefined): readonly string[] {
  if (pattern == null) return [];
  if (pattern.type === 'Identifier') return pattern.name === undefined ? [] : [pattern.name];
  const inner = [pattern.left, pattern.argument, pattern.parameter, ...(pattern.elements ?? [])];
  const values = (pattern.properties ?? []).map((property) => (isNode(property.value) ? property.value : property));
  return [...inner, ...values].flatMap(boundBy);
}

/** Whether an identifier stands for a value, and not for a key, a property or a type. */
export function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if (parent.key === node || parent.property === node) return parent.computed === true;
  if (/^TS(?:As|NonNull|Satisfies|TypeAssertion|Instantiation|ExportAssignment)/.test(parent.type)) return true;
  return !/^(?:TS|Import|ExportSpecifier|Label)/.test(parent.type);
}

export function propertyName(node: Node): string | undefined {
  const value = node.property?.value;
  return node.computed === true ? (typeof value === 'string' ? value : undefined) : node.property?.name;
}

/** `it` of `it.concurrent.each`. */
export function rootName(node: Node): string | undefined {
  const inner = node.object ?? node.callee;
  return inner === undefined ? node.name : rootName(inner);
}

export function contains(outer: Node, inner: Node): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

export function textOf(file: Source, node: Node): string {
  return file.text.slice(node.start, node.end);
}

export function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function at(file: Source, node: Node): string {
  return `${file.path}:${lineAt(file.text, node.start)}`;
}

/** What a law is shown before it judges the house. */
export interface Control {
  /** Sources, good and bad, by path. */
  readonly given: Readonly<Record<string, string>>;
  /** The offences among them; the law must find these and no other. */
  readonly caught: readonly string[];
}
