/** The picture of the rooms is what the imports say now, and docs/architecture.md describes each room. */
// @needs nothing

import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ROOMS, roomOf } from "../../scripts/rooms.mjs";
import { countImports, roomsPicture } from "../../scripts/rooms-picture.mjs";

const none = ROOMS.map(() => ROOMS.map(() => 0));

/** No import but so many from one room to another. */
function only(from: string, to: string, count: number): number[][] {
  const at = (name: string): number => ROOMS.findIndex((room) => room.name === name);
  return none.map((row, i) => row.map((_, j) => (i === at(from) && j === at(to) ? count : 0)));
}

const dots = (picture: string): string[] =>
  picture.match(/<circle class="\w+" cx="[\d.]+" cy="[\d.]+" r="\d+"\/>/g) ?? [];

describe("docs/figures/rooms.svg", () => {
  test("is what `npm run docs:picture` draws of the imports", () => {
    expect(readFileSync("docs/figures/rooms.svg", "utf8")).toBe(roomsPicture());
  });

  test("has every folder of src as a room, and no other", () => {
    const folders = readdirSync("src").filter((name) => statSync(`src/${name}`).isDirectory());
    expect(folders.sort()).toEqual(
      ROOMS.map(({ name }) => name)
        .filter((name) => name !== "entries")
        .sort(),
    );
    expect(ROOMS[roomOf("src/index.ts")]?.name).toBe("entries");
  });

  test("counts imports by type too: analysis takes from studies, base from nobody", () => {
    const counts = countImports();
    const at = (name: string): number => ROOMS.findIndex((room) => room.name === name);
    expect(counts[at("analysis")]?.[at("studies")]).toBeGreaterThan(0);
    expect(counts[at("base")]?.every((count, to) => count === 0 || to === at("base"))).toBe(true);
  });

  test("draws one dot for two rooms, larger for more imports, red where it goes to the right", () => {
    const legend = dots(roomsPicture(none));
    const drawn = (counts: number[][]): string[] => dots(roomsPicture(counts)).filter((each) => !legend.includes(each));
    expect(drawn(none)).toEqual([]);
    const [few = "", some = "", many = ""] = [9, 10, 50].map((count) => drawn(only("cli", "base", count)).join());
    expect([few, some, many].map((dot) => /r="(\d+)"/.exec(dot)?.[1])).toEqual(["4", "8", "13"]);
    expect([few, some, many].every((dot) => dot.includes('class="import"'))).toBe(true);
    expect(drawn(only("base", "cli", 1)).join()).toContain('class="wrong"');
  });

  test("says in words what it shows", () => {
    expect(roomsPicture(only("cli", "base", 3))).toContain("cli imports from base");
  });
});

test("docs/architecture.md has a line for every room", () => {
  const page = readFileSync("docs/architecture.md", "utf8");
  const rows = [...page.matchAll(/^\| `?(\w+)`? \|/gm)].map(([, name]) => name);
  expect(rows.slice(rows.indexOf("base"))).toEqual(ROOMS.map(({ name }) => name));
});
