/** How many imports of a room's files lead to each room: `counts[from][to]`, in the order of ROOMS. */
export function countImports(): number[][];

/** The text of docs/figures/rooms.svg. */
export function roomsPicture(counts?: readonly (readonly number[])[]): string;
