// @needs nothing

import { describe, expect, test } from "vitest";
import { repeatedKey } from "../../../src/model/checkpoint/repeated-key.js";

describe("repeatedKey()", () => {
  const found = (text: string): string | null => repeatedKey(text, JSON.parse(text));

  test.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}', null],
    ['{"a":"x\\":y","b":"{\\"a\\":1}"}', null],
    ['{"__proto__":1,"constructor":2,"":3}', null],
    ["[1,2]", null],
    ['{"a":1,"a":1}', "a"],
    ['{"a":{"b":1 , "c":2,"b"\n:3}}', "b"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['[{"x":{"y":1},"x":{"z":1,"w":2}}]', "x"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ])("of %s is %j", (text, key) => {
    expect(found(text)).toBe(key);
  });

  test("a text of ten million characters takes seconds, not minutes", () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 500_000 }, (_, i) => [`key ${i}`, `"${i}":`])));
    const start = performance.now();
    expect(found(text)).toBeNull();
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
