/**
 * One benchmark in a process of its own: `node --expose-gc bench/run-one.mjs <case> <options as JSON>`; the result is the last
 * line on stdout, as JSON.
 */
const [, , name, options] = process.argv;
const { run } = await import(`./cases/${name}.mjs`);
const result = await run(JSON.parse(options));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
