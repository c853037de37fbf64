/** What studies cannot have under a protocol: it is said in the plan, not by empty tables. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { Study, StudyContext } from "../../studies/study.js";
import { type LeftOut, WHOLE_STUDY } from "./lone-problems.js";

/** Whole studies, where there are no latents. @param names of those that were wanted. */
export function withoutLatents(names: readonly string[], protocol: AnyProtocol): LeftOut[] {
  return names.map((study) => ({
    study,
    condition: WHOLE_STUDY,
    reason: `is about latents, and protocol ${protocol} has none`,
  }));
}

/** Parts of studies that have no object. */
export function lackingParts(studies: readonly Study[], context: StudyContext): LeftOut[] {
  return studies.flatMap(({ name, lacks }) => (lacks?.(context) ?? []).map((each) => ({ study: name, ...each })));
}

/** What a plan says of the loop; nothing of CODI's, which every file states. */
export function planNotes({
  codi: { numLatents },
  because,
  protocol,
}: {
  readonly codi: { readonly numLatents: number };
  readonly because: { readonly protocol: string | null; readonly latents: string };
  readonly protocol: AnyProtocol;
}): string[] {
  const { feedback, note } = protocolOf(protocol);
  if (feedback === "projection") return [];
  const known = because.protocol === null ? "" : ` (${because.protocol})`;
  return [
    `protocol ${protocol}${known}, ${numLatents} latents (${because.latents})`,
    ...(note === null ? [] : [`protocol ${protocol}: ${note}`]),
  ];
}
