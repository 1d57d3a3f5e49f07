/**
 * Keeps secrets out of everything that is said.
 *
 * Every text that leaves the adapter (causes, reasons, thrown errors, warnings) passes through here.
 */

/** A function that blots out each secret wherever it stands in a text. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret !== '');
  return (text) => known.reduce((rest, secret) => rest.split(secret).join('[secret]'), text);
}
