/**
 * The house rules, as a test.
 *
 * 1. A law is a pure function from sources to offences, each one sentence that names the file.
 * 2. Each law is shown a control first: a few bad sources that it must catch, beside good ones that it must not.
 * 3. Sources are parsed, not searched: comments and strings never offend.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

interface Source {
  readonly path: string;
  readonly text: string;
}

/** The part of a syntax node that the laws look at. */
interface Node {
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

interface Place {
  readonly node: Node;
  readonly parent: Node | undefined;
}

type Law = (files: readonly Source[]) => readonly string[];

// ── The laws ──────────────────────────────────────────────────────────────────────────────────────────────────────

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
const importsGoOneWay: Law = (files) =>
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
const noCircleOfImports: Law = (files) => {
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

/** The layers where the outside world begins. */
const EDGE = ['adapters', 'browser', 'service', 'restate', 'cli'];
const AMBIENT = ['setTimeout', 'setInterval', 'setImmediate', 'process', 'performance', 'globalThis', 'global'];
const AMBIENT_MEMBERS = ['Date.now', 'Math.random'];
const RANDOM = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'];
const AMBIENT_MODULES = /^(?:node:)?(?:process|perf_hooks|timers|timers\/promises|os)$/;
/** Lets a virtual clock wait for promises to settle: a turn of the event loop, not a reading of any clock. */
const MAY_YIELD_A_TURN = /^src\/testing\//;

const nothingAmbientOutsideTheEdge: Law = (files) =>
  inSrc(files)
    .filter((file) => !EDGE.includes(layerOf(file.path)))
    .flatMap((file) => {
      const declared = declaredNames(file);
      const yields = (name: string) => name === 'setImmediate' && MAY_YIELD_A_TURN.test(file.path);
      const imported = importsOf(file)
        .filter(({ name, module }) => RANDOM.includes(name) || (AMBIENT_MODULES.test(module) && !yields(name)))
        .map(({ name, module }) => `${name} from ${module}`);
      const used = placesOf(file)
        .map((place) => ambientUse(place, declared))
        .filter((name) => name !== undefined && !yields(name));
      return [...imported, ...used].map((name) => `${file.path} uses ${name}`);
    });

function ambientUse({ node, parent }: Place, declared: ReadonlySet<string>): string | undefined {
  if (node.type === 'MemberExpression') {
    const property = propertyName(node);
    const name = `${node.object?.name}.${property}`;
    if (AMBIENT_MEMBERS.includes(name)) return name;
    return property !== undefined && RANDOM.includes(property) ? property : undefined;
  }
  if (node.type === 'NewExpression' && node.callee?.name === 'Date' && node.arguments?.length === 0) {
    return 'new Date()';
  }
  if (node.type === 'CallExpression' && node.callee?.name === 'Date') return 'Date()';
  if (node.type !== 'Identifier' || node.name === undefined || !AMBIENT.includes(node.name)) return undefined;
  return declared.has(node.name) || !isReference(node, parent) ? undefined : node.name;
}

const RXJS_CLOCKS = ['asyncScheduler', 'asapScheduler', 'animationFrameScheduler', 'animationFrames'];
const RXJS_TIMED = [
  ...['interval', 'timer', 'delay', 'timeout', 'debounceTime', 'throttleTime', 'auditTime', 'sampleTime'],
  ...['bufferTime', 'windowTime', 'timeInterval', 'timestamp'],
];

/** RxJS reads the system clock by itself wherever no scheduler is given. */
const rxjsRunsOnAGivenScheduler: Law = (files) =>
  inSrc(files)
    .filter((file) => !EDGE.includes(layerOf(file.path)))
    .flatMap((file) => {
      const rxjs = importsOf(file).filter(({ module }) => /^rxjs(?:$|\/)/.test(module));
      const timed = new Map(
        rxjs.filter(({ name }) => RXJS_TIMED.includes(name)).map(({ name, local }) => [local, name]),
      );
      const clocks = rxjs
        .filter(({ name }) => RXJS_CLOCKS.includes(name))
        .map(({ name }) => `${file.path} uses ${name}`);
      const unscheduled = placesOf(file)
        .filter(({ node }) => node.type === 'CallExpression' && timed.has(node.callee?.name ?? ''))
        .filter(({ node }) => !/schedul/i.test(node.arguments?.map((argument) => textOf(file, argument)).join() ?? ''))
        .map(({ node }) => `${file.path} calls ${timed.get(node.callee?.name ?? '')} without a scheduler`);
      return [...clocks, ...unscheduled];
    });

const decimalJsHasOneHome: Law = (files) =>
  inSrc(files)
    .filter((file) => file.path !== 'src/domain/decimal.ts')
    .filter((file) => specifiersOf(file).some((specifier) => /^decimal\.js(?:$|\/)/.test(specifier)))
    .map((file) => `${file.path} imports decimal.js`);

/** Biome refuses these too, but takes a suppression comment for an answer. */
const typesAreHonest: Law = (files) =>
  inSrc(files).flatMap((file) =>
    placesOf(file).flatMap(({ node }) => {
      if (node.type === 'TSAnyKeyword') return [`${at(file, node)} says any`];
      return node.type === 'TSNonNullExpression' ? [`${at(file, node)} says !`] : [];
    }),
  );

interface BiomeRules {
  readonly linter?: { readonly rules?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> };
}

const biomeRefusesAnyAndNonNull: Law = (files) =>
  files
    .filter((file) => file.path === 'biome.json')
    .flatMap((file) => {
      const config: BiomeRules & { readonly overrides?: readonly BiomeRules[] } = JSON.parse(file.text);
      const wanted = ['suspicious/noExplicitAny', 'style/noNonNullAssertion'];
      const levelIn = ({ linter }: BiomeRules, rule: string) => {
        const [group = '', name = ''] = rule.split('/');
        return linter?.rules?.[group]?.[name];
      };
      const softened = (rule: string) => config.overrides?.some((override) => levelIn(override, rule) !== undefined);
      return wanted
        .filter((rule) => levelIn(config, rule) !== 'error' || softened(rule))
        .map((rule) => `biome.json does not make ${rule} an error`);
    });

const namesSayWhatIsInside: Law = (files) =>
  files
    .filter((file) => /^(?:src|test|examples|bench|scripts)\//.test(file.path))
    .filter((file) => /(?:^|[-._/])(?:utils?|helpers?|misc)(?:[-._/]|$)/i.test(file.path))
    .map((file) => `${file.path} is named for nothing`);

const onlyIndexIsABarrel: Law = (files) =>
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

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;
const MAX_INDEX_LINES = 100;

const filesAreShort: Law = (files) =>
  inSrc(files)
    .filter((file) => lineCount(file.text) > MAX_FILE_LINES)
    .map((file) => `${file.path} has ${lineCount(file.text)} lines`);

/** A function has the lines that are its own: a named function or a method inside it counts for itself, a callback does not. */
const functionsAreShort: Law = (files) =>
  inSrc(files).flatMap((file) => {
    const named = placesOf(file).filter((place) => functionName(place) !== undefined);
    const lines = ({ node }: Place) => lineCount(textOf(file, node));
    return named.flatMap((place) => {
      const inside = named.filter((other) => other !== place && contains(place.node, other.node));
      const outermost = inside.filter(
        (one) => !inside.some((other) => other !== one && contains(other.node, one.node)),
      );
      const own = outermost.reduce((count, one) => count - Math.max(0, lines(one) - 1), lines(place));
      return own > MAX_FUNCTION_LINES ? [`${file.path} has ${own} lines in ${functionName(place)}`] : [];
    });
  });

/** The name of a function that has one: declared, assigned to a name, or a method. */
function functionName({ node, parent }: Place): string | undefined {
  if (node.type === 'FunctionDeclaration') return node.id?.name ?? 'default';
  if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression') return undefined;
  if (parent?.type === 'VariableDeclarator') return parent.id?.name;
  const owned = ['MethodDefinition', 'PropertyDefinition', 'Property'].includes(parent?.type ?? '');
  return owned ? (parent?.key?.name ?? 'a computed method') : undefined;
}

const relativeImportsNameTheFile: Law = (files) =>
  files
    .filter((file) => file.path.endsWith('.ts') || file.path.endsWith('.tsx'))
    .flatMap((file) =>
      specifiersOf(file)
        .filter((specifier) => specifier.startsWith('.') && !/\.(?:m?js|json)$/.test(specifier))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );

const indexIsATableOfContents: Law = (files) =>
  files
    .filter((file) => file.path === 'src/index.ts')
    .flatMap((file) => {
      const unnamed = programOf(file)
        .filter(({ type }) => type === 'ExportAllDeclaration' || type === 'ExportDefaultDeclaration')
        .map((statement) => `${file.path} says ${textOf(file, statement)}`);
      const lines = lineCount(file.text);
      return lines > MAX_INDEX_LINES ? [...unnamed, `${file.path} has ${lines} lines`] : unnamed;
    });

// Put together from parts, so that this file does not break its own law.
const slashed = (...names: string[]) => ['', ...names, ''].join('/');
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  ['a machine path', new RegExp(`(?<![\\w.)}-])(?:${slashed('(?:work|root)')}|${slashed('(?:home|Users)')}\\w)`)],
  ['a machine path', new RegExp(`/${'tmp'}/${'bash'}`)],
  ['a folder beside the repository', new RegExp(`\\.\\./${'shared'}\\b`)],
  ['a package registry', /registry\.(?:npmjs|yarnpkg|npmmirror)\b|https?:\/\/registry\./],
  ['a package registry', /https?:\/\/[^\s/]*(?:artifactory|nexus|verdaccio|codeartifact|npm\.pkg\.)/],
];

const nothingForeignIsTracked: Law = (files) =>
  files.flatMap((file) =>
    FOREIGN.flatMap(([what, pattern]) => {
      const found = pattern.exec(file.text);
      return found === null ? [] : [`${file.path}:${lineAt(file.text, found.index)} names ${what}: ${found[0]}`];
    }),
  );

const everyTestRuns: Law = (files) =>
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
const entryPointsHaveTypes: Law = (files) => {
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
const dependenciesArePinnedAndLocked: Law = (files) => {
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

// ── Their enforcement ─────────────────────────────────────────────────────────────────────────────────────────────

interface Control {
  /** Sources, good and bad, by path. */
  readonly given: Readonly<Record<string, string>>;
  /** The offences among them; the law must find these and no other. */
  readonly caught: readonly string[];
}

describe('the house', () => {
  const house = tracked();

  function law(name: string, offences: Law, { given, caught }: Control): void {
    it(name, () => {
      const control = Object.entries(given).map(([path, text]) => ({ path, text }));
      expect(offences(control), 'the control').toEqual(caught);
      expect(offences(house), 'the house').toEqual([]);
    });
  }

  it('is looked at', () => {
    expect(house.map((file) => file.path)).toEqual(expect.arrayContaining(['package.json', 'test/house.test.ts']));
    expect(inSrc(house).length).toBeGreaterThan(0);
  });

  law('imports go one way', importsGoOneWay, {
    given: {
      'src/domain/order.ts': "import { now } from '../adapters/system-clock.js';\nimport { x } from './fills.js';",
      'src/engine/engine.ts': "export type { Paper } from '../adapters/brokers/paper.js';\nimport 'rxjs';",
      'src/actors/submit.ts': "const lazy = () => import('../engine/engine.js');",
      'src/adapters/index.ts': "import { a } from '../domain/ports.js';\nimport { b } from '../charts/svg.js';",
      'src/machines/m.ts': "type E = import('../actors/submit.js').E;",
      'src/charts/svg.ts': "import { executionMachine } from '../machines/execution.machine.js';",
      'src/testing/paths.ts': "import { createEngine } from '../index.js';\nimport { run } from '../cli/run.js';",
      'src/service/server.ts': "import { paperBroker } from 'fillchart/adapters';",
      'src/engine/cases.ts': "import { paperBroker } from 'fillchart/adapters';",
      'src/cli/run.ts': "import { serve } from '../service/server.js';\n// import '../../test/x.js'",
      'src/index.ts': "export { createEngine } from './engine/engine.js';\nexport { p } from './adapters/index.js';",
      'src/domain/version.ts': "import manifest from '../../package.json' with { type: 'json' };",
      'src/lib/x.ts': '',
    },
    caught: [
      'src/domain/order.ts imports src/adapters/system-clock.ts',
      'src/engine/engine.ts imports src/adapters/brokers/paper.ts',
      'src/actors/submit.ts imports src/engine/engine.ts',
      'src/adapters/index.ts imports src/charts/svg.ts',
      'src/machines/m.ts imports src/actors/submit.ts',
      'src/testing/paths.ts imports src/cli/run.ts',
      'src/engine/cases.ts imports src/adapters/index.ts',
      'src/index.ts imports src/adapters/index.ts',
      'src/domain/version.ts imports package.json',
      'src/lib/x.ts is in no layer',
    ],
  });

  law('no files import each other in a circle', noCircleOfImports, {
    given: {
      'src/domain/a.ts': "import type { B } from './b.js';",
      'src/domain/b.ts': "import { c } from './c.js';\nimport { d } from './d.js';",
      'src/domain/c.ts': "export { a } from './a.js';",
      'src/domain/d.ts': "import 'rxjs';",
      'src/engine/e.ts': "import { a } from '../domain/a.js';",
    },
    caught: ['a', 'b', 'c'].map((name) => `src/domain/${name}.ts is in a circle of imports`),
  });

  law(
    'no clock, timer, randomness or environment is read outside adapters, service and cli',
    nothingAmbientOutsideTheEdge,
    {
      given: {
        'src/domain/a.ts':
          'const t = Date.now();\nconst d = new Date();\nconst s = Date();\nconst p = performance.now();',
        'src/machines/b.ts': 'setTimeout(f, 1);\nsetInterval(f, 1);\nconst wait = setImmediate;',
        'src/actors/c.ts':
          'Math.random();\ncrypto.randomUUID();\nprocess.env;\nglobalThis.setTimeout(f, 1);\nconst o = { process };\nclass A {\n  p = process as P;\n}',
        'src/engine/d.ts':
          "import { randomBytes as r } from 'node:crypto';\nimport { setTimeout as s } from 'node:timers/promises';",
        'src/engine/e.ts': "import { hostname } from 'node:os';\nimport { createHash } from 'node:crypto';",
        'src/testing/f.ts': "import { setImmediate as turn } from 'node:timers/promises';\nsetTimeout(turn, 1);",
        'src/testing/g.ts': 'function setTimeout(f: F) {}\nexport const clock = () => ({ setTimeout, now: () => 0 });',
        'src/domain/good.ts': `interface Clock { now(): number; setTimeout(fn: () => void, ms: number): unknown }
        const read = (clock: Clock) => [clock.now(), clock.setTimeout(f, 1), new Date(0), Date.UTC(2026)];
        const late = ({ setTimeout }: Clock, process = 1) => setTimeout(f, process);
        const own = { setTimeout(fn: F) {}, process: 1 };
        type Id = ReturnType<typeof setTimeout>; // Date.now()
        const text = 'Math.random()';`,
        'src/adapters/system-clock.ts': 'export const now = () => Date.now();',
        'src/cli/main.ts': 'process.exitCode = 1;',
      },
      caught: [
        ...['Date.now', 'new Date()', 'Date()', 'performance'].map((name) => `src/domain/a.ts uses ${name}`),
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => `src/machines/b.ts uses ${name}`),
        ...['Math.random', 'randomUUID', 'process', 'globalThis', 'process', 'process'].map(
          (name) => `src/actors/c.ts uses ${name}`,
        ),
        'src/engine/d.ts uses randomBytes from node:crypto',
        'src/engine/d.ts uses setTimeout from node:timers/promises',
        'src/engine/e.ts uses hostname from node:os',
        'src/testing/f.ts uses setTimeout',
      ],
    },
  );

  law('RxJS runs on a scheduler that it is given', rxjsRunsOnAGivenScheduler, {
    given: {
      'src/actors/a.ts': "import { interval, timer as after } from 'rxjs';\ninterval(100);\nafter(1, 2);",
      'src/actors/b.ts': "import { asyncScheduler } from 'rxjs';",
      'src/actors/good.ts': `import { interval, timeout, map } from 'rxjs';
        interval(100, scheduler).pipe(map(f), timeout({ each: 5, scheduler: schedulerOf(clock) }));`,
      'src/engine/good.ts': 'const timer = (ms: number) => clock.setTimeout(f, ms);\ntimer(1);',
      'src/service/good.ts': "import { interval } from 'rxjs';\ninterval(1000);",
    },
    caught: [
      'src/actors/a.ts calls interval without a scheduler',
      'src/actors/a.ts calls timer without a scheduler',
      'src/actors/b.ts uses asyncScheduler',
    ],
  });

  law('only domain/decimal.ts knows decimal.js', decimalJsHasOneHome, {
    given: {
      'src/domain/decimal.ts': "import { Decimal } from 'decimal.js';",
      'src/domain/bracket.ts': "import { Decimal } from 'decimal.js';",
      'src/domain/fills.ts': "import { add } from './decimal.js';",
    },
    caught: ['src/domain/bracket.ts imports decimal.js'],
  });

  law('no any and no non-null assertion, not even suppressed', typesAreHonest, {
    given: { 'src/domain/a.ts': '// any!\nconst x: any = 1;\nconst y = x!.z;\nconst n = !x;\nlet s!: string;' },
    caught: ['src/domain/a.ts:2 says any', 'src/domain/a.ts:3 says !'],
  });

  law('biome refuses any and non-null assertions', biomeRefusesAnyAndNonNull, {
    given: {
      'biome.json': JSON.stringify({
        linter: { rules: { suspicious: { noExplicitAny: 'warn' }, style: { noNonNullAssertion: 'error' } } },
        overrides: [{ linter: { rules: { style: { noNonNullAssertion: 'off' } } } }],
      }),
    },
    caught: [
      'biome.json does not make suspicious/noExplicitAny an error',
      'biome.json does not make style/noNonNullAssertion an error',
    ],
  });

  law('no file is named utils, helpers or misc', namesSayWhatIsInside, {
    given: {
      'src/engine/utils.ts': '',
      'test/helpers/x.ts': '',
      'src/domain/misc.ts': '',
      'src/domain/miscible.ts': '',
    },
    caught: ['src/engine/utils.ts', 'test/helpers/x.ts', 'src/domain/misc.ts'].map(
      (path) => `${path} is named for nothing`,
    ),
  });

  law('only index.ts is a barrel', onlyIndexIsABarrel, {
    given: {
      'src/adapters/index.ts': "export { a } from './a.js';",
      'src/adapters/all.ts': "export * from './a.js';\nexport { b } from './b.js';",
      'src/adapters/hidden.ts': "import { a } from './a.js';\nexport { a };",
      'src/adapters/a.ts': "export { b } from './b.js';\nexport const a = 1;",
      'src/domain/types.ts': 'export type A = 1;',
    },
    caught: ['src/adapters/all.ts is a barrel', 'src/adapters/hidden.ts is a barrel'],
  });

  const body = (lines: number) => '  step();\n'.repeat(lines);

  law('no file has more than 400 lines', filesAreShort, {
    given: { 'src/domain/long.ts': 'f();\n'.repeat(401), 'src/domain/fits.ts': 'f();\n'.repeat(400) },
    caught: ['src/domain/long.ts has 401 lines'],
  });

  law('no function has more than 60 lines of its own', functionsAreShort, {
    given: {
      'src/domain/a.ts': `function long() {\n${body(59)}}\nfunction fits() {\n${body(58)}}\n`,
      'src/domain/b.ts': `export const arrow = async () => {\n${body(60)}};\n`,
      'src/domain/c.ts': `class A {\n  method() {\n${body(61)}  }\n}\n`,
      'src/domain/factory.ts': `function make() {\n  const f = () => {\n${body(40)}  };\n  return { f, g() {\n${body(40)}  } };\n}\n`,
      'src/domain/callback.ts': `function walk() {\n  all.forEach(() => {\n${body(60)}  });\n}\n`,
    },
    caught: [
      'src/domain/a.ts has 61 lines in long',
      'src/domain/b.ts has 62 lines in arrow',
      'src/domain/c.ts has 63 lines in method',
      'src/domain/callback.ts has 64 lines in walk',
    ],
  });

  law('a relative import names its file', relativeImportsNameTheFile, {
    given: {
      'src/domain/a.ts':
        "import { b } from './b';\nexport * from './c.ts';\nimport d from './d.json' with { type: 'json' };",
      'test/a.test.ts': "const a = await import('../src/domain/a');\nimport { e } from './e.js';\nimport 'rxjs';",
    },
    caught: ['src/domain/a.ts imports ./b', 'src/domain/a.ts imports ./c.ts', 'test/a.test.ts imports ../src/domain/a'],
  });

  law('src/index.ts is a table of contents', indexIsATableOfContents, {
    given: {
      'src/index.ts': `export * from './a.js';\nexport { b } from './b.js';\nexport default 1;\n${'\n'.repeat(100)}`,
    },
    caught: [
      "src/index.ts says export * from './a.js';",
      'src/index.ts says export default 1;',
      'src/index.ts has 103 lines',
    ],
  });

  law('every entry point has its types', entryPointsHaveTypes, {
    given: {
      'package.json': JSON.stringify({
        name: 'p',
        exports: {
          '.': { default: './dist/index.js' },
          './a': { default: './dist/a/index.js' },
          './b': { default: './dist/adapters/b.js' },
          './package.json': './package.json',
        },
      }),
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { 'p/*': ['./src/*/index.ts'] } } }),
    },
    caught: [
      'tsconfig.json does not lead p to ./src/index.ts',
      'tsconfig.json does not lead p/b to ./src/adapters/b.ts',
    ],
  });

  law('dependencies are pinned and locked', dependenciesArePinnedAndLocked, {
    given: {
      'package.json': JSON.stringify({ dependencies: { a: '^1.0.0' }, devDependencies: { b: '1.0.0' } }),
      'package-lock.json': JSON.stringify({
        packages: {
          'node_modules/b': { optionalDependencies: { c: '1.0.0', 'd-win32': '1.0.0' } },
          'node_modules/c': {},
        },
      }),
    },
    caught: ['package.json does not pin a: ^1.0.0', 'package-lock.json lacks d-win32'],
  });

  law('nothing tracked names a machine or a registry', nothingForeignIsTracked, {
    given: {
      'docs/a.md': `see\n${slashed('work', 'main')}`,
      'docs/b.md': `cd ${slashed('root')}`,
      'docs/c.md': ['..', 'shared', 'SPEC.md'].join('/'),
      'package-lock.json': `"https://${['registry', 'npmjs', 'org'].join('.')}/rxjs"`,
      'scripts/a.mjs': ['', 'tmp', 'bash_jobs'].join('/'),
      'docs/good.md': `https://example.com/${'work'}/x, src/${'work'}/x.ts, registry.codes, ./shared, /var/lib/fillchart`,
    },
    caught: [
      `docs/a.md:2 names a machine path: ${slashed('work')}`,
      `docs/b.md:1 names a machine path: ${slashed('root')}`,
      `docs/c.md:1 names a folder beside the repository: ${['..', 'shared'].join('/')}`,
      `package-lock.json:1 names a package registry: ${['https://registry', ''].join('.')}`,
      `scripts/a.mjs:1 names a machine path: ${['', 'tmp', 'bash'].join('/')}`,
    ],
  });

  law('every test runs', everyTestRuns, {
    given: {
      'test/a.test.ts':
        "it.only('a', f);\ndescribe.skip('b', f);\nit.concurrent.todo('c');\nit.skip.each([1])('d', f);",
      'test/good.test.ts': "// it.skip\nit('it.only', f);\nlist.skip(1);\nit.each([1])('x', f);",
    },
    caught: [
      'test/a.test.ts:1 says it.only',
      'test/a.test.ts:2 says describe.skip',
      'test/a.test.ts:3 says it.todo',
      'test/a.test.ts:4 says it.skip',
    ],
  });
});

// ── How sources are read ──────────────────────────────────────────────────────────────────────────────────────────

/** Every text file that is in git or would be added by `git add .`; without git, every file but what is made here. */
function tracked(): readonly Source[] {
  const root = fileURLToPath(new URL('../', import.meta.url));
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

function inSrc(files: readonly Source[]): readonly Source[] {
  return files.filter((file) => /^src\/.*\.tsx?$/.test(file.path));
}

/** The folder below `src`; a file of `src` itself is a layer of its own. */
function layerOf(path: string): string {
  return path.match(/^src\/([^/]+)\//)?.[1] ?? path.match(/^src\/([^/]+)\.ts$/)?.[1] ?? path;
}

/** The file that an import leads to, relative to the root; `undefined` for a package or a part of Node. */
function resolved(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
  const own = specifier.match(/^fillchart(?:\/(.+))?$/);
  if (own === null) return undefined;
  if (own[1] === undefined) return 'src/index.ts';
  return LAYERS[own[1]] === undefined ? `src/adapters/${own[1]}` : `src/${own[1]}/index.ts`;
}

const programs = new WeakMap<Source, readonly Node[]>();

function programOf(file: Source): readonly Node[] {
  const known = programs.get(file);
  if (known !== undefined) return known;
  const lang = file.path.endsWith('.tsx') ? 'tsx' : 'ts';
  const { body } = parseAst(file.text, { lang }, file.path) as unknown as { body: readonly Node[] };
  programs.set(file, body);
  return body;
}

const walks = new WeakMap<Source, readonly Place[]>();

/** Every node of a file with its parent, in the order of the text. */
function placesOf(file: Source): readonly Place[] {
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
function specifiersOf(file: Source): readonly string[] {
  return placesOf(file)
    .map(({ node }) => node.source?.value)
    .filter((value) => typeof value === 'string');
}

function importsOf(file: Source): readonly { name: string; local: string; module: string }[] {
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
function declaredNames(file: Source): ReadonlySet<string> {
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
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if (parent.key === node || parent.property === node) return parent.computed === true;
  if (/^TS(?:As|NonNull|Satisfies|TypeAssertion|Instantiation|ExportAssignment)/.test(parent.type)) return true;
  return !/^(?:TS|Import|ExportSpecifier|Label)/.test(parent.type);
}

function propertyName(node: Node): string | undefined {
  const value = node.property?.value;
  return node.computed === true ? (typeof value === 'string' ? value : undefined) : node.property?.name;
}

/** `it` of `it.concurrent.each`. */
function rootName(node: Node): string | undefined {
  const inner = node.object ?? node.callee;
  return inner === undefined ? node.name : rootName(inner);
}

function contains(outer: Node, inner: Node): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function textOf(file: Source, node: Node): string {
  return file.text.slice(node.start, node.end);
}

function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function at(file: Source, node: Node): string {
  return `${file.path}:${lineAt(file.text, node.start)}`;
}
