/** One problem at a time: who attends to what, what the latents say, what changed; and what breaks at a level. */

import { attentionMatrix, type HeadChoice, topWeight } from "./attention.js";
import { comparison, marked, tellingRun } from "./compare.js";
import { answerOf, countsOf, type PageRun, problemsOf, runsOf, shareText } from "./counts.js";
import { button, type DropDown, dropDown, element, renew, setOptions, setShare, tableOf } from "./dom.js";
import { type Tile, tiles } from "./heads.js";
import { LAB_PORT, labLink } from "./lab-link.js";
import { bosSentence, hasBos, matrixTable } from "./matrix.js";
import type { PageAttention, PageData, PageProblem } from "./page-data.js";
import { liveTable } from "./tables.js";
import type { View, ViewState } from "./view.js";
import { readerName, runningToken, specialName, visibleToken } from "./words.js";

const NAMED_TOKENS = 5;

/** Puts the explorer into its place. @returns shows a problem, whatever level is chosen. */
export function explorer(place: HTMLElement, data: PageData, view: View): (problem: number) => void {
  const runs = runsOf(data);
  const controls = makeControls(view);
  const [upper, counts] = [element("div", { class: "view" }), element("div")];
  const step = (by: number): void => {
    const { select } = controls.problem;
    const next = select.options[Math.max(0, Math.min(select.options.length - 1, select.selectedIndex + by))];
    if (next !== undefined) view.set({ problem: next.value, left: undefined, right: undefined });
  };
  place.append(
    element(
      "div",
      { class: "bar", role: "group", "aria-label": "What the explorer shows" },
      controls.level.whole,
      controls.problem.whole,
      button("Previous", () => step(-1)),
      button("Next", () => step(1)),
      ...(data.layers.length === 0 ? [] : [controls.layer.whole, controls.head.whole, controls.from.whole]),
    ),
    upper,
    counts,
  );
  view.follow((state, before) => {
    const problem = chosenProblem(data, state);
    fillControls(controls, data, { state, problem });
    const drawn =
      problem === null
        ? [element("p", {}, "No problem is of this level.")]
        : problemView(problem, { data, state, view, runs, controls });
    renew(upper, drawn);
    if (state.level !== before.level || counts.childElementCount === 0)
      renew(counts, levelView(state.level, { data, view }));
  });
  return (at) => {
    const one = data.problems[at];
    if (one === undefined) return;
    const { level } = view.now;
    view.set({
      problem: one.id,
      left: undefined,
      right: undefined,
      ...(level === one.level ? {} : { level: undefined }),
    });
  };
}

interface Controls {
  readonly level: DropDown;
  readonly problem: DropDown;
  readonly layer: DropDown;
  readonly head: DropDown;
  readonly from: DropDown;
  readonly left: DropDown;
  readonly right: DropDown;
}

function makeControls(view: View): Controls {
  return {
    level: dropDown("Level", (level) => view.set({ level })),
    problem: dropDown("Problem", (problem) => view.set({ problem, left: undefined, right: undefined })),
    layer: dropDown("Layer", (layer) => view.set({ layer })),
    head: dropDown("Head", (head) => view.set({ head })),
    from: dropDown("From", (from) => view.set({ from })),
    left: dropDown("Left", (left) => view.set({ left })),
    right: dropDown("Right", (right) => view.set({ right })),
  };
}

function chosenProblem(data: PageData, { level, problem }: ViewState): PageProblem | null {
  const all = problemsOf(data, level);
  return all.find(({ id }) => id === problem) ?? all[0] ?? null;
}

interface Drawn {
  readonly state: ViewState;
  readonly problem: PageProblem | null;
}

function fillControls(controls: Controls, data: PageData, { state, problem }: Drawn): void {
  const plain = (value: string, text = value) => ({ value, text });
  setOptions(controls.level.select, [plain("", "all"), ...data.levels.map((each) => plain(each))], state.level ?? "");
  const problems = problemsOf(data, state.level).map((one) => plain(one.id, titleOf(one)));
  setOptions(controls.problem.select, problems, problem?.id ?? "");
  setOptions(
    controls.layer.select,
    data.layers.map((layer) => plain(String(layer))),
    String(layerOf(data, state)),
  );
  const attention = problem === null ? null : attentionOf(problem, data, state);
  const heads = Array.from({ length: headsOf(attention) }, (_, h) => plain(String(h)));
  setOptions(
    controls.head.select,
    [plain("", "mean of all"), ...(heads.length > 1 ? heads : [])],
    headText(attention, state),
  );
  const readers = attention === null ? [] : attentionMatrix(attention, data.latents, "mean").columns;
  setOptions(
    controls.from.select,
    readers.flatMap(({ reader }) => (reader === "number" ? [] : [plain(reader, readerName(reader))])),
    fromOf(attention, state),
  );
}

function titleOf({ id, level, right, ablated }: PageProblem): string {
  const wrong = ablated.filter((each) => !each.right).length;
  return `${id} (${level}): ${right ? `${wrong} of ${ablated.length} break it` : "baseline wrong"}`;
}

function layerOf({ layers }: PageData, { layer }: ViewState): number {
  return layers.find((each) => String(each) === layer) ?? layers[0] ?? 0;
}

function attentionOf({ attention }: PageProblem, data: PageData, state: ViewState): PageAttention | null {
  return attention[data.layers.indexOf(layerOf(data, state))] ?? null;
}

function headsOf(attention: PageAttention | null): number {
  return attention?.reading?.heads ?? attention?.heads ?? 1;
}

function headText(attention: PageAttention | null, { head = "" }: ViewState): string {
  return /^\d+$/.test(head) && Number(head) < headsOf(attention) ? head : "";
}

function headOf(attention: PageAttention | null, state: ViewState): HeadChoice {
  const text = headText(attention, state);
  return text === "" ? "mean" : Number(text);
}

function fromOf(attention: PageAttention | null, { from, latent }: ViewState): string {
  const readers = attention?.reading?.readers ?? ["eot"];
  const wanted = from ?? (latent === undefined ? "latent.0" : `latent.${latent}`);
  return readers.includes(wanted) ? wanted : (readers.at(-1) ?? "eot");
}

interface Context {
  readonly data: PageData;
  readonly state: ViewState;
  readonly view: View;
  readonly runs: readonly PageRun[];
  readonly controls: Controls;
}

function problemView(one: PageProblem, context: Context): Node[] {
  const { state, runs, controls } = context;
  const keys = [state.left ?? "baseline", state.right ?? tellingRun(one, runs)] as const;
  return [
    element("h3", {}, `${one.id} (${one.level})`),
    ...questionOf(one, context),
    ...labLinks(one, context.data),
    element(
      "p",
      {},
      `Expected ${one.expected}; the model says `,
      element("q", {}, one.answer),
      one.right ? ", right." : ", wrong.",
    ),
    element("h4", {}, "Two runs side by side"),
    comparison(one, { left: controls.left, right: controls.right, keys, runs }),
    ...lensOf(one),
    ...attentionView(one, context),
    ...changesOf(one, context),
  ];
}

function labLinks({ question, ablated }: PageProblem, { labBlock: block }: PageData): Node[] {
  if (question === null || block === null) return [];
  const link = (latent: number | null, text: string): HTMLElement =>
    element("a", { href: labLink({ question, latent, block }), rel: "noreferrer" }, text);
  const edits = ablated.flatMap(({ latent }) => [", ", link(latent, `latent ${latent} zeroed`)]);
  const how = `. It is there while codilens lab --port ${LAB_PORT} runs.`;
  return [element("p", { class: "meta" }, "In the page: ", link(null, "the question"), ...edits, how)];
}

function questionOf({ question, tokens, ...one }: PageProblem, { data, state }: Context): Node[] {
  const attention = attentionOf({ question, tokens, ...one }, data, state);
  const from = fromOf(attention, state);
  const matrix = attention === null ? null : attentionMatrix(attention, data.latents, headOf(attention, state));
  const weights = matrix?.columns.find(({ reader }) => reader === from)?.weights ?? null;
  if (tokens === null || matrix === null || weights === null || matrix.tokens === 0)
    return question === null
      ? []
      : [
          element("p", { class: "q" }, question),
          element("p", { class: "meta" }, "The records hold no attention to the question's tokens."),
        ];
  const top = weights
    .slice(hasBos(tokens) ? 1 : 0, tokens.length)
    .reduce<number>((most, each) => Math.max(most, each ?? 0), 1e-6);
  const spans = tokens.map((text, i) => {
    const share = weights[i] ?? 0;
    const title = `question.${i} “${text}”: ${share.toFixed(3)}`;
    const kind = specialName(text) === null ? "token" : "token special";
    const span = element("span", { class: kind, title }, runningToken(text));
    setShare(span, share / top);
    return span;
  });
  const named = weights
    .slice(0, tokens.length)
    .map((share, i) => ({ share: share ?? 0, text: tokens[i] ?? "" }))
    .sort((a, b) => b.share - a.share)
    .slice(0, NAMED_TOKENS)
    .map(({ share, text }) => `“${visibleToken(text)}” ${share.toFixed(2)}`);
  const toLatents = weights.slice(tokens.length).reduce<number>((sum, each) => sum + (each ?? 0), 0);
  const scale = hasBos(tokens) ? " outside BOS" : "";
  return [
    element("p", { class: "tokens" }, ...spans),
    element(
      "p",
      { class: "meta" },
      `Attention from ${readerName(from)}, darkest = ${top.toFixed(3)}${scale}. Most: ${named.join(", ")}. On latents: ${toLatents.toFixed(2)}.`,
    ),
  ];
}

function lensOf({ lens }: PageProblem): Node[] {
  if (lens === null || lens.length === 0) return [];
  const header = lens.map((_, i) => (i === 0 ? "BOT" : `latent ${i - 1}`));
  const row = lens.map((each) => element("code", {}, visibleToken(each)));
  return [
    element("h4", {}, "What the head says first (␣ is a blank)"),
    tableOf("What the head says first", [row], { header, file: "head-says" }),
  ];
}

function attentionView(one: PageProblem, { data, state, view }: Context): Node[] {
  const attention = attentionOf(one, data, state);
  if (attention === null) return [];
  const tokens = one.tokens ?? [];
  const head = headOf(attention, state);
  const matrix = attentionMatrix(attention, data.latents, head);
  const top = topWeight(matrix, hasBos(tokens));
  const name = head === "mean" ? "mean of all heads" : `head ${head}`;
  return [
    element("h4", {}, `Attention at layer ${layerOf(data, state)}, ${name}`),
    ...notes(bosSentence(matrix, tokens), matrix.columns.some(({ reader }) => reader === "number") ? NUMBER : ""),
    matrixTable(matrix, {
      tokens,
      latents: data.latents,
      top,
      from: fromOf(attention, state),
      choose: (from) => view.set({ from }),
    }),
    ...headTiles(one, { data, state, view }),
    ...layerTiles(one, { data, state, view }),
  ];
}

const NUMBER =
  "The column “number” is where the answer's number is chosen; only its attention to the latents was recorded.";

function notes(...texts: readonly string[]): HTMLElement[] {
  return texts.flatMap((text) => (text === "" ? [] : [element("p", { class: "meta" }, text)]));
}

type Looked = Pick<Context, "data" | "state" | "view">;

function headTiles(one: PageProblem, { data, state, view }: Looked): Node[] {
  const attention = attentionOf(one, data, state);
  const heads = headsOf(attention);
  if (attention === null) return [];
  if (heads < 2) return notes("This page holds the mean of all heads only: all of them would make it too large.");
  const pictures: Tile[] = [
    { name: "mean of all", value: "", matrix: attentionMatrix(attention, data.latents, "mean") },
    ...Array.from({ length: heads }, (_, h) => ({
      name: `head ${h}`,
      value: String(h),
      matrix: attentionMatrix(attention, data.latents, h),
    })),
  ];
  return [
    element("h4", {}, `All ${heads} heads of layer ${layerOf(data, state)}`),
    ...notes("A row a reader, a column a token or latent, one scale for all; a click shows a head above."),
    tiles(pictures, {
      label: "Heads",
      chosen: headText(attention, state),
      top: commonTop(pictures, one),
      choose: (head) => view.set({ head }),
    }),
  ];
}

function layerTiles(one: PageProblem, { data, state, view }: Looked): Node[] {
  if (data.layers.length < 2) return [];
  const head = headOf(attentionOf(one, data, state), state);
  const pictures = data.layers.flatMap((layer, place): Tile[] => {
    const attention = one.attention[place] ?? null;
    if (attention === null) return [];
    return [{ name: `layer ${layer}`, value: String(layer), matrix: attentionMatrix(attention, data.latents, head) }];
  });
  return [
    element("h4", {}, `All layers that were recorded, ${head === "mean" ? "mean of all heads" : `head ${head}`}`),
    tiles(pictures, {
      label: "Layers",
      chosen: String(layerOf(data, state)),
      top: commonTop(pictures, one),
      choose: (layer) => view.set({ layer }),
    }),
  ];
}

function commonTop(pictures: readonly Tile[], { tokens }: PageProblem): number {
  return Math.max(...pictures.map(({ matrix }) => topWeight(matrix, hasBos(tokens ?? []))));
}

function changesOf(one: PageProblem, { runs, view }: Context): Node[] {
  const rows = runs.flatMap(({ key, study, name }) => {
    const found = answerOf(one, key);
    if (found === null || (found.answer === one.answer && !key.startsWith("z"))) return [];
    const verdict = `${found.right ? "right" : "wrong"}${found.answer === one.answer ? "" : ", changed"}`;
    return [[study, name, marked(one.answer, found.answer), verdict]];
  });
  const table = tableOf("Answers", rows, { header: ["study", "run", "answer", "verdict"], file: "answers" });
  const fold = element(
    "details",
    { "data-keep": "answers" },
    element(
      "summary",
      {},
      `Answers with each latent zeroed, and of all runs that changed the answer (${rows.length} of ${runs.length} runs)`,
    ),
    table,
  );
  liveTable(table, view);
  return [fold];
}

function levelView(
  level: string | undefined,
  { data, view }: { readonly data: PageData; readonly view: View },
): Node[] {
  const problems = problemsOf(data, level);
  const right = problems.filter((each) => each.right).length;
  const rows = countsOf(data, level).map(({ run, right: kept, broken }) => [
    run.study,
    run.name,
    `${kept.count} of ${kept.n}`,
    `${broken.count} of ${broken.n}`,
    shareText(broken, data.fewest),
  ]);
  if (rows.length === 0) return [];
  const name = level === undefined ? "all levels" : `level ${level}`;
  const table = tableOf("What breaks right answers", rows, {
    header: ["study", "run", "right", "broken", "share broken [95 %]"],
    file: "breaks",
  });
  const fold = element(
    "details",
    { "data-keep": "breaks" },
    element("summary", {}, `What breaks right answers: ${name}, all ${rows.length} runs`),
    element(
      "p",
      { class: "meta" },
      `Counted from this page's records: ${problems.length} problems of ${name}, ${right} right without intervention. Brackets: 95 % Wilson intervals.`,
    ),
    table,
  );
  liveTable(table, view);
  return [fold];
}
