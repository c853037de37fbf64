/** One head's pattern as a picture: a row looks, a column is looked at. The chosen row and column are lined out. */

import type { JSX } from "preact";
import type { AttentionView } from "../../session/types.js";
import { boundaries, patternOf, shadePaths } from "./pattern.js";

/** What is drawn. */
export interface HeadMapOptions {
  readonly view: AttentionView;
  readonly head: number;
  /** Place of the position that looks, and of the one that is looked at; null where none is chosen. */
  readonly query: number | null;
  readonly keyPlace: number | null;
  /** What the picture says to a reader who does not see it. */
  readonly label: string;
  readonly onPick?: (query: number, key: number) => void;
  readonly onPoint?: (at: { readonly query: number; readonly key: number } | null) => void;
}

/** A square; what is pointed at is handed on. */
export function HeadMap({ view, head, query, keyPlace, label, onPick, onPoint }: HeadMapOptions): JSX.Element {
  const pattern = patternOf(view, head);
  const { size } = pattern;
  const at = (event: MouseEvent): { query: number; key: number } | null => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [column, row] = [
      Math.floor(((event.clientX - box.left) / box.width) * size),
      Math.floor(((event.clientY - box.top) / box.height) * size),
    ];
    return column < 0 || row >= size || column > row ? null : { query: row, key: column };
  };
  const lines = boundaries(view)
    .map((place) => `M0 ${place}H${size}M${place} ${place}V${size}`)
    .join("");
  return (
    <svg
      class="head-map"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      onPointerMove={(event) => onPoint?.(at(event))}
      onPointerLeave={() => onPoint?.(null)}
      onPointerUp={(event) => {
        const found = at(event);
        if (found !== null) onPick?.(found.query, found.key);
      }}
    >
      <g class="head-cells">
        {shadePaths(pattern).map(({ shade, path }) => (
          <path key={shade} d={path} fill-opacity={shade.toFixed(2)} />
        ))}
      </g>
      <path class="head-lines" d={`${lines}M0 0V${size}H${size}Z`} />
      {query === null ? null : <rect class="head-chosen" x="0" y={query} width={query + 1} height="1" />}
      {keyPlace === null ? null : (
        <rect class="head-chosen" x={keyPlace} y={keyPlace} width="1" height={size - keyPlace} />
      )}
    </svg>
  );
}
