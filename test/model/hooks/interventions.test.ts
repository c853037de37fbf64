// @needs engine

import { describe, expect, test } from "vitest";
import { formatIntervention, interventionSchema, parseAddress, parseIntervention } from "../../../src/index.js";

describe("parseIntervention()", () => {
  test.each([
    "zero:blocks.8.hook_resid_post@latent.2",
    "mean:blocks.0.attn.hook_z@latent.1,latent.3!pin",
    "resample:latents.hook_input@latent.0",
    "noise(0.5):blocks.8.hook_mlp_out@all",
    "shuffle:blocks.8.hook_resid_post@latent",
    "add(direction):blocks.8.hook_resid_post@eot",
    "scale(-1.5):blocks.8.hook_resid_post@question.3",
    "replace(other):prj.hook_post@latent.5",
    "knockout(eot→latent.2):blocks.8.attn.hook_pattern@eot",
    "knockout(answer.0→question,raw):blocks.*.attn.hook_pattern@answer.0",
  ])("reads %s and writes it back", (text) => {
    const data = parseIntervention(text);
    expect(formatIntervention(data)).toBe(text);
    expect(interventionSchema.parse(JSON.parse(JSON.stringify(data)))).toEqual(data);
  });

  test.each([
    ["zero", "has not the form"],
    ["zero:blocks.8.hook_resid_post", "address after @ is missing"],
    ["zero(1):blocks.8.hook_resid_post@bot", "takes no argument"],
    ["noise(-1):hook_embed@bot", "not usable"],
    ["noise:hook_embed@bot", "not usable"],
    ["erase:hook_embed@bot", "unknown operation"],
    ["knockout(eot):blocks.8.attn.hook_pattern@eot", "from→to"],
    ["knockout(eot→bot):blocks.8.attn.hook_pattern@bot", "acts where its query is"],
    ["zero:hook_embed@latent.x", "Unknown address"],
  ])("refuses %s", (text, why) => {
    expect(() => parseIntervention(text)).toThrow(why);
  });
});

describe("parseAddress()", () => {
  test.each(["question.01", "latent.-1", "bot.0", "answers.1", ""])("refuses %s", (text) => {
    expect(() => parseAddress(text)).toThrow("Unknown address");
  });
});
