/** The writers of a batch, where they may act, and whether each did as often as it was to. */

import { UsageError } from "../../../base/errors.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import type { ParsedSite } from "../../hooks/names.js";
import { labelAndPlace, type RunHooks } from "../../hooks/run-hooks.js";
import { coveredByAny, type Position } from "../../hooks/step.js";
import type { Writer } from "../../hooks/writer.js";
import { SequenceLayout } from "../layout.js";
import type { RowPlan } from "../plan/row.js";
import type { Batch, Fired } from "../run-types.js";
import type { LoopModel } from "./loop.js";
import { checkSiteHere, sitesOf } from "./sites-here.js";
import { hookWriter, interventionWriters } from "./writers.js";

/** Interventions and hooks of all conditions. @throws UsageError for one that its site does not have. */
export function compileWriters(
  loop: LoopModel,
  batch: Batch,
  rowsOfCondition: readonly ReadonlySet<number>[],
): Writer[] {
  const context = {
    ...sitesOf(loop, batch),
    saes: batch.options.saes,
    seed: batch.options.seed ?? 0,
    questions: batch.questions,
    values: batch.options.values ?? {},
    clean: batch.clean,
  };
  return united(
    batch.conditions.map(({ interventions, hooks = [] }, index) => {
      const rows = rowsOfCondition[index] ?? new Set<number>();
      return [
        ...interventions.flatMap((intervention) => {
          checkSiteHere(intervention.site, loop);
          return interventionWriters(intervention, rows, context);
        }),
        ...hooks.map((hook) => {
          checkSiteHere(hook.site, loop);
          return hookWriter(hook, { rows, numbers: batch.numbers }, context);
        }),
      ];
    }),
  );
}

/**
 * Joins what several conditions do alike into one writer, so that it is done once a forward; a condition that does the same things in
 * another order keeps its own.
 */
function united(byCondition: readonly (readonly Writer[])[]): Writer[] {
  const all: (Writer & { readonly rows: Set<number> })[] = [];
  const places = new Map<string, number[]>();
  for (const own of byCondition) {
    const last = new Map<string, number>();
    const times = new Map<string, number>();
    for (const once of own) {
      const said = `${once.site.name} ${once.identity}`;
      times.set(said, (times.get(said) ?? 0) + 1);
      // The same thing said twice is done twice.
      const writer = { ...once, identity: `${once.identity}#${times.get(said)}` };
      const key = `${said}#${times.get(said)}`;
      const after = last.get(writer.site.name) ?? -1;
      const known = (places.get(key) ?? []).find((place) => place > after);
      const place = known ?? all.length;
      if (known === undefined) {
        all.push({ ...writer, rows: new Set() });
        places.set(key, [...(places.get(key) ?? []), place]);
      }
      for (const row of writer.rows ?? []) all[place]?.rows.add(row);
      last.set(writer.site.name, place);
    }
  }
  return all;
}

/** Refuses addresses that no row can ever have, before anything is computed. */
export function checkAddressed(
  writer: Writer,
  rows: readonly RowPlan[],
  { loop, numbers, limit }: { readonly loop: LoopModel; readonly numbers: readonly number[]; readonly limit: number },
): void {
  for (const id of writer.rows ?? []) {
    const row = rows[id];
    if (row === undefined) continue;
    const most = layoutOf(row, loop, limit);
    for (const address of [...writer.addresses, ...(writer.keys ?? [])]) {
      if (!most.positions.some((position) => coveredByAny([address], position))) {
        throw new UsageError(
          `${writer.label}: address "${formatAddress(address)}" is not in the sequence of question ${numbers[row.question]}`,
          `it has at most ${most.describe()}`,
        );
      }
    }
  }
}

/** The positions of a row. @param answerTokens that are predicted: the last of them is not fed. */
export function layoutOf(row: RowPlan, loop: LoopModel, answerTokens: number): SequenceLayout {
  const bot = loop.protocol.hasBot ? 1 : 0;
  return new SequenceLayout({
    question: row.promptIds.length - bot,
    bot,
    latents: loop.numLatents,
    eot: loop.eotTokens,
    answer: Math.max(0, answerTokens - 1),
  });
}

/** The fired contract: each hook exactly as often as its addresses have positions; all of an answer may be none, one token of it may not. */
export function firedOf(
  { row, hooks, writers }: { readonly row: number; readonly hooks: RunHooks; readonly writers: readonly Writer[] },
  layout: SequenceLayout,
  loop: LoopModel,
): Fired[] {
  const mayBeEmpty = (address: Address): boolean =>
    address.part === "answer" && address.index === null && layout.parts.answer === 0;
  return writers
    .filter((writer) => writer.rows === null || writer.rows.has(row))
    .map((writer) => {
      const planned = layout.positions.filter(
        (position) => siteHas(writer.site, position, loop) && coveredByAny(writer.addresses, position),
      ).length;
      const count = hooks.firedOn(writer, row);
      const address = writer.addresses.map(formatAddress).join(",");
      if (count !== planned || (planned === 0 && !writer.addresses.every(mayBeEmpty))) {
        throw new UsageError(
          `${labelAndPlace(writer)} fired ${count} times, planned ${planned === 0 ? "at least once" : planned}`,
          `this sequence has ${layout.describe()}`,
        );
      }
      for (const each of writer.addresses) {
        if (!mayBeEmpty(each) && !layout.positions.some((position) => coveredByAny([each], position))) {
          throw new UsageError(
            `${writer.label} never fired at ${formatAddress(each)}`,
            `this sequence has ${layout.describe()}`,
          );
        }
      }
      return { name: writer.label, site: writer.site.name, address, planned, count };
    });
}

/** Does a site have a value at a position? */
export function siteHas(site: ParsedSite, position: Position, loop: LoopModel): boolean {
  if (site.axes[1] !== "latent") return true;
  const first = site.kind === "latents.hook_input" ? 0 : loop.protocol.firstFedBack;
  return position.part === "latent" && position.index >= first;
}
