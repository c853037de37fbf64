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

/** @returns a labelled drop-down; `change` hears the chosen value. */
export function dropDown(
  label: string,
  options: readonly (readonly [string, string])[],
  change: (value: string) => void,
): { readonly whole: HTMLElement; readonly select: HTMLSelectElement } {
  dropDowns++;
  const select = element("select", { id: `choice-${dropDowns}` });
  setOptions(select, options);
  select.addEventListener("change", () => change(select.value));
  const whole = element("span", { class: "choice" }, element("label", { for: select.id }, label), " ", select);
  return { whole, select };
}

let dropDowns = 0;

/** Puts other options into a drop-down; what was chosen stays chosen where it is still there. */
export function setOptions(select: HTMLSelectElement, options: readonly (readonly [string, string])[]): void {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => value === before)) select.value = before;
}

/** @returns a button that does something. */
export function button(text: string, click: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", click);
  return made;
}

/** @returns a table that scrolls by itself on a narrow page. */
export function tableOf(
  name: string,
  header: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLElement {
  const head = element("tr", {}, ...header.map((each) => element("th", { scope: "col" }, each)));
  const body = rows.map((row) => element("tr", {}, ...row.map((each) => element("td", {}, each))));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { class: "scroll", role: "region", "aria-label": name, tabindex: 0 }, table);
}
