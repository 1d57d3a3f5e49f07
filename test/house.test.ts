/**
 * The house rules, as a test.
 *
 * 1. A law is a pure function from sources to offences, each one sentence that names the file.
 * 2. Each law is shown a control first: a few bad sources that it must catch, beside good ones that it must not.
 * 3. Sources are parsed, not searched: comments and strings never offend.
 */
import { describe, expect, it } from 'vitest';
import { nothingAmbientOutsideTheEdge, rxjsRunsOnAGivenScheduler } from './house/ambient.js';
import {
  decimalJsHasOneHome,
  importsGoOneWay,
  indexIsATableOfContents,
  noCircleOfImports,
  onlyIndexIsABarrel,
  relativeImportsNameTheFile,
} from './house/imports.js';
import {
  dependenciesArePinnedAndLocked,
  entryPointsHaveTypes,
  everyTestRuns,
  nothingForeignIsTracked,
} from './house/repository.js';
import { SAMPLES } from './house/samples.js';
import {
  biomeRefusesAnyAndNonNull,
  filesAreShort,
  functionsAreShort,
  namesSayWhatIsInside,
  typesAreHonest,
} from './house/shape.js';
import { SKIPPED_TESTS } from './house/skipped-tests.samples.js';
import { type Control, inSrc, type Law, tracked } from './house/sources.js';

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

  law('imports go one way', importsGoOneWay, SAMPLES.importsGoOneWay);
  law('no files import each other in a circle', noCircleOfImports, SAMPLES.noCircleOfImports);
  law(
    'no clock, timer, randomness or environment is read outside adapters, service and cli',
    nothingAmbientOutsideTheEdge,
    SAMPLES.nothingAmbientOutsideTheEdge,
  );
  law('RxJS runs on a scheduler that it is given', rxjsRunsOnAGivenScheduler, SAMPLES.rxjsRunsOnAGivenScheduler);
  law('only domain/decimal.ts knows decimal.js', decimalJsHasOneHome, SAMPLES.decimalJsHasOneHome);
  law('no any and no non-null assertion, not even suppressed', typesAreHonest, SAMPLES.typesAreHonest);
  law('biome refuses any and non-null assertions', biomeRefusesAnyAndNonNull, SAMPLES.biomeRefusesAnyAndNonNull);
  law('no file is named utils, helpers or misc', namesSayWhatIsInside, SAMPLES.namesSayWhatIsInside);
  law('only index.ts is a barrel', onlyIndexIsABarrel, SAMPLES.onlyIndexIsABarrel);
  law('no file has more than 400 lines', filesAreShort, SAMPLES.filesAreShort);
  law('no function has more than 60 lines of its own', functionsAreShort, SAMPLES.functionsAreShort);
  law('a relative import names its file', relativeImportsNameTheFile, SAMPLES.relativeImportsNameTheFile);
  law('src/index.ts is a table of contents', indexIsATableOfContents, SAMPLES.indexIsATableOfContents);
  law('every entry point has its types', entryPointsHaveTypes, SAMPLES.entryPointsHaveTypes);
  law('dependencies are pinned and locked', dependenciesArePinnedAndLocked, SAMPLES.dependenciesArePinnedAndLocked);
  law('nothing tracked names a machine or a registry', nothingForeignIsTracked, SAMPLES.nothingForeignIsTracked);
  law('every test runs', everyTestRuns, SKIPPED_TESTS);
});
