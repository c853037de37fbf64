/** One problem at a time: what a latent attends to in the question, who attends to the latents, what they say, what changed. */

import { type HeadChoice, readingOf, towardsLatents } from "./attention.js";
import { differingPart } from "./difference.js";
import { button, dropDown, element, setOptions, tableOf } from "./dom.js";
import type { PageAttention, PageData, PageProblem } from "./page-data.js";
import type { Selection } from "./selection.js";

const NAMED_TOKENS = 5;

/** Puts the explorer into its place. @returns shows a problem. */
export function explorer(place: HTMLElement, data: PageData, selection: Selection): (problem: number) => void {
  const view = element("div", { class: "view" });
  const layerNames = data.layers.map((layer, i) => [String(i), String(layer)] as const);
  const readers = [
    // Not in older records, nor under the original study's protocol.
    ...(hasBot(data) ? [["bot", "BOT"] as const] : []),
    ...Array.from({ length: data.latents }, (_, k) => [latentReader(k), `latent ${k}`] as const),
    ["eot", "EOT"] as const,
  ];
  const draw = (): void => {
    const one = data.problems[Number(problem.select.value)];
    if (one === undefined) {
      view.replaceChildren(element("p", {}, "No problem fits the selection."));
      return;
    }
    const attention = one.attention[Number(layer.select.value)] ?? null;
    const heads = attention?.reading?.heads ?? attention?.heads ?? 1;
    const all = Array.from({ length: heads > 1 ? heads : 0 }, (_, h) => [String(h), String(h)] as const);
    setOptions(head.select, [["mean", "mean of all"], ...all]);
    const choice: HeadChoice = head.select.value === "mean" ? "mean" : Number(head.select.value);
    view.replaceChildren(...viewOf(one, data, { attention, reader: reader.select.value, head: choice }));
  };
  const problem = dropDown("Problem", [], draw);
  const layer = dropDown("Layer", layerNames, draw);
  const head = dropDown("Head", [["mean", "mean of all"]], draw);
  const reader = dropDown("From", readers, (value) => {
    draw();
    const [, latent] = /^latent\.(\d+)$/.exec(value) ?? [];
    if (latent !== undefined) selection.set({ latent });
  });
  reader.select.value = latentReader(0);
  const step = (by: number): void => {
    const { select } = problem;
    select.selectedIndex = Math.max(0, Math.min(select.options.length - 1, select.selectedIndex + by));
    draw();
  };
  place.append(
    element(
      "div",
      { class: "bar", role: "group", "aria-label": "What the explorer shows" },
      ...[problem.whole, button("Previous", () => step(-1)), button("Next", () => step(1))],
      ...(data.layers.length === 0 ? [] : [layer.whole, head.whole, reader.whole]),
    ),
    view,
  );
  selection.follow(({ level, latent }) => {
    const fits = data.problems.flatMap((one, i) =>
      level === "*" || one.level === level ? [[String(i), nameOf(one)] as const] : [],
    );
    setOptions(problem.select, fits);
    if (latent !== "*") reader.select.value = latentReader(latent);
    draw();
  });
  return (at) => {
    if (![...problem.select.options].some(({ value }) => value === String(at))) selection.set({ level: "*" });
    problem.select.value = String(at);
    draw();
  };
}

function nameOf({ id, level, right, ablated }: PageProblem): string {
  const wrong = ablated.filter((each) => !each.right).length;
  return `${id} (${level}): ${right ? `${wrong} of ${ablated.length} break it` : "baseline wrong"}`;
}

interface Choice {
  readonly attention: PageAttention | null;
  /** `bot`, `latent.2`, `eot`. */
  readonly reader: string;
  readonly head: HeadChoice;
}

function viewOf(one: PageProblem, data: PageData, choice: Choice): Node[] {
  return [
    element("h3", {}, `${one.id} (${one.level})`),
    ...questionOf(one, data, choice),
    element(
      "p",
      {},
      `Expected ${one.expected}; the model says `,
      element("q", {}, one.answer),
      one.right ? ", right." : ", wrong.",
    ),
    ...lensOf(one),
    ...towardsOf(data, choice),
    ...changesOf(one, data),
  ];
}

function questionOf({ question, tokens }: PageProblem, { latents }: PageData, choice: Choice): Node[] {
  const weights = choice.attention === null ? null : readingOf(choice.attention, choice.reader, choice.head);
  if (tokens === null || weights === null)
    return question === null
      ? []
      : [
          element("p", { class: "q" }, question),
          element(
            "p",
            { class: "meta" },
            `The records do not hold attention from ${nameOfReader(choice.reader)} to the question's tokens.`,
          ),
        ];
  // BOS takes what no one needs: it would leave all others pale.
  const most = weights.slice(1, tokens.length).reduce((top, each) => Math.max(top, each), 1e-6);
  const spans = tokens.map((text, i) => {
    const share = weights[i] ?? 0;
    const span = element(
      "span",
      { class: "token", title: `question.${i}: ${share.toFixed(3)}` },
      text === "" ? "∅" : text,
    );
    span.style.setProperty("--share", String(Math.min(1, share / most)));
    return span;
  });
  const top = weights
    .slice(0, tokens.length)
    .map((share, i) => ({ share, text: tokens[i] ?? "" }))
    .sort((a, b) => b.share - a.share)
    .slice(0, NAMED_TOKENS)
    .map(({ share, text }) => `“${text.trim()}” ${share.toFixed(2)}`);
  const toLatents = weights.slice(-latents).reduce((sum, each) => sum + each, 0);
  return [
    element("p", { class: "tokens" }, ...spans),
    element(
      "p",
      { class: "meta" },
      `Attention from ${nameOfReader(choice.reader)}, darkest = ${most.toFixed(3)} (the first token left out of the scale). Most: ${top.join(", ")}. On latents: ${toLatents.toFixed(2)}.`,
    ),
  ];
}

function hasBot({ problems }: PageData): boolean {
  return problems.some(({ attention }) => attention.some((each) => each?.reading?.readers.includes("bot") === true));
}

function latentReader(latent: number | string): string {
  return `latent.${latent}`;
}

function nameOfReader(reader: string): string {
  return reader.startsWith("latent") ? reader.replace(".", " ") : reader.toUpperCase();
}

function lensOf({ lens }: PageProblem): Node[] {
  if (lens === null || lens.length === 0) return [];
  const header = lens.map((_, i) => (i === 0 ? "BOT" : `latent ${i - 1}`));
  return [
    element("h4", {}, "What the head says first"),
    tableOf("What the head says first", header, [lens.map((each) => element("code", {}, each))]),
  ];
}

function towardsOf({ latents }: PageData, { attention, head }: Choice): Node[] {
  if (attention === null) return [];
  const header = ["from", ...Array.from({ length: latents }, (_, k) => `to latent ${k}`)];
  const rows = towardsLatents(attention, latents, head).map(({ reader, weights }) => [
    reader,
    ...Array.from({ length: latents }, (_, k) => {
      const share = weights[k];
      const cell = element("span", { class: "token" }, share === undefined ? "–" : share.toFixed(3));
      cell.style.setProperty("--share", String(Math.min(1, 2 * (share ?? 0))));
      return cell;
    }),
  ]);
  return [element("h4", {}, "Attention to the latents"), tableOf("Attention to the latents", header, rows)];
}

function changesOf(one: PageProblem, { conditions }: PageData): Node[] {
  const row = (name: string, answer: string, right: boolean): (Node | string)[] => [
    name,
    marked(one.answer, answer),
    `${right ? "right" : "wrong"}${answer === one.answer ? "" : ", changed"}`,
  ];
  const ablations = one.ablated.map(({ latent, answer, right }) => row(`latent ${latent} zeroed`, answer, right));
  const others = one.changed.map(([at, answer, right]) => {
    const { study = "", name = "" } = conditions[at] ?? {};
    return row(`${study}: ${name}`, answer, right);
  });
  return [
    element("h4", {}, "What each ablation changed"),
    tableOf("Answers", ["run", "answer", "verdict"], ablations),
    ...(conditions.length === 0
      ? []
      : [
          element("h4", {}, `Other conditions that changed the answer: ${others.length} of ${conditions.length}`),
          ...(others.length === 0 ? [] : [tableOf("Other conditions", ["condition", "answer", "verdict"], others)]),
        ]),
  ];
}

function marked(baseline: string, answer: string): Node {
  const whole = element("span", { class: "wrap" });
  if (answer === baseline) whole.append(answer === "" ? "(empty)" : answer);
  else {
    const [before, middle, after] = differingPart(baseline, answer);
    whole.append(before, element("mark", {}, answer === "" ? "(empty)" : middle === "" ? "(left out)" : middle), after);
  }
  return whole;
}
