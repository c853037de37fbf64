/** What studies cannot have under a protocol: it is said in the plan, not by empty tables. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import { MAIN_STUDIES } from "../../studies/selection.js";
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

/** Whole studies that a protocol has not, where all were wanted. @param names of those. */
export function notOfProtocol(names: readonly string[], protocol: AnyProtocol): LeftOut[] {
  return names.map((study) => ({
    study,
    condition: WHOLE_STUDY,
    reason: `is no study of protocol ${protocol}, which has ${MAIN_STUDIES.join(" and ")} only`,
  }));
}

/** Parts of studies that have no object. */
export function lackingParts(studies: readonly Study[], context: StudyContext): LeftOut[] {
  return studies.flatMap(({ name, lacks }) => (lacks?.(context) ?? []).map((each) => ({ study: name, ...each })));
}

/** What a plan says of the loop; nothing of CODI's, which every file states, and nothing of the number of latents, which the load says. */
export function planNotes({
  because,
  protocol,
}: {
  readonly because: { readonly protocol: string | null };
  readonly protocol: AnyProtocol;
}): string[] {
  const { feedback, note } = protocolOf(protocol);
  if (feedback === "projection") return [];
  const known = because.protocol === null ? "" : ` (${because.protocol})`;
  return [`protocol ${protocol}${known}`, ...(note === null ? [] : [`protocol ${protocol}: ${note}`])];
}
