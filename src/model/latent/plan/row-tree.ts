/**
 * The tree of a batch: rows are one as long as their conditions have done the same things to the same question. They part at a stage
 * (prompt, latent k, EOT and answer), and within a stage at a height of the model: below it they are still computed once.
 */

import type { FamilyName } from "../../decoder/family-names.js";
import { ENTRY, finalHeight, insideHeight, outputHeight } from "../../decoder/heights.js";
import { isIdentity, type RowMap } from "../../decoder/row-map.js";
import type { Address } from "../../hooks/address.js";
import { hookIdentity } from "../../hooks/hook.js";
import { formatIntervention, interventionAddresses } from "../../hooks/interventions.js";
import { type BlockSite, expandSites, type GlobalSite, parseSite, type SiteName } from "../../hooks/names.js";
import type { Condition } from "../run-types.js";
import { keptPartings } from "./level-choice.js";
import type { RowPlan } from "./row.js";

/** Rows that are one, by their run-wide numbers. */
export interface Group {
  /** The row that stands for all: the first. */
  readonly lead: number;
  /** All of them, the lead included. */
  readonly rows: readonly number[];
}

/** @throws RangeError for no rows. */
export function groupOf(rows: readonly number[]): Group {
  const [lead] = rows;
  if (lead === undefined) throw new RangeError("A group of no rows");
  return { lead, rows };
}

/** The groups from one height of a stage on. */
export interface TreeLevel {
  readonly height: number;
  readonly groups: readonly Group[];
  /** For each group, the one that it was part of on the level below; on the first level, in the stage before. */
  readonly order: RowMap;
}

/** What of a model says where rows part. */
export interface TreeShape {
  readonly layers: number;
  readonly family?: FamilyName | undefined;
  /** Sites of the run's autoencoders. */
  readonly features?: readonly SiteName[] | undefined;
  readonly latents: number;
  /** Cells through all blocks that cost as much as a height at which rows part; default: nothing does, and they part as late as can be. */
  readonly levelCells?: number | undefined;
}

/** What is done to one row in one stage: by height, as text. */
type Edits = ReadonlyMap<number, string>;

const NOTHING: Edits = new Map();

/** Knows where the rows of a batch part. */
export class RowTree {
  readonly #edits: readonly (readonly Edits[])[];
  /** By condition, the first column of the prompt that it acts on; no less than the prompt's last where that is BOT. */
  readonly #firstColumns: readonly number[];
  readonly shape: TreeShape;

  /** @param rows all sequences; those of a question in one stretch. */
  constructor(
    readonly rows: readonly RowPlan[],
    conditions: readonly Condition[],
    shape: TreeShape,
  ) {
    this.shape = shape;
    this.#edits = conditions.map((condition) => editsOf(condition, shape));
    this.#firstColumns = conditions.map((condition) =>
      Math.min(...actsOf(condition).flatMap(({ addresses }) => addresses.map(firstColumn))),
    );
  }

  /** Number of the stage after the latents: EOT and the answer. Stage 0 is the prompt, stage k + 1 is latent k. */
  get answerStage(): number {
    return this.shape.latents + 1;
  }

  /** One group a question; those that share a prompt are one. */
  get roots(): Group[] {
    const groups: number[][] = [];
    for (const [id, row] of this.rows.entries()) {
      const last = groups.at(-1);
      const sibling = this.rows[id - 1];
      if (last !== undefined && (sibling?.question === row.question || row.hasPromptBefore === true)) last.push(id);
      else groups.push([id]);
    }
    return groups.map(groupOf);
  }

  /**
   * How the groups of the stage before part in this one, level by level; at least the first level.
   *
   * @param row `columns`: its cells; default: one.
   */
  levels(stage: number, groups: readonly Group[], { columns = 1 }: { readonly columns?: number } = {}): TreeLevel[] {
    const late = this.#latestLevels(stage, groups);
    const { layers, levelCells = 0 } = this.shape;
    const partings = late.map(({ height, groups: own }) => ({ height, rows: own.length }));
    const kept = keptPartings(partings, { columns, levelCells, layers });
    if (kept.length === late.length) return late;
    let current = groups;
    return kept.map((place, i) => {
      const heights = late.slice(place, kept[i + 1]).map(({ height }) => height);
      const editsOf = (id: number): string => heights.map((height) => this.#of(id, stage).get(height) ?? "").join("|");
      const level = parted(current, heights[0] ?? ENTRY, editsOf);
      current = level.groups;
      return level;
    });
  }

  /** Rows that part no lower than they have to. */
  #latestLevels(stage: number, groups: readonly Group[]): TreeLevel[] {
    const heights = new Set(groups.flatMap(({ rows }) => rows.flatMap((id) => [...this.#of(id, stage).keys()])));
    const levels: TreeLevel[] = [];
    let current = groups;
    for (const height of [...new Set([ENTRY, ...heights])].sort((a, b) => a - b)) {
      const level = parted(current, height, (id) => this.#of(id, stage).get(height) ?? "");
      if (levels.length > 0 && isIdentity(level.order, current.length)) continue;
      levels.push(level);
      current = level.groups;
    }
    return levels;
  }

  /** Columns at the beginning of a question's prompt that are the same in all its rows. */
  sharedColumns({ lead, rows }: Group): number {
    const last = (this.rows[lead]?.promptIds.length ?? 0) - 1;
    return rows.reduce((most, id) => {
      const condition = this.rows[id]?.condition ?? null;
      return Math.min(most, condition === null ? most : (this.#firstColumns[condition] ?? 0));
    }, last);
  }

  /** Does nothing happen to the row in this stage? */
  isUntouched(id: number, stage: number): boolean {
    return this.#of(id, stage).size === 0;
  }

  #of(id: number, stage: number): Edits {
    const row = this.rows[id];
    if (row === undefined) throw new RangeError(`No row ${id}`);
    const own = row.condition === null ? NOTHING : (this.#edits[row.condition]?.[stage] ?? NOTHING);
    const latent = stage - 1;
    const pinned = row.pin !== null && latent >= row.pin.from && stage < this.answerStage && stage > 0;
    const marks = [
      ...(pinned ? ["pin "] : []),
      // Rows of one question are one for as long as they can be; other questions have come along as far as the prompt.
      ...(row.hasPromptBefore === true && stage === 1 ? [`question ${row.question} `] : []),
    ];
    return marks.length === 0 ? own : new Map([...own, [ENTRY, `${marks.join("")}${own.get(ENTRY) ?? ""}`]]);
  }
}

function parted(groups: readonly Group[], height: number, editOf: (id: number) => string): TreeLevel {
  const order: number[] = [];
  const next: Group[] = [];
  for (const [place, group] of groups.entries()) {
    const byEdit = new Map<string, number[]>();
    for (const id of group.rows) {
      const edit = editOf(id);
      const same = byEdit.get(edit);
      if (same === undefined) byEdit.set(edit, [id]);
      else same.push(id);
    }
    for (const members of byEdit.values()) {
      next.push(groupOf(members));
      order.push(place);
    }
  }
  return { height, groups: next, order };
}

/** What a condition does in each stage. */
function editsOf(condition: Condition, { latents, ...model }: TreeShape): Edits[] {
  const stages = Array.from({ length: latents + 2 }, () => new Map<number, string>());
  const note = (stage: number, height: number, edit: string): void => {
    stages[stage]?.set(height, `${stages[stage]?.get(height) ?? ""}${edit};`);
  };
  for (const { text, sites, addresses } of actsOf(condition)) {
    const touched = new Set(
      addresses.flatMap((address) => {
        if (address.part === "question" || address.part === "bot") return [0];
        if (address.part === "eot" || address.part === "answer") return [latents + 1];
        if (address.part === "all") return stages.map((_, stage) => stage);
        const { index } = address as { readonly index: number | null };
        return index === null ? Array.from({ length: latents }, (_, k) => k + 1) : [index + 1];
      }),
    );
    const places = expandSites([...sites], model).map((name) => {
      const { layer, kind } = parseSite(name, model);
      return { name, height: heightOf(layer, kind, model.layers) };
    });
    for (const stage of touched) for (const { name, height } of places) note(stage, height, `${name} ${text}`);
  }
  return stages;
}

/** One thing that a condition does. */
interface Act {
  /** Equal for acts that do the same thing. */
  readonly text: string;
  readonly sites: readonly string[];
  readonly addresses: readonly Address[];
}

function actsOf({ interventions, hooks = [] }: Condition): Act[] {
  return [
    ...interventions.map((each) => ({
      text: formatIntervention(each),
      sites: [each.site],
      addresses: interventionAddresses(each),
    })),
    ...hooks.map((each) => ({ text: hookIdentity(each), sites: [each.site], addresses: each.addresses })),
  ];
}

/** The first column of the prompt that an address covers; BOT is wherever the prompt ends. */
function firstColumn(address: Address): number {
  if (address.part === "all") return 0;
  return address.part === "question" ? (address.index ?? 0) : Number.POSITIVE_INFINITY;
}

function heightOf(layer: number | null, kind: BlockSite | GlobalSite, layers: number): number {
  // Features stand where the site does that they are of.
  if (layer !== null) return kind.startsWith("hook_resid_post") ? outputHeight(layer) : insideHeight(layer);
  return kind.startsWith("ln_final.") || kind === "hook_logits" ? finalHeight(layers) : ENTRY;
}
