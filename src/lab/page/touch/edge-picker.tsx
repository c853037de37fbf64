/** An edge drawn between positions: from the one that looks to the one that is looked at, by pointer, by two clicks, or from lists. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PositionView } from "../../session/types.js";
import { edge } from "../draft.js";
import { Select } from "../parts/choice.js";
import { shownToken } from "../parts/numbers.js";
import { nameOf } from "../parts/position-name.js";
import { clean, hasLatents, names } from "../state.js";

/** The position that was taken hold of, until the other one is there. */
const held = signal<string | null>(null);

const STEP = 44;
const HEIGHT = 56;

/** A row of positions with the edge as an arc above it. */
export function EdgePicker(): JSX.Element | null {
  const positions = clean.value?.positions ?? [];
  const { query, key } = edge.value;
  const row = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    // The arc's later end lies to the right, beyond the question's tokens.
    const at = positions.findIndex(({ name }) => name === query);
    const { scrollLeft = 0, clientWidth = 0 } = row.current ?? {};
    const isSeen = at * STEP >= scrollLeft && (at + 1) * STEP <= scrollLeft + clientWidth;
    if (!isSeen) row.current?.scrollTo({ left: Math.max(0, (at + 2) * STEP - clientWidth) });
  }, [query, positions]);
  if (positions.length === 0) return null;
  const placeOf = (name: string): number => positions.findIndex((each) => each.name === name);
  const options = positions.map((position) => [position.name, nameOf(position)] as const);
  const earlier = options.slice(0, placeOf(query) + 1);
  return (
    <div class="edge">
      <div class="fields">
        <Select
          label="from"
          value={query}
          options={options.slice(1)}
          onChoose={(next) => draw(next, placeOf(key) > placeOf(next) ? next : key)}
        />
        <Select label="to" value={key} options={earlier} onChoose={(next) => draw(query, next)} />
      </div>
      <fieldset
        ref={row}
        class="scroll edge-scroll"
        aria-label="Positions: choose the one that looks, then the one it looks at"
      >
        <svg
          class="edge-arc"
          width={positions.length * STEP}
          height={HEIGHT}
          viewBox={`0 0 ${positions.length * STEP} ${HEIGHT}`}
          aria-hidden="true"
        >
          <path d={arc(placeOf(query), placeOf(key))} />
        </svg>
        <div class="edge-row">
          {positions.map((position) => (
            <Position key={position.name} position={position} />
          ))}
        </div>
      </fieldset>
    </div>
  );
}

function Position({ position }: { readonly position: PositionView }): JSX.Element {
  const { name, text } = position;
  const { query, key } = edge.value;
  const role = name === query ? " edge-from" : name === key ? " edge-to" : "";
  return (
    <button
      type="button"
      class={`edge-position${role}${held.value === name ? " edge-held" : ""}`}
      aria-label={`${name.startsWith("latent.") ? `${shortName(name, text)} ` : ""}${nameOf(position)}${name === query ? ", looks" : ""}${name === key ? ", is looked at" : ""}`}
      title={nameOf(position)}
      onPointerDown={({ currentTarget, pointerId }) => {
        // A button keeps the pointer that went down on it; the position where it goes up has to hear of it.
        if (currentTarget.hasPointerCapture(pointerId)) currentTarget.releasePointerCapture(pointerId);
        if (held.value === null) held.value = name;
      }}
      onPointerUp={() => {
        if (held.value !== null && held.value !== name) finish(name);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        if (held.value === null || held.value === name) held.value = held.value === name ? null : name;
        else finish(name);
      }}
    >
      {shortName(name, text)}
    </button>
  );
}

/** The later one of the two looks at the earlier one, whichever way it was drawn. */
function finish(name: string): void {
  const names = clean.value?.positions.map((each) => each.name) ?? [];
  const [first, last] = [held.value ?? name, name].sort((a, b) => names.indexOf(a) - names.indexOf(b));
  held.value = null;
  if (first !== undefined && last !== undefined) draw(last, first);
}

function draw(query: string, key: string): void {
  edge.value = { ...edge.value, query, key };
}

function arc(from: number, to: number): string {
  const [x, y] = [(from + 0.5) * STEP, (to + 0.5) * STEP];
  const top = HEIGHT - Math.min(HEIGHT - 6, 14 + Math.abs(x - y) / 4);
  return `M${x},${HEIGHT} C${x},${top} ${y},${top} ${y},${HEIGHT - 3} m-4,-6 l4,6 l4,-6`;
}

function shortName(name: string, text: string): string {
  if (name.startsWith("latent.")) return `L${name.slice(7)}`;
  if (name === "question.0" && names.value.first !== null) return names.value.first;
  if (name !== "bot" && (name !== "eot" || !hasLatents())) return shownToken(text);
  return names.value[name].replace(/ token$/, "");
}
