/** What a reader looks at. It stands in the address, so that a view can be sent and the browser's Back leads to the one before. */

/** Parts of a view; one that is missing is at its default. */
const VIEW_KEYS = ["level", "latent", "problem", "layer", "head", "from", "left", "right", "sort", "dark"] as const;

/** A part of the view, or the section (`at`). */
export type ViewKey = (typeof VIEW_KEYS)[number] | "at";

/** The view as plain texts. */
export type ViewState = Readonly<Partial<Record<ViewKey, string>>>;

/** @param fragment `#study-main&level=2-step`, with or without its sign. */
export function parseFragment(fragment: string): ViewState {
  const [at = "", ...parts] = fragment.replace(/^#/, "").split("&");
  const state: Partial<Record<ViewKey, string>> = at === "" ? {} : { at: decoded(at) };
  for (const part of parts) {
    const [name, value = ""] = part.split("=");
    const key = VIEW_KEYS.find((each) => each === name);
    if (key !== undefined && value !== "") state[key] = decoded(value);
  }
  return state;
}

/** The same as text, its parts always in the same order; empty for the default view. */
export function fragmentOf(state: ViewState): string {
  const parts = VIEW_KEYS.flatMap((key) => {
    const value = state[key];
    return value === undefined || value === "" ? [] : [`${key}=${encodeURIComponent(value)}`];
  });
  const at = encodeURIComponent(state.at ?? "");
  return parts.length === 0 ? at : [at, ...parts].join("&");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Listener = (state: ViewState, before: ViewState) => void;

/** The one place that knows what is looked at. */
export class View {
  #now: ViewState = parseFragment(location.hash);
  #listeners: { readonly listener: Listener; readonly owner: Element | null }[] = [];

  constructor() {
    const read = (): void => this.#turn(parseFragment(location.hash));
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
  }

  get now(): ViewState {
    return this.#now;
  }

  /** Hears every change, and what is looked at now. @param owner once it has left the page, nothing more is heard. */
  follow(listener: Listener, owner: Element | null = null): void {
    this.#listeners.push({ listener, owner });
    listener(this.#now, {});
  }

  /** Looks elsewhere; `undefined` is the default. Each call is one step of the browser's history. */
  set(change: Partial<Record<ViewKey, string | undefined>>): void {
    const next = Object.fromEntries(
      Object.entries({ ...this.#now, ...change }).filter(([, value]) => value !== undefined && value !== ""),
    ) as ViewState;
    if (fragmentOf(next) === fragmentOf(this.#now)) return;
    history.pushState(null, "", `#${fragmentOf(next)}`);
    this.#turn(next);
  }

  /** Selects; what is selected already is let go. */
  toggle(change: Partial<Record<ViewKey, string>>): void {
    const isSame = Object.entries(change).every(([key, value]) => this.#now[key as ViewKey] === value);
    this.set(isSame ? Object.fromEntries(Object.keys(change).map((key) => [key, undefined])) : change);
  }

  #turn(next: ViewState): void {
    if (fragmentOf(next) === fragmentOf(this.#now)) return;
    const before = this.#now;
    this.#now = next;
    for (const { listener, owner } of [...this.#listeners]) if (owner?.isConnected !== false) listener(next, before);
    this.#listeners = this.#listeners.filter(({ owner }) => owner?.isConnected !== false);
  }
}
