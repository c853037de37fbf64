/** Figures that answer: what a mark stands for on hover and focus, selection by click, saving as a file. */

import { button, element } from "./dom.js";
import type { PageData } from "./page-data.js";
import { save } from "./saving.js";
import type { View, ViewState } from "./view.js";

const MARKS = `[role="graphics-symbol"][aria-label]${["axis", "legend", "title"].map((part) => `:not([aria-roledescription$="${part}"])`).join("")}`;
// As fine as print at the size drawn.
const PNG_SCALE = 4;

/** Makes every drawing answer. @param open shows a problem in the explorer. */
export function liveFigures(data: PageData, view: View, open: (problem: number) => void): void {
  const tip = element("div", { class: "tip", "aria-hidden": "true", hidden: true });
  document.body.append(tip);
  for (const figure of document.querySelectorAll<HTMLElement>("figure[data-name]")) {
    const svg = figure.querySelector("svg");
    if (svg === null) continue;
    figure.querySelector(".paper")?.after(saveButtons(svg, figure.dataset["name"] ?? "figure"));
    liveMarks(svg, { data, view, tip, open });
  }
  const hide = (): void => {
    tip.hidden = true;
  };
  addEventListener("scroll", hide, { passive: true });
}

interface Context {
  readonly data: PageData;
  readonly view: View;
  readonly tip: HTMLElement;
  readonly open: (problem: number) => void;
}

function liveMarks(svg: SVGSVGElement, { data, view, tip, open }: Context): void {
  const marks = [...svg.querySelectorAll<SVGElement>(MARKS)];
  const of = new Map(marks.map((mark) => [mark, meaningOf(mark.getAttribute("aria-label") ?? "", data)]));
  const show = (mark: SVGElement): void => {
    tip.textContent = mark.getAttribute("aria-label");
    tip.hidden = false;
    const { left, bottom, top } = mark.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
    tip.style.top = `${bottom + height + 8 < innerHeight ? bottom + 6 : Math.max(4, top - height - 6)}px`;
  };
  const hide = (): void => {
    tip.hidden = true;
  };
  const choose = (mark: SVGElement): void => {
    const { selected, problem } = of.get(mark) ?? NOTHING;
    if (problem !== null) open(problem);
    else if (Object.keys(selected).length > 0) view.toggle(selected);
  };
  for (const [place, mark] of marks.entries()) {
    // One stop of the Tab key a figure; the arrow keys go on from there.
    mark.setAttribute("tabindex", place === 0 ? "0" : "-1");
    mark.addEventListener("pointerenter", () => show(mark));
    mark.addEventListener("pointerleave", hide);
    mark.addEventListener("focus", () => show(mark));
    mark.addEventListener("blur", hide);
    mark.addEventListener("click", () => choose(mark));
  }
  svg.addEventListener("keydown", (event) => {
    const at = marks.indexOf(event.target as SVGElement);
    if (at < 0) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const next = marks[(at + step + marks.length) % marks.length];
      marks[at]?.setAttribute("tabindex", "-1");
      next?.setAttribute("tabindex", "0");
      next?.focus();
    } else if (event.key === "Enter" || event.key === " ") choose(event.target as SVGElement);
    else if (event.key === "Escape") view.set({ level: undefined, latent: undefined });
    else return;
    event.preventDefault();
  });
  view.follow(({ level, latent }) => {
    for (const mark of marks) {
      const { selected } = of.get(mark) ?? NOTHING;
      const isOther =
        (latent !== undefined && selected.latent !== undefined && selected.latent !== latent) ||
        (level !== undefined && selected.level !== undefined && selected.level !== level);
      mark.classList.toggle("other", isOther);
    }
  });
}

/** What a mark's words name: a latent, a level, a problem. */
interface Meaning {
  readonly selected: Pick<ViewState, "level" | "latent">;
  readonly problem: number | null;
}

const NOTHING: Meaning = { selected: {}, problem: null };

function meaningOf(label: string, data: PageData): Meaning {
  const [, latent] = /\blatent[. :]+(\d+)/.exec(label) ?? [];
  const parts = label.split(/[,:] /);
  const level = data.levels.find((each) => parts.includes(each));
  const isOne = latent !== undefined && Number(latent) < data.latents;
  const problem = data.problems.findIndex(({ id }) => label.startsWith(`${id}, `));
  return {
    selected: { ...(isOne ? { latent } : {}), ...(level === undefined ? {} : { level }) },
    problem: problem < 0 ? null : problem,
  };
}

function saveButtons(svg: SVGSVGElement, name: string): HTMLElement {
  return element(
    "div",
    { class: "save" },
    button("Save SVG", () => save(new Blob([plainSvg(svg)], { type: "image/svg+xml" }), `${name}.svg`)),
    button("Save PNG", () => void savePng(svg, `${name}.png`)),
  );
}

/** The drawing as it was before this script touched it. */
function plainSvg(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  for (const mark of copy.querySelectorAll(MARKS)) {
    mark.removeAttribute("tabindex");
    mark.classList.remove("other");
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(plainSvg(svg))}`;
  await image.decode();
  const { width, height } = svg.viewBox.baseVal;
  const canvas = element("canvas", { width: Math.ceil(width * PNG_SCALE), height: Math.ceil(height * PNG_SCALE) });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob !== null && save(blob, name), "image/png");
}
