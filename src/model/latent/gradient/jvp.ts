/** Forward mode over a batch: changes go along with one forward. */

import { Tangents } from "../../gradient/tangents.js";
import type { ParsedSite } from "../../hooks/names.js";
import { parseSite } from "../../hooks/names.js";
import { Captures, SiteRecorder } from "../readings/capture.js";
import { checkSiteHere } from "../run/sites-here.js";
import { checkHasDerivative } from "./check-site.js";
import { onlyAddress } from "./metrics.js";
import { RecordedSites } from "./recorded-sites.js";
import { type PlannedForward, runForward } from "./run-forward.js";
import { spotOf } from "./stretches.js";
import { tappedSites } from "./tapped-sites.js";
import { ChangeTaps, type Direction } from "./taps.js";
import type { Along, JvpResult } from "./types.js";

/** What is asked of a batch. */
export interface JvpRequest {
  readonly sites: readonly ParsedSite[];
  readonly pins: boolean;
  /** By question of the batch. */
  readonly alongOf: (question: number) => readonly Along[];
}

/** @returns a result a question, in their order. */
export async function changesOf(forward: PlannedForward, { sites, pins, alongOf }: JvpRequest): Promise<JvpResult[]> {
  const { loop, batch, rows } = forward;
  const directions = rows.flatMap((_, question) => directionsAt(forward, { question, along: alongOf(question) }));
  const tangents = new Tangents();
  const kept = new RecordedSites(sites);
  const given = directions.map(({ spot }) => spot.site);
  const all = [...new Map([...sites, ...given].map((site) => [site.name, site])).values()];
  const taps = new ChangeTaps(tangents, { sites: tappedSites(all, { pins, loop }), pins, kept, directions });
  const recorders = sites.map((site) => new SiteRecorder(site));
  try {
    const observers = [...taps.taps, ...recorders.map(({ observer }) => observer)];
    await runForward(forward, { observers, recorder: tangents });
    tangents.dispose();
    await kept.read();
    return rows.map(({ row, layout }, question) => ({
      question: batch.questions[question] ?? "",
      changes: kept.of(row, layout),
      captures: new Captures(
        recorders.map((recorder) => recorder.assemble(row, layout)),
        { layout, numberToken: null },
      ),
    }));
  } finally {
    tangents.dispose();
    kept.dispose();
  }
}

function directionsAt(
  { loop, rows }: PlannedForward,
  { question, along }: { readonly question: number; readonly along: readonly Along[] },
): Direction[] {
  const { row, layout } = rows[question] ?? {};
  if (row === undefined || layout === undefined) throw new RangeError(`No row of question ${question}`);
  return along.map(({ site, address, direction }) => {
    checkSiteHere(checkHasDerivative(site), loop);
    const spot = spotOf(parseSite(site, loop.decoder.config), onlyAddress(address), { row, layout, loop });
    return { spot, direction };
  });
}
