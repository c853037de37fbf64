/** The panel `attention`: all heads of a block as small maps, one of them enlarged, read from one position, and edges to cut. */

import type { JSX } from "preact";
import type { AttentionShown } from "../../edits/edit.js";
import type { AttentionView } from "../../session/types.js";
import { follow } from "../follow.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { percent } from "../parts/numbers.js";
import { Panel } from "../parts/panel.js";
import { nameOf } from "../parts/position-name.js";
import { Term } from "../parts/term.js";
import { clean, edited, isLive, lab, names, show } from "../state.js";
import { Enlarged } from "./enlarged.js";
import { HeadMap } from "./head-map.js";
import { patternOf } from "./pattern.js";
import "./attention.css";

/** Reads the state when it is called: two quick choices both count. */
function set(next: Partial<AttentionShown>): void {
  show({ attention: { ...asked(), ...next } });
}

/** What is on show: the block that was asked for, else that of the opened cell, else the one halfway up. */
function asked(): AttentionShown {
  const { attention, cell } = lab.value.view;
  const blocks = clean.value?.model.blocks ?? 1;
  const block = cell?.block ?? Math.floor(blocks / 2);
  return attention ?? { block, head: null, from: "eot", to: null, isEdited: false };
}

const pattern = follow("attention", () => {
  const { question } = lab.value;
  if (clean.value?.question !== question) return null;
  const { block, isEdited } = asked();
  const run = isEdited && edited.value !== null ? "edited" : "clean";
  const version = run === "edited" ? edited.value?.edited : undefined;
  return { ask: { question, block, run }, version };
});

/** Shown once the engine can be asked. */
export function Attention(): JSX.Element | null {
  if (clean.value === null) return null;
  const view = pattern.value;
  // The view before stays until the next one is there, under its own title.
  const { block } = view ?? asked();
  return (
    <Panel
      id="attention"
      title={`Attention of block ${block}`}
      about={
        <>
          All <Term name="head">heads</Term> of a block. Each row looks, each column is looked at; a stronger colour is
          more <Term name="attention">attention</Term>, by its square root.
        </>
      }
    >
      {view === null ? (
        <p class="quiet">
          {isLive.value ? "Attention is being read …" : "Attention is read once the engine is there."}
        </p>
      ) : (
        <Shown view={view} />
      )}
    </Panel>
  );
}

function Shown({ view }: { readonly view: AttentionView }): JSX.Element {
  const { head, from, to } = asked();
  const found = view.positions.findIndex(({ name }) => name === from);
  const query = found < 0 ? view.positions.findIndex(({ name }) => name === "eot") : found;
  const key = view.positions.findIndex(({ name }) => name === to);
  return (
    <>
      <Tools view={view} query={query} />
      <ul class="head-grid">
        {Array.from({ length: view.heads }, (_, each) => (
          <li key={each}>
            <button
              type="button"
              class={`head-tile${each === (head ?? 0) ? " head-tile-chosen" : ""}`}
              aria-pressed={each === (head ?? 0)}
              onClick={() => set({ head: each })}
            >
              <HeadMap
                view={view}
                head={each}
                query={query}
                keyPlace={key < 0 ? null : key}
                label={said(view, { head: each, query })}
              />
              <span class="small">
                head {each}{" "}
                <span class="quiet">
                  · {names.value.first ?? "first token"} {percent(patternOf(view, each).weight(query, 0))}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Enlarged view={view} head={head ?? 0} query={query} to={to} onEdge={set} />
    </>
  );
}

interface ToolsOptions {
  readonly view: AttentionView;
  readonly query: number;
}

function Tools({ view, query }: ToolsOptions): JSX.Element {
  const { positions, beforeNumber, block } = view;
  const blocks = clean.value?.model.blocks ?? 1;
  const number = beforeNumber === null ? null : (positions[beforeNumber] ?? null);
  const isAt = (name: string): boolean => positions[query]?.name === name;
  return (
    <div class="attention-tools">
      <Select
        label="Block"
        value={`${block}`}
        options={Array.from({ length: blocks }, (_, each) => [`${each}`, `${each}`] as const)}
        onChoose={(next) => set({ block: Number(next) })}
      />
      <div class="attention-from">
        <span class="small quiet">from</span>
        <Button pressed={isAt("eot")} onClick={() => set({ from: "eot" })}>
          {names.value.eot}
        </Button>
        {number === null ? null : (
          <Button pressed={isAt(number.name)} onClick={() => set({ from: number.name })}>
            before the answer’s number
          </Button>
        )}
        <Select
          label="from position"
          isLabelUnseen
          value={positions[query]?.name ?? ""}
          options={positions.map((position) => [position.name, nameOf(position)] as const)}
          onChoose={(from) => set({ from })}
        />
      </div>
      {edited.value === null ? null : (
        <div class="attention-from">
          {(["clean", "edited"] as const).map((run) => (
            <Button key={run} pressed={view.run === run} onClick={() => set({ isEdited: run === "edited" })}>
              {run === "clean" ? "without edits" : "under the edits"}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}

function said(view: AttentionView, { head, query }: { readonly head: number; readonly query: number }): string {
  const { weight } = patternOf(view, head);
  const keys = view.positions.slice(0, query + 1);
  const most = keys.reduce((best, _, key) => (weight(query, key) > weight(query, best) ? key : best), 0);
  const [looks, seen] = [view.positions[query], view.positions[most]];
  if (looks === undefined || seen === undefined) return `Head ${head}`;
  return `Head ${head}: ${nameOf(looks)} looks most at ${nameOf(seen)}, ${percent(weight(query, most))}`;
}
