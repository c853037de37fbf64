/** Elements by hand; texts are texts, never markup. */

/** Attributes; `false` and `null` leave one out. */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** @returns an element with attributes and children; strings become text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  made.append(...children);
  return made;
}

/** One choice of a drop-down; those of one group stand together. */
export interface Option {
  readonly value: string;
  readonly text: string;
  readonly group?: string;
}

/** A labelled drop-down. */
export interface DropDown {
  readonly whole: HTMLElement;
  readonly select: HTMLSelectElement;
}

let dropDowns = 0;

/** @returns a labelled drop-down; `change` hears the chosen value. */
export function dropDown(label: string, change: (value: string) => void): DropDown {
  dropDowns++;
  const select = element("select", { id: `choice-${dropDowns}`, "data-keep": label });
  select.addEventListener("change", () => change(select.value));
  const whole = element("span", { class: "choice" }, element("label", { for: select.id }, label), " ", select);
  return { whole, select };
}

/** Puts other options into a drop-down and chooses one of them. */
export function setOptions(select: HTMLSelectElement, options: readonly Option[], chosen: string): void {
  const groups = new Map<string, HTMLElement>();
  const made: HTMLElement[] = [];
  for (const { value, text, group } of options) {
    const option = element("option", { value }, text);
    if (group === undefined) {
      made.push(option);
      continue;
    }
    const known = groups.get(group) ?? element("optgroup", { label: group });
    if (!groups.has(group)) made.push(known);
    groups.set(group, known);
    known.append(option);
  }
  select.replaceChildren(...made);
  select.value = chosen;
}

/** @returns a button that does something. */
export function button(text: string, click: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", click);
  return made;
}

/** Puts new children in place of the old; what has the same `data-keep` keeps focus, scrolling and being open. */
export function renew(parent: HTMLElement, children: readonly Node[]): void {
  const focused = document.activeElement?.getAttribute("data-keep");
  const before = new Map(kept(parent).map((each) => [each.dataset["keep"], each]));
  const places = new Map(
    [...before].map(([name, { scrollTop, scrollLeft }]) => [name, [scrollTop, scrollLeft] as const]),
  );
  parent.replaceChildren(...children);
  for (const each of kept(parent)) {
    const name = each.dataset["keep"];
    const old = before.get(name);
    if (old instanceof HTMLDetailsElement && each instanceof HTMLDetailsElement) each.open = old.open;
    const [top, left] = places.get(name) ?? [0, 0];
    if (top + left > 0) each.scrollTo({ top, left, behavior: "instant" });
    if (name !== undefined && name === focused) each.focus({ preventScroll: true });
  }
}

function kept(parent: HTMLElement): HTMLElement[] {
  return [...parent.querySelectorAll<HTMLElement>("[data-keep]")];
}

/** How dark a share is drawn. */
export function setShare(shown: HTMLElement, share: number): void {
  shown.style.setProperty("--share", String(Math.max(0, Math.min(1, share))));
}

/** @returns a table in a box of its own. @param file name under which it is sorted and saved. */
export function tableOf(
  name: string,
  rows: readonly (readonly (Node | string)[])[],
  { header, file }: { readonly header: readonly string[]; readonly file: string },
): HTMLElement {
  const head = element("tr", {}, ...header.map((each) => element("th", { scope: "col" }, each)));
  // On a narrow page a row is a block, and each cell says its column.
  const cell = (each: Node | string, column: number): HTMLElement =>
    element("td", { "data-label": header[column] ?? "" }, each);
  const body = rows.map((row) => element("tr", {}, ...row.map(cell)));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  return element(
    "div",
    { class: "scroll below-44", role: "region", "aria-label": name, tabindex: 0, "data-table": file },
    table,
  );
}
