/** The panel `attention`: all heads of a block as small maps, one of them enlarged, read from one position, and edges to cut. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { AttentionView } from "../../session/types.js";
import { follow } from "../follow.js";
import { Button } from "../parts/button.js";
import { percent } from "../parts/numbers.js";
import { Panel } from "../parts/panel.js";
import { nameOf } from "../parts/position-name.js";
import { Term } from "../parts/term.js";
import { clean, edited, isLive, lab, show } from "../state.js";
import { chosenKey } from "./chosen.js";
import { Enlarged } from "./enlarged.js";
import { HeadMap } from "./head-map.js";
import { patternOf } from "./pattern.js";
import "./attention.css";

/** Which run is looked at, where there are two. */
const ofRun = signal<"clean" | "edited">("clean");

/** What is on show: the block that was asked for, else that of the opened cell, else the one halfway up. */
function asked(): { readonly block: number; readonly head: number | null; readonly from: string } {
  const { attention, cell } = lab.value.view;
  const blocks = clean.value?.model.blocks ?? 1;
  return attention ?? { block: cell?.block ?? Math.floor(blocks / 2), head: null, from: "eot" };
}

const pattern = follow("attention", () => {
  const { question } = lab.value;
  if (clean.value?.question !== question) return null;
  const run = edited.value === null ? "clean" : ofRun.value;
  const version = run === "edited" ? edited.value?.edited : undefined;
  return { ask: { question, block: asked().block, run }, version };
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
  const { head, from } = asked();
  const found = view.positions.findIndex(({ name }) => name === from);
  const query = found < 0 ? view.positions.findIndex(({ name }) => name === "eot") : found;
  const key = view.positions.findIndex(({ name }) => name === chosenKey.value);
  const set = (next: { block?: number; head?: number | null; from?: string }): void =>
    show({ attention: { ...asked(), ...next } });
  return (
    <>
      <Tools view={view} query={query} set={set} />
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
                head {each} <span class="quiet">· BOS {percent(patternOf(view, each).weight(query, 0))}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Enlarged view={view} head={head ?? 0} query={query} onQuery={(name) => set({ from: name })} />
    </>
  );
}

interface ToolsOptions {
  readonly view: AttentionView;
  readonly query: number;
  readonly set: (next: { block?: number; from?: string }) => void;
}

function Tools({ view, query, set }: ToolsOptions): JSX.Element {
  const { positions, beforeNumber, block } = view;
  const blocks = clean.value?.model.blocks ?? 1;
  const number = beforeNumber === null ? null : (positions[beforeNumber] ?? null);
  const isAt = (name: string): boolean => positions[query]?.name === name;
  return (
    <div class="attention-tools">
      <label class="choice">
        <span>Block</span>
        <select value={block} onChange={({ currentTarget }) => set({ block: Number(currentTarget.value) })}>
          {Array.from({ length: blocks }, (_, each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <div class="attention-from">
        <span class="small quiet">from</span>
        <Button pressed={isAt("eot")} onClick={() => set({ from: "eot" })}>
          EOT
        </Button>
        {number === null ? null : (
          <Button pressed={isAt(number.name)} onClick={() => set({ from: number.name })}>
            before the answer’s number
          </Button>
        )}
        <label class="choice">
          <span class="unseen">from position</span>
          <select
            value={positions[query]?.name ?? ""}
            onChange={({ currentTarget }) => set({ from: currentTarget.value })}
          >
            {positions.map((position) => (
              <option key={position.name} value={position.name}>
                {nameOf(position)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {edited.value === null ? null : (
        <div class="attention-from">
          {(["clean", "edited"] as const).map((run) => (
            <Button
              key={run}
              pressed={view.run === run}
              onClick={() => {
                ofRun.value = run;
              }}
            >
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
