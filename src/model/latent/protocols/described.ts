/** What a run's manifest keeps of a protocol of one's own, so that its results can be put into words where its file is not. */

import { z } from "zod";
import { addDescribed, protocolOf } from "./index.js";
import { FEEDBACKS } from "./loop.js";
import { type AnyProtocol, PROTOCOL_NAMES, type ProtocolName } from "./names.js";
import type { Protocol } from "./protocol.js";

const text = z.string();

/** Its shape. */
export const describedSchema = z.looseObject({
  name: text,
  like: z.enum(PROTOCOL_NAMES),
  feedback: z.enum(FEEDBACKS),
  prepared: text,
  methods: z.looseObject({ model: text, lineage: text, inference: text, verdict: text, later: text }),
});

const likes = new WeakMap<Protocol, ProtocolName>();

/** Notes which protocol of the package one of one's own is like. */
export function markLike(own: Protocol, like: ProtocolName): void {
  likes.set(own, like);
}

/** A protocol in words. */
export type DescribedProtocol = z.infer<typeof describedSchema>;

/** @param latents of the run. @returns null for a protocol of the package. */
export function descriptionOf(name: AnyProtocol, latents: number): DescribedProtocol | null {
  const own = protocolOf(name);
  const like = likes.get(own);
  if (like === undefined) return null;
  const { feedback, prepared, methods } = own;
  const { model, lineage, inference, verdict, later } = methods;
  return { name, like, feedback, prepared, methods: { model: model(latents), lineage, inference, verdict, later } };
}

/** Makes a protocol's words known here. */
export function addDescription({ name, like, feedback, prepared, methods }: DescribedProtocol): void {
  const { model, lineage, inference, verdict, later } = methods;
  const words = { model: () => model, lineage, inference, verdict, later };
  addDescribed({ ...protocolOf(like), name, feedback, prepared, methods: words });
}
