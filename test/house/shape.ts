/**
 * Laws of how a file looks: its types, its name, its length.
 */
import { at, contains, inSrc, type Law, lineCount, type Place, placesOf, textOf } from './sources.js';

/** Biome refuses these too, but takes a suppression comment for an answer. */
export const typesAreHonest: Law = (files) =>
  inSrc(files).flatMap((file) =>
    placesOf(file).flatMap(({ node }) => {
      if (node.type === 'TSAnyKeyword') return [`${at(file, node)} says any`];
      return node.type === 'TSNonNullExpression' ? [`${at(file, node)} says !`] : [];
    }),
  );

interface BiomeRules {
  readonly linter?: { readonly rules?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> };
}

export const biomeRefusesAnyAndNonNull: Law = (files) =>
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

export const namesSayWhatIsInside: Law = (files) =>
  files
    .filter((file) => /^(?:src|test|examples|bench|scripts)\//.test(file.path))
    .filter((file) => /(?:^|[-._/])(?:utils?|helpers?|misc)(?:[-._/]|$)/i.test(file.path))
    .map((file) => `${file.path} is named for nothing`);

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

export const filesAreShort: Law = (files) =>
  files
    .filter((file) => /^src\/.*\.(?:tsx?|css)$/.test(file.path) && lineCount(file.text) > MAX_FILE_LINES)
    .map((file) => `${file.path} has ${lineCount(file.text)} lines`);

/** A function has the lines that are its own: a named function or a method inside it counts for itself, a callback does not. */
export const functionsAreShort: Law = (files) =>
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
