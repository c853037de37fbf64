/** Names: of a repository and its revision as typed, and of the files that a hub lists. */

import { BadInputError, UsageError } from "../base/errors.js";

/** What is asked for: `namespace/name` and a branch, tag, pull request or commit. */
export interface RepositoryName {
  readonly repository: string;
  readonly revision: string;
}

/** `REPO[@REVISION]`, the revision being `main` where none is given. @throws UsageError. */
export function parseRepository(text: string): RepositoryName {
  const cut = text.indexOf("@");
  const repository = cut < 0 ? text : text.slice(0, cut);
  const revision = cut < 0 ? "main" : text.slice(cut + 1);
  const part = /^(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
  const parts = repository.split("/");
  if (parts.length > 2 || !parts.every((each) => part.test(each)))
    throw new UsageError(
      `"${repository}" is not the name of a repository`,
      "give it as NAMESPACE/NAME, without a host",
    );
  // Dots as a whole segment would be taken out of the address before it is sent.
  if (!/^[\w./+-]{1,255}$/.test(revision) || revision.split("/").some((each) => /^\.*$/.test(each)))
    throw new UsageError(`"${revision}" is not the name of a revision`, "give a branch, a tag or a commit after the @");
  return { repository, revision };
}

/** Why a file may not be written under this name, or null. Names come from the hub and become paths. */
export function nameFault(name: string): string | null {
  if (name === "" || name.length > 1024) return "it is empty or too long";
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name)) return "it holds a control character";
  if (name.includes("\\")) return "it holds a backslash";
  if (name.includes(":")) return "it holds a colon, which is a drive or a stream on Windows";
  if (name.startsWith("/")) return "it is absolute";
  const segments = name.split("/");
  if (segments.some((each) => each === "" || each === "." || each === ".."))
    return "it leaves its folder or hides a part";
  if (segments.some((each) => each.startsWith(".codilens-")))
    return "this program keeps its own notes under such names";
  return null;
}

/** Refuses a list of files of which one cannot be written as named. @throws BadInputError. */
export function refuseUnsafeNames(repository: string, names: readonly string[]): void {
  const taken = new Set<string>();
  for (const name of names) {
    const fault = nameFault(name) ?? (taken.has(name) || taken.has(`${name}.part`) ? "it stands for two files" : null);
    if (fault !== null)
      throw new BadInputError(
        `${repository} lists a file named ${JSON.stringify(name)}: ${fault}; nothing was written`,
        "do not use this repository, or choose other files with --include",
      );
    taken.add(name);
    taken.add(`${name}.part`);
  }
}
