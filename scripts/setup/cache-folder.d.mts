type Environment = Readonly<Record<string, string | undefined>>;

/** The user's home folder, or null where there is none. */
export function homeFolder(env?: Environment, platform?: NodeJS.Platform): string | null;

/** The per-user cache folder, which need not exist. */
export function cacheRoot(env?: Environment, platform?: NodeJS.Platform): string;

/** One sentence for each variable that is set to a path which is not absolute. */
export function cacheNotices(env?: Environment, platform?: NodeJS.Platform): string[];
