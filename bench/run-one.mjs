/**
 * One benchmark, or one part of it, in a process of its own:
 * `node --expose-gc bench/run-one.mjs <case> <options as JSON> [part as JSON]`; the result is the last line on stdout, as JSON.
 */
const [, , name, options, part] = process.argv;
const about = await import(`./cases/${name}.mjs`);
const result = part === undefined ? await about.run(JSON.parse(options)) : await about.measure(JSON.parse(part));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
