import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

/** Tests and examples import the package by its public names; here these lead to the sources, so that no build is needed. */
const alias = Object.entries(manifest.exports).flatMap(([entry, target]) => {
  if (typeof target === 'string') return [];
  const source = target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts');
  return [
    {
      find: new RegExp(`^${manifest.name}${entry.slice(1)}$`),
      replacement: fileURLToPath(new URL(source, import.meta.url)),
    },
  ];
});

/** What takes longest: `npm run test:deep`, and part of `npm run check`. All the rest is `npm test`, the adapters’ main paths in it. */
const deep = [
  'test/adapters/journals.process.test.ts',
  'test/alpaca/{cases,conformance,crowd,faults,fuzz,quote,simulator,simulator.refusals,stream-and-budget}.test.ts',
  'test/ccxt/{cases.*,conformance,faults,fuzz,line,perpetual,siblings,stream,vectors}.test.ts',
  'test/audit/{altered-rows,verify.*}.test.ts',
  // These open Chromium.
  'test/browser/*.chromium.test.ts',
  // These stand in for a part of the program, so they need a process of their own.
  'test/charts/*.test.ts',
  // These talk over real sockets, and one bundles the command line.
  'test/cli/{broker-check,broker-options,ccxt,operator,program,run-brokers,run-console,standing}.test.ts',
  'test/conformance/faulty-adapters.test.ts',
  'test/conformance/paths-command.test.ts',
  'test/crash/*.test.ts',
  // Compiles and runs each example.
  'test/examples.test.ts',
  'test/fix/!(orders).test.ts',
  'test/memory/{heap,retention,start-cost}.test.ts',
  'test/paths/{adapter-paths,all-paths,exits-on-engine,other-charts}.test.ts',
  'test/recovery/{every-step,stalled}.test.ts',
  'test/restate/growth.test.ts',
  'test/service/{events,fuzz,global,kill,sockets,switch-service}.test.ts',
  'test/simulation/{command,simulation}.test.ts',
  'test/stories/symbol-stories.test.ts',
  'test/telemetry/{alerts,dashboard}.test.ts',
  'test/verify/{exits,mutants,steps-tie,verify}.test.ts',
];

/** Restate, workers, a proxy and a broker as processes of their own: `npm run test:scale` alone. */
const scale = ['test/scale/*.test.ts'];

/** What takes a machine to itself: three servers, campaigns, times and figures. With `FILLCHART_SCALE=all`. */
const alone = process.env['FILLCHART_SCALE'] === 'all' ? [] : ['test/scale/{campaign,figures,servers,timing}.test.ts'];

const shared = {
  watch: false,
  // Processes, not threads: crash tests kill, and a native module must not take other test files with it.
  pool: 'forks',
  testTimeout: 20_000,
  dangerouslyIgnoreUnhandledErrors: false,
} as const;

export default defineConfig({
  test: {
    maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
    projects: [
      {
        resolve: { alias },
        // One process loads the sources once for all of its files.
        test: {
          ...shared,
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [...deep, ...scale],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // Files of both can be named in one call: the groups run one after the other.
      {
        resolve: { alias },
        // What is polled for is a browser or another process: on a busy machine it takes its time.
        test: {
          ...shared,
          name: 'deep',
          include: deep,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        // One file at a time: each has the whole machine, and the ports.
        test: {
          ...shared,
          name: 'scale',
          include: scale,
          exclude: alone,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
