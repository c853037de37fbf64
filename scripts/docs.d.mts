/** Every page of the site but README, relative to the repository's root. */
export function pages(root?: string): string[];

/** The sources of the modules that the package exports. */
export function entryPoints(manifest?: { readonly exports: Readonly<Record<string, unknown>> }): string[];
