/** How an engine is named to a reader. */

/** An engine for a reader: its name, version and, where it names one, its GPU. */
export function engineText({
  name,
  version,
  adapter,
}: {
  readonly name: string;
  readonly version: string;
  readonly adapter?: string | undefined;
}): string {
  return adapter === undefined ? `${name} ${version}` : `${name} ${version} on ${adapter}`;
}
