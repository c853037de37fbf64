/** One head, enlarged: its map, the row of the position that looks as a list, and the edge that can be cut. */

import type { JSX } from "preact";
import type { AttentionShown } from "../../edits/edit.js";
import type { AttentionView } from "../../session/types.js";
import { makeEdit } from "../make-edit.js";
import { Bar } from "../parts/bar.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { percent } from "../parts/numbers.js";
import { nameOf } from "../parts/position-name.js";
import { HeadMap } from "./head-map.js";
import { patternOf } from "./pattern.js";
import { pointed } from "./pointed.js";

/** What is enlarged. */
export interface EnlargedOptions {
  readonly view: AttentionView;
  readonly head: number;
  /** Place of the position that looks. */
  readonly query: number;
  /** The position that is looked at, by its name. */
  readonly to: string | null;
  readonly onEdge: (next: Partial<Pick<AttentionShown, "from" | "to">>) => void;
}

/** Beside each other where there is room. */
export function Enlarged({ view, head, query, to, onEdge }: EnlargedOptions): JSX.Element {
  const found = view.positions.findIndex(({ name }) => name === to);
  const key = found < 0 || found > query ? null : found;
  const at = pointed.value ?? (key === null ? null : { query, key });
  return (
    <div class="enlarged">
      <div>
        <h3>Head {head}</h3>
        <HeadMap
          view={view}
          head={head}
          query={query}
          keyPlace={key}
          label={`The pattern of head ${head}; the list beside it says the chosen row`}
          onPoint={(next) => {
            pointed.value = next;
          }}
          onPick={(nextQuery, nextKey) =>
            onEdge({ from: view.positions[nextQuery]?.name ?? "eot", to: view.positions[nextKey]?.name ?? null })
          }
        />
        <p class="enlarged-said small">
          {at === null ? "Point at the map, or choose a cell of it." : edgeText(view, { head, ...at })}
        </p>
      </div>
      <div class="enlarged-side">
        <Row view={view} head={head} query={query} keyPlace={key} onEdge={onEdge} />
        <Cut view={view} head={head} query={query} keyPlace={key} onEdge={onEdge} />
      </div>
    </div>
  );
}

interface EdgeOptions extends Omit<EnlargedOptions, "to"> {
  readonly keyPlace: number | null;
}

const SHOWN = 8;

/** The positions that the chosen one looks at most, and BOS. */
function Row({ view, head, query, keyPlace, onEdge }: EdgeOptions): JSX.Element {
  const { weight } = patternOf(view, head);
  const places = view.positions.slice(0, query + 1).map((_, place) => place);
  const most = new Set([...places].sort((a, b) => weight(query, b) - weight(query, a)).slice(0, SHOWN));
  const kept = places.filter((place) => place === 0 || place === keyPlace || most.has(place));
  const looks = view.positions[query];
  return (
    <div>
      <h3>{looks === undefined ? "" : nameOf(looks)} looks at</h3>
      <ul class="row-list">
        {kept.map((place) => {
          const position = view.positions[place];
          if (position === undefined) return null;
          return (
            <li key={position.name}>
              <button
                type="button"
                class={`row-item${place === keyPlace ? " row-chosen" : ""}`}
                aria-pressed={place === keyPlace}
                onClick={() => onEdge({ to: position.name })}
              >
                <span class="row-name">{nameOf(position)}</span> <Bar share={weight(query, place)} />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Both ends of the edge by name, and what cuts it. */
function Cut({ view, head, query, keyPlace, onEdge }: EdgeOptions): JSX.Element {
  const looks = view.positions[query];
  const seen = keyPlace === null ? undefined : view.positions[keyPlace];
  // BOS looks at itself alone.
  const canCut = looks !== undefined && seen !== undefined && looks.name !== "question.0";
  const cut = (of: number | null): void => {
    if (looks !== undefined && seen !== undefined)
      makeEdit({ kind: "edge", block: view.block, head: of, query: looks.name, key: seen.name }, { kind: "cut" });
  };
  return (
    <div class="cut">
      <Select
        label="Edge to"
        value={seen?.name ?? ""}
        options={[
          ["", "choose a position"] as const,
          ...view.positions.slice(0, query + 1).map((position) => [position.name, nameOf(position)] as const),
        ]}
        onChoose={(name) => onEdge({ to: name === "" ? null : name })}
      />
      <Button disabled={!canCut} onClick={() => cut(head)}>
        Cut in head {head}
      </Button>
      <Button disabled={!canCut} onClick={() => cut(null)}>
        Cut in all heads
      </Button>
    </div>
  );
}

function edgeText(
  view: AttentionView,
  { head, query, key }: { readonly head: number; readonly query: number; readonly key: number },
): string {
  const [looks, seen] = [view.positions[query], view.positions[key]];
  if (looks === undefined || seen === undefined) return "";
  return `${nameOf(looks)} → ${nameOf(seen)}: ${percent(patternOf(view, head).weight(query, key))}`;
}
