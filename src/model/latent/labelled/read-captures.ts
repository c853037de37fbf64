/** Reads captured values of one run at an address, with names. */

import { UsageError } from "../../../base/errors.js";
import { type Address, type NumberAddress, toAddresses } from "../../hooks/address.js";
import { described } from "../../hooks/described.js";
import { matchingSites, type SiteName } from "../../hooks/names.js";
import { positionName } from "../../hooks/step.js";
import type { SequenceLayout } from "../layout.js";
import { LabelledTensor } from "./labelled-tensor.js";

/** What one run captured, and what its positions are called. */
export interface CapturedRun {
  readonly sites: readonly SiteName[];
  /** One site's values, `[1, …]`. @throws UsageError where the run did not capture it. */
  get(site: SiteName): {
    readonly axes: readonly string[];
    readonly shape: readonly number[];
    readonly data: Float32Array;
  };
  readonly layout: SequenceLayout;
  /** Index among the answer's tokens of the first one of its number, or null where none was read. */
  readonly numberToken: number | null;
}

/** What is read. */
export interface Asked {
  readonly site: string;
  readonly address: Address | NumberAddress | string;
  /** Of a pattern: which keys. */
  readonly keys: Address | NumberAddress | string | undefined;
}

/** @throws UsageError where the site was not captured, or the address is not in the run. */
export function readCaptures(run: CapturedRun, asked: Asked): LabelledTensor {
  const { site } = asked;
  if (typeof site !== "string")
    throw new UsageError(
      `The site is ${described(site)}`,
      'write site.block(8).residPost, or its text "blocks.8.hook_resid_post"',
    );
  if (!site.includes("*")) return readSite(run, site as SiteName, asked);
  const sites = matchingSites(site, run.sites);
  const layers = sites.map((each) => /^blocks\.(\d+)\.(.+)$/.exec(each)?.slice(1) ?? ["", each]);
  const kinds = new Set(layers.map(([, kind]) => kind));
  if (kinds.size !== 1 || layers.some(([layer]) => layer === ""))
    throw new UsageError(
      `"${site}" matches ${sites.length === 0 ? "no captured site" : sites.join(", ")}, wanted one site of several layers`,
      "write it like blocks.*.hook_resid_post, and capture it",
    );
  const byLayer = LabelledTensor.stack(
    sites.map((each) => readSite(run, each, asked)),
    "layer",
  );
  const { axes, shape, data, names } = byLayer;
  return new LabelledTensor({ axes, shape, data, names: { ...names, layer: layers.map(([layer = ""]) => layer) } });
}

function readSite(run: CapturedRun, site: SiteName, { address, keys }: Asked): LabelledTensor {
  const { axes, shape, data } = run.get(site);
  const placed = axes.find((axis) => axis === "position" || axis === "query" || axis === "latent") ?? "position";
  const names = run.layout.names;
  const whole = new LabelledTensor<readonly string[]>({
    axes: axes.slice(1),
    shape: shape.slice(1),
    data,
    names:
      placed === "latent"
        ? { latent: latentNames(run.layout, shape[1] ?? 0) }
        : { [placed]: names, ...(placed === "query" ? { key: names } : {}) },
  });
  const read = readAlong(whole, placed, { run, site, address });
  if (keys === undefined) return read;
  if (placed !== "query") throw new UsageError(`Site "${site}" has no keys`, "leave keys out");
  return readAlong(read, "key", { run, site, address: keys });
}

// Under `seed` latent 0 has no projection, so its sites begin at latent 1.
function latentNames({ parts }: SequenceLayout, count: number): string[] {
  return Array.from({ length: count }, (_, k) => `latent.${k + parts.latents - count}`);
}

interface Where {
  readonly run: CapturedRun;
  readonly site: string;
  readonly address: Asked["address"];
}

function readAlong(whole: LabelledTensor, axis: string, { run, site, address }: Where): LabelledTensor {
  const { wanted, isPoint } = positionsOf(run, address);
  const has = new Set(whole.names[axis]);
  const found = wanted.filter((name) => has.has(name));
  const last = found.at(-1);
  if (last === undefined)
    throw new UsageError(`Site "${site}" has no value at ${wanted.join(", ")}`, "it has values at latents only");
  // With EOS after EOT the answer is predicted from the last of the two.
  if (isPoint) return whole.at(axis, last);
  return found.length === has.size ? whole : whole.where(axis, found);
}

/** Names of the addressed positions. @throws UsageError where the run has none. */
function positionsOf(
  run: CapturedRun,
  given: Asked["address"],
): { readonly wanted: readonly string[]; readonly isPoint: boolean } {
  const number = ["number", "beforeNumber"].find((part) => part === (typeof given === "string" ? given : given?.part));
  if (number !== undefined) return { wanted: [numberPosition(run, number)], isPoint: true };
  const { positions } = run.layout;
  const addresses = toAddresses(given as Address);
  const wanted = addresses.flatMap((address) =>
    run.layout.indicesOf(address).flatMap((place) => positions.slice(place, place + 1).map(positionName)),
  );
  return { wanted: [...new Set(wanted)], isPoint: addresses.length === 1 && addresses.every(isPoint) };
}

function isPoint(address: Address): boolean {
  return "index" in address ? address.index !== null : address.part !== "all";
}

function numberPosition({ layout, numberToken }: CapturedRun, part: string): string {
  if (numberToken === null)
    throw new UsageError(
      `This run's answer has no number, so nothing is at "${part}"`,
      "leave such runs out: runs.where((run) => run.answer.numberToken !== null)",
    );
  const index = numberToken - (part === "number" ? 0 : 1);
  if (index < layout.parts.answer) return index < 0 ? eotName(layout) : `answer.${index}`;
  throw new UsageError(
    "The number is the answer's last token, which the model did not read",
    "read at.beforeNumber, the position that predicts it",
  );
}

function eotName({ positions }: SequenceLayout): string {
  return (
    positions
      .filter(({ part }) => part === "eot")
      .map(positionName)
      .at(-1) ?? "eot"
  );
}
