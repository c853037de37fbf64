/** Whole runs through the public API:    node --import tsx ours-runs.mts FOLDER [codi|seed] */

import { runStudyConditions } from "../../src/experiments/jobs/run-study-conditions.js";
import { at, CodiModel, type Condition, hook, parseIntervention, type RunResult } from "../../src/index.js";
import { tokenAblationConditions } from "../../src/studies/token-ablation/study.js";
import { type Reply, type Request, serve, timed } from "../protocol.mjs";
import { tokenFlops } from "../work.mjs";
import { parametersOf } from "./ours-engine.mjs";

const [folder = "", protocol = "codi"] = process.argv.slice(2);
const model = await CodiModel.load(folder, { protocol: protocol === "seed" ? "seed" : "codi" });
// As the experiment does: rows of one batch.
const BATCH = 16;

/** Baseline and ablations. `flip`: block 0's output at EOT changes its sign too, so that no ablated answer is the clean one. */
async function study(request: Request): Promise<Reply> {
  const { questions, layer, layers, limit, full, flip, expected } = request as Request & {
    readonly questions: readonly string[];
    readonly layers: readonly number[];
    readonly expected?: readonly number[];
  };
  const conditions = tokenAblationConditions(Number(layer), model.codi.numLatents, model.protocol).map((condition) =>
    flip === true && condition.latent !== null
      ? {
          ...condition,
          interventions: [...condition.interventions, parseIntervention("scale(-1):blocks.0.hook_resid_post@eot")],
        }
      : condition,
  );
  let fed = 0;
  const onForward = (tokenForwards: number): void => {
    fed += tokenForwards;
  };
  const { seconds, value } = await timed(async () => {
    const all: RunResult[][] = [];
    for (let begin = 0; begin < questions.length; begin += BATCH) {
      const part = questions.slice(begin, begin + BATCH);
      // `full` is what the experiment asks for: scores of the expected number and what the head says at each latent.
      const more =
        full === true ? { lens: "clean" as const, expected: (expected ?? []).slice(begin, begin + BATCH) } : {};
      const options = {
        ablateLayer: Number(layer),
        maxNewTokens: Number(limit),
        attentionLayers: layers,
        ...more,
        onForward,
      };
      all.push(...(await runStudyConditions(model, { questions: part, conditions }, options)));
    }
    return all;
  });
  const each = tokenFlops(model.config, model.config.vocabSize + model.codi.rowsAdded);
  const ids = value.map((row) => row.map(({ answer }) => answer.ids));
  const agreed = ids.reduce(
    (sum, [clean, ...ablated]) => sum + ablated.filter((each) => each.join() === clean?.join()).length,
    0,
  );
  return {
    seconds,
    ids,
    agreed,
    flops: { ...each, layers: model.config.layers },
    tokenForwards: fed,
  };
}

/** Any number of conditions on any number of questions. */
async function conditions({ questions, conditions: count, limit }: Request): Promise<Reply> {
  const list = conditionList(Number(count));
  const { seconds, value } = await timed(() =>
    model.runConditions(questions as string[], list, { maxNewTokens: Number(limit) }),
  );
  return { seconds, ids: value.map((row) => row[0]?.answer.ids ?? []) };
}

function conditionList(count: number): Condition[] {
  const { layers } = model.config;
  const latents = model.codi.numLatents;
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return { name: "baseline", interventions: [] };
    const [latent, layer, size] = [i % latents, Math.floor(i / latents) % layers, Math.floor(i / latents / layers)];
    const text = `scale(${(0.5 - size / 10).toFixed(2)}):blocks.${layer}.hook_resid_post@latent.${latent}`;
    return { name: text, interventions: [parseIntervention(text)] };
  });
}

/** One question with hooks or captures. */
async function run({ questions, what, limit }: Request): Promise<Reply> {
  const options = {
    none: {},
    one: { hooks: [hook("blocks.0.hook_resid_post", at.latent(0), () => undefined)] },
    patterns: { capture: ["blocks.*.attn.hook_pattern"] },
    residuals: { capture: ["blocks.*.hook_resid_post"] },
  }[String(what)];
  if (options === undefined) throw new RangeError(`run of ${String(what)}`);
  const { seconds, value } = await timed(() =>
    model.runBatch(questions as string[], { ...options, maxNewTokens: Number(limit) }),
  );
  return { seconds, ids: value.map(({ answer }) => answer.ids) };
}

/** The gradient of a logit at what leaves each block. Replied is the block where it is largest. */
async function gradient({ questions, token }: Request): Promise<Reply> {
  const [question = ""] = questions as string[];
  const of = { kind: "logit", position: "eot", token: Number(token) } as const;
  const { seconds, value } = await timed(() => model.gradient(question, { of, at: ["blocks.*.hook_resid_post"] }));
  const norms = value.gradients.sites
    .slice(0, -1)
    .map((site) => value.gradients.get(site).data.reduce((sum, each) => sum + each * each, 0));
  return { seconds, ids: [norms.indexOf(Math.max(...norms))] };
}

const { name, version, device } = model.engine;
const about = { version: `${name} ${version} (${device})`, parameters: await parametersOf(folder) };
await serve(about, { study, conditions, run, gradient });
