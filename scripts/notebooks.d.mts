/** A notebook, as far as tests read it. */
export interface Notebook {
  readonly cells: readonly {
    readonly cell_type: "code" | "markdown";
    readonly source: string | readonly string[];
    readonly outputs?: readonly Output[];
  }[];
}

/** What one cell gave: a result by its media types, or a stream of text. */
export interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly text?: string | readonly string[];
  readonly ename?: string;
}

/** Paths of all notebooks. */
export function notebooks(): string[];

/** Executes a notebook in its folder. @returns it with its outputs. @throws Error with Jupyter's words where a cell fails. */
export function executed(path: string): Notebook;
