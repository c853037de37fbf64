/** Tables that answer: sorted by a column, searched, copied, saved. */

import { button, element } from "./dom.js";
import { copyText, csvText, pasteText, save } from "./saving.js";
import { sortedPlaces } from "./sorting.js";
import type { View } from "./view.js";

/** Shorter tables are read faster than searched. */
const SEARCHED_FROM = 8;

/** Makes every table of the page answer. */
export function liveTables(view: View): void {
  for (const box of document.querySelectorAll<HTMLElement>("main section:not(#explorer) .scroll[data-table]"))
    liveTable(box, view);
}

/** Makes one answer. @param box the element around it, with its name in `data-table`. */
export function liveTable(box: HTMLElement, view: View): void {
  const table = box.querySelector("table");
  const body = table?.tBodies[0];
  if (!table || !body) return;
  const name = box.dataset["table"] ?? "table";
  const title = box.getAttribute("aria-label") ?? name;
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const rows = [...body.rows];
  label(heads, rows);
  const search = rows.length > SEARCHED_FROM ? searchField(title, rows) : [];
  const cells = (): string[][] => [
    heads.map(textOf),
    ...[...body.rows].filter(({ hidden }) => !hidden).map((row) => [...row.cells].map(textOf)),
  ];
  const copy = button("Copy", async () => {
    copy.textContent = (await copyText(pasteText(cells()))) ? "Copied" : "Not copied";
    setTimeout(() => {
      copy.textContent = "Copy";
    }, 2000);
  });
  copy.setAttribute("aria-label", `Copy ${title}`);
  const saveCsv = button(
    "Save CSV",
    () => save(new Blob([csvText(cells())], { type: "text/csv;charset=utf-8" }), `${name}.csv`),
    { "aria-label": `Save CSV: ${title}` },
  );
  const order = orderChoice(title, {
    heads,
    choose: (column, direction) =>
      view.set({ sort: fragmentWith(view, name, column === null ? null : `${column}.${direction}`) }),
  });
  box.before(element("div", { class: "tools" }, ...search, order.whole, copy, saveCsv));
  sortable({ name, heads, rows, body, view, order: order.show });
}

function textOf(cell: HTMLElement): string {
  return (cell.textContent ?? "").trim();
}

/** On a narrow page a row is a block, and each cell says its column. */
function label(heads: readonly HTMLElement[], rows: readonly HTMLTableRowElement[]): void {
  const names = heads.map(textOf);
  for (const row of rows)
    for (const [column, cell] of [...row.cells].entries()) cell.dataset["label"] = names[column] ?? "";
}

function searchField(title: string, rows: readonly HTMLTableRowElement[]): HTMLElement[] {
  const field = element("input", { type: "search", placeholder: "Search", "aria-label": `Search ${title}` });
  const count = element("output", { "aria-live": "polite" });
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = wanted !== "" && !(row.textContent ?? "").toLowerCase().includes(wanted);
    const found = rows.filter(({ hidden }) => !hidden).length;
    count.textContent = wanted === "" ? "" : `${found} of ${rows.length} rows`;
  });
  return [field, count];
}

/** Where a narrow page hides the heads, a choice sorts instead. */
function orderChoice(
  title: string,
  {
    heads,
    choose,
  }: {
    readonly heads: readonly HTMLElement[];
    readonly choose: (column: number | null, direction: "up" | "down") => void;
  },
): { readonly whole: HTMLElement; readonly show: (column: number | null, direction: "up" | "down") => void } {
  const options = heads.flatMap((head, column) =>
    (["up", "down"] as const).map((direction) =>
      element("option", { value: `${column}.${direction}` }, `${textOf(head)}, ${direction}`),
    ),
  );
  const select = element(
    "select",
    { class: "order", "aria-label": `Sort ${title}` },
    element("option", { value: "" }, "Sort"),
    ...options,
  );
  select.addEventListener("change", () => {
    const [column, direction] = select.value.split(".");
    choose(select.value === "" ? null : Number(column), direction === "down" ? "down" : "up");
  });
  return {
    whole: select,
    show: (column, direction) => {
      select.value = column === null ? "" : `${column}.${direction}`;
    },
  };
}

interface Sorted {
  readonly name: string;
  readonly heads: readonly HTMLElement[];
  readonly rows: readonly HTMLTableRowElement[];
  readonly body: HTMLTableSectionElement;
  readonly view: View;
  readonly order: (column: number | null, direction: "up" | "down") => void;
}

function sortable({ name, heads, rows, body, view, order }: Sorted): void {
  for (const [column, head] of heads.entries()) {
    const made = button("", () => {
      const next = { ascending: "down", descending: null }[head.getAttribute("aria-sort") ?? ""];
      view.set({ sort: fragmentWith(view, name, next === null ? null : `${column}.${next ?? "up"}`) });
    });
    made.append(...head.childNodes);
    head.append(made);
  }
  view.follow(({ sort }, before) => {
    if (sort === before.sort && body.isConnected) return;
    const [column, direction] = orderOf(sort, name);
    for (const [place, head] of heads.entries())
      if (place === column) head.setAttribute("aria-sort", direction === "up" ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    order(column, direction);
    const places =
      column === null
        ? rows.map((_, place) => place)
        : sortedPlaces(
            rows.map((row) => row.cells[column]?.textContent ?? ""),
            direction,
          );
    body.append(...places.flatMap((place) => rows[place] ?? []));
  }, body);
}

/** `by-latent.2.down;other.0.up`, with one table's order replaced. */
function fragmentWith({ now }: View, name: string, order: string | null): string {
  const others = (now.sort ?? "").split(";").filter((each) => each !== "" && !each.startsWith(`${name}.`));
  return [...others, ...(order === null ? [] : [`${name}.${order}`])].join(";");
}

function orderOf(sort: string | undefined, name: string): [column: number | null, direction: "up" | "down"] {
  const mine = (sort ?? "").split(";").find((each) => each.startsWith(`${name}.`));
  const [column, direction] = mine?.slice(name.length + 1).split(".") ?? [];
  return [column === undefined ? null : Number(column), direction === "down" ? "down" : "up"];
}
