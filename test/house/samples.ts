/**
 * Samples, good and bad, on which each law of the house proves itself before it judges the house.
 *
 * 1. Nothing here is code of the project: a law must find each offence that is listed, and no other.
 */
import { slashed } from './repository.js';
import type { Control } from './sources.js';

const body = (lines: number) => '  step();\n'.repeat(lines);

export const SAMPLES = {
  importsGoOneWay: {
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
  },
  noCircleOfImports: {
    given: {
      'src/domain/a.ts': "import type { B } from './b.js';",
      'src/domain/b.ts': "import { c } from './c.js';\nimport { d } from './d.js';",
      'src/domain/c.ts': "export { a } from './a.js';",
      'src/domain/d.ts': "import 'rxjs';",
      'src/engine/e.ts': "import { a } from '../domain/a.js';",
    },
    caught: ['a', 'b', 'c'].map((name) => `src/domain/${name}.ts is in a circle of imports`),
  },
  nothingAmbientOutsideTheEdge: {
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
  rxjsRunsOnAGivenScheduler: {
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
  },
  decimalJsHasOneHome: {
    given: {
      'src/domain/decimal.ts': "import { Decimal } from 'decimal.js';",
      'src/domain/bracket.ts': "import { Decimal } from 'decimal.js';",
      'src/domain/fills.ts': "import { add } from './decimal.js';",
    },
    caught: ['src/domain/bracket.ts imports decimal.js'],
  },
  typesAreHonest: {
    given: { 'src/domain/a.ts': '// any!\nconst x: any = 1;\nconst y = x!.z;\nconst n = !x;\nlet s!: string;' },
    caught: ['src/domain/a.ts:2 says any', 'src/domain/a.ts:3 says !'],
  },
  biomeRefusesAnyAndNonNull: {
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
  },
  namesSayWhatIsInside: {
    given: {
      'src/engine/utils.ts': '',
      'test/helpers/x.ts': '',
      'src/domain/misc.ts': '',
      'src/domain/miscible.ts': '',
    },
    caught: ['src/engine/utils.ts', 'test/helpers/x.ts', 'src/domain/misc.ts'].map(
      (path) => `${path} is named for nothing`,
    ),
  },
  onlyIndexIsABarrel: {
    given: {
      'src/adapters/index.ts': "export { a } from './a.js';",
      'src/adapters/all.ts': "export * from './a.js';\nexport { b } from './b.js';",
      'src/adapters/hidden.ts': "import { a } from './a.js';\nexport { a };",
      'src/adapters/a.ts': "export { b } from './b.js';\nexport const a = 1;",
      'src/domain/types.ts': 'export type A = 1;',
    },
    caught: ['src/adapters/all.ts is a barrel', 'src/adapters/hidden.ts is a barrel'],
  },
  filesAreShort: {
    given: {
      'src/domain/long.ts': 'f();\n'.repeat(401),
      'src/domain/fits.ts': 'f();\n'.repeat(400),
      'src/browser/long.css': 'a {}\n'.repeat(401),
    },
    caught: ['src/domain/long.ts has 401 lines', 'src/browser/long.css has 401 lines'],
  },
  functionsAreShort: {
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
  },
  relativeImportsNameTheFile: {
    given: {
      'src/domain/a.ts':
        "import { b } from './b';\nexport * from './c.ts';\nimport d from './d.json' with { type: 'json' };",
      'test/a.test.ts': "const a = await import('../src/domain/a');\nimport { e } from './e.js';\nimport 'rxjs';",
    },
    caught: ['src/domain/a.ts imports ./b', 'src/domain/a.ts imports ./c.ts', 'test/a.test.ts imports ../src/domain/a'],
  },
  indexIsATableOfContents: {
    given: {
      'src/index.ts': `export * from './a.js';\nexport { b } from './b.js';\nexport default 1;\n${'\n'.repeat(100)}`,
    },
    caught: [
      "src/index.ts says export * from './a.js';",
      'src/index.ts says export default 1;',
      'src/index.ts has 103 lines',
    ],
  },
  entryPointsHaveTypes: {
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
  },
  dependenciesArePinnedAndLocked: {
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
  },
  nothingForeignIsTracked: {
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
  },
} satisfies Readonly<Record<string, Control>>;
