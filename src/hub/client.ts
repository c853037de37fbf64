/** The hub's file API: which commit a revision is, and what that commit holds. */

import { z } from "zod";
import { BadInputError, EnvironmentError, firstIssue } from "../base/errors.js";
import type { Identity } from "./content-hash.js";
import { hubGet, networkFailure, redirectTarget, type Subject } from "./http.js";
import type { RepositoryName } from "./names.js";
import { type Network, withRetries } from "./retry.js";

/** A file of a commit, before it is fetched. */
export interface HubFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly identity: Identity;
}

const MAX_PAGES = 1000;
const commitHash = z.string().regex(/^[0-9a-f]{40}$/);
const size = z.int().nonnegative();
const revisionSchema = z.object({ sha: commitHash });
// The hub may add fields at any time, so these objects are not strict.
const pageSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: size.optional(),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string(), size }).nullish(),
  }),
);

/** The commit that a revision means now. @throws BadInputError, EnvironmentError. */
export async function resolveCommit(network: Network, name: RepositoryName): Promise<string> {
  const { repository, revision } = name;
  const url = new URL(`${network.settings.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`);
  const { value } = await getJson(network, url, name);
  const { sha } = parsed(revisionSchema, value, url);
  if (commitHash.safeParse(revision).success && sha !== revision)
    throw new BadInputError(`${url.host} gives commit ${sha} for ${revision}`, "check HF_ENDPOINT");
  return sha;
}

/** All files of a commit, with size and hash. @throws BadInputError, EnvironmentError. */
export async function listFiles(network: Network, repository: string, commit: string): Promise<HubFile[]> {
  const files: HubFile[] = [];
  let url: URL | null = new URL(
    `${network.settings.endpoint}/api/models/${repository}/tree/${commit}?recursive=true&expand=false`,
  );
  const seen = new Set<string>();
  while (url !== null) {
    if (seen.has(url.href) || seen.size >= MAX_PAGES)
      throw new EnvironmentError(`${url.host} lists ${repository} without an end`, "check HF_ENDPOINT");
    seen.add(url.href);
    const { value, next } = await getJson(network, url, { repository, revision: commit });
    for (const entry of parsed(pageSchema, value, url))
      if (entry.type === "file") files.push(fileOf(repository, entry));
    url = next;
  }
  return files;
}

/** Address of a file's content. */
export function contentUrl(endpoint: string, where: { repository: string; commit: string; name: string }): URL {
  const path = where.name.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${where.repository}/resolve/${where.commit}/${path}`);
}

function fileOf(repository: string, { path, size, oid, lfs }: z.infer<typeof pageSchema>[number]): HubFile {
  if (lfs && /^[0-9a-f]{64}$/.test(lfs.oid))
    return { name: path, sizeBytes: lfs.size, identity: { kind: "sha256", hex: lfs.oid } };
  if (!lfs && size !== undefined && oid !== undefined && commitHash.safeParse(oid).success)
    return { name: path, sizeBytes: size, identity: { kind: "git", hex: oid } };
  throw new BadInputError(
    `${repository} lists ${JSON.stringify(path)} without a size and hash that can be checked`,
    "nothing is fetched that cannot be checked: get it with the hub's own program",
  );
}

async function getJson(network: Network, url: URL, subject: Subject): Promise<{ value: unknown; next: URL | null }> {
  return withRetries(network, `ask ${url.host} about ${subject.repository}`, async () => {
    const response = await hubGet(network, url, { subject });
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw networkFailure(network, url.host, error);
    }
    return { value: fromJson(text, url), next: nextPage(response.headers.get("link"), url) };
  });
}

function fromJson(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notTheHub(url, "no JSON", error);
  }
}

/** The `next` of a Link header (RFC 8288), taken relative to the page it came with. */
function nextPage(link: string | null, page: URL): URL | null {
  for (const [, target = "", parameters = ""] of (link ?? "").matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g))
    if (/;\s*rel\s*=\s*"?next"?\s*(?:;|$)/i.test(parameters)) return redirectTarget(page, target);
  return null;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, url: URL): T {
  const result = schema.safeParse(value);
  if (!result.success) throw notTheHub(url, firstIssue(result.error), result.error);
  return result.data;
}

function notTheHub(url: URL, why: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    `${url.host} does not answer as the hub does: ${why}`,
    "check HF_ENDPOINT, and whether the network shows a log-in page",
    { cause },
  );
}
