/** The logit lens over layers: what the head would say of each layer's state at each position. */

import { UsageError } from "../../base/errors.js";
import { type Address, at } from "../../model/hooks/address.js";
import { blockSite, type SiteName } from "../../model/hooks/names.js";
import type { LatentModel } from "../../model/latent/latent-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { framed, paragraph, probabilityText, type ShownTable, tableOf, textTable } from "./fragment.js";
import { lensTableOf, visible } from "./lens-table.js";
import { Shown } from "./shown.js";

/** What is read by `lensView`. */
export interface LensViewOptions {
  /** Also reads each layer's state, by this model. The run needs `capture: ["blocks.*.hook_resid_post"]`. */
  readonly model?: LatentModel;
  /** Columns of the layers' table. Default: BOT, the latents and EOT. */
  readonly at?: readonly Address[];
}

/**
 * The logit lens of a run as tables: of the last layer (`lens: true`), and with a model of every layer.
 *
 * @throws UsageError where the run kept neither, or an address is not in the run.
 * @example
 * ```ts
 * const run = await model.run(question, { lens: true, capture: ["blocks.*.hook_resid_post"] });
 * const view = await lensView(run, { model });
 * view.toString().includes("layer") // → true
 * ```
 */
export async function lensView(run: RunResult, { model, at: places }: LensViewOptions = {}): Promise<Shown> {
  const last = lensTableOf(run);
  const layers =
    model === undefined ? null : await layerTable(run, { model, places: places ?? [at.bot, at.latent(), at.eot] });
  const tables = [last, layers].filter((each) => each !== null);
  if (tables.length === 0)
    throw new UsageError("The run kept no lens", "run with lens: true, or give lensView(run, { model })");
  const method = "Logit lens: final norm and head on a state that later blocks still change.";
  return new Shown({
    html: framed(tables.map(tableOf).join("") + paragraph(method, "soft")),
    text: [...tables.map(textTable), method].join("\n\n"),
  });
}

async function layerTable(
  run: RunResult,
  { model, places }: { readonly model: LatentModel; readonly places: readonly Address[] },
): Promise<ShownTable> {
  const sites = run.captures.sites.filter(isResidual);
  if (sites.length === 0)
    throw new UsageError(
      `The run kept no layer's state: ${run.captures.sites.join(", ") || "nothing"} was captured`,
      'run with capture: ["blocks.*.hook_resid_post"]',
    );
  const columns = [...new Set(places.flatMap((each) => run.layout.indicesOf(each)))].sort((a, b) => a - b);
  const names = run.layout.names;
  const rows = [];
  for (const site of sites) {
    const said = await saidOf(run, { model, site, columns });
    const layer = /^blocks\.(\d+)\./.exec(site)?.[1] ?? "";
    rows.push([
      layer,
      ...said.map(({ text, logProb }, i) => ({
        text: visible(text),
        share: Math.exp(logProb),
        title: `layer ${layer}, ${names[columns[i] ?? 0]}: “${text}”, probability ${probabilityText(logProb)}`,
      })),
    ]);
  }
  return {
    caption: "First choice of the head after each block; a stronger colour is a higher probability",
    header: ["layer", ...columns.map((place) => names[place] ?? "")],
    rows,
    numbers: [0],
  };
}

/** The first choice at some positions of one site, with its probability. */
async function saidOf(
  run: RunResult,
  {
    model,
    site,
    columns,
  }: { readonly model: LatentModel; readonly site: SiteName; readonly columns: readonly number[] },
): Promise<{ readonly text: string; readonly logProb: number }[]> {
  const { dModel } = model.config;
  const { data } = run.captures.get(blockSite(Number(site.split(".")[1]), "hook_resid_post"));
  const states = new Float32Array(columns.length * dModel);
  for (const [i, place] of columns.entries())
    states.set(data.subarray(place * dModel, (place + 1) * dModel), i * dModel);
  const firsts = (await model.logitLens(states)).map(({ first }) => first);
  // A probability is given of tokens that are named: each position's own first choice is on its diagonal.
  const readings = await model.logitLens(states, firsts);
  return readings.map(({ logProbs }, i) => ({
    text: model.tokenizer.tokenText(firsts[i] ?? 0),
    logProb: logProbs[i] ?? Number.NaN,
  }));
}

function isResidual(site: SiteName): boolean {
  return /^blocks\.\d+\.hook_resid_post$/.test(site);
}
