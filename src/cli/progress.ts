/** A bar with rate and time left on a terminal; else a plain line at most every ten seconds. */

import cliProgress from "cli-progress";

/** Counts beside what is done, in the same unit. */
export interface ProgressMore {
  /** How many were there before; 0 by default. */
  readonly resumed?: number;
  /** What is computed of the next part but not kept yet; 0 by default. */
  readonly ahead?: number;
}

/** Shows how far a run is, on stderr. */
export interface Progress {
  readonly update: (done: number, total: number, more?: ProgressMore) => void;
  readonly stop: () => void;
}

const LINE_EVERY_MS = 10_000;

/** What is counted: its name, and how many of `update`'s counts make one shown. */
export interface ProgressUnit {
  readonly name: string;
  readonly size: number;
}

const ITEMS: ProgressUnit = { name: "items", size: 1 };

/** @param shown false: silent. */
export function makeProgress(shown: boolean, unit: ProgressUnit = ITEMS): Progress {
  if (!shown) return { update: () => undefined, stop: () => undefined };
  const { update, stop } = process.stderr.isTTY ? bar(unit) : lines(unit);
  if (unit.size === 1) return { update, stop };
  const inUnits = (count: number): number => Math.round((count / unit.size) * 10) / 10;
  return {
    update: (done, total, { resumed = 0 } = {}) => update(inUnits(done), inUnits(total), { resumed: inUnits(resumed) }),
    stop,
  };
}

function bar({ name }: ProgressUnit): Progress {
  const single = new cliProgress.SingleBar({
    format: `{bar} {percentage} % · {stored}/{total} ${name} · {rate} a second · {left} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  });
  let begun = 0;
  return {
    update: (done, total, { resumed = 0, ahead = 0 } = {}) => {
      if (begun === 0) {
        begun = Date.now();
        single.start(total, done, { stored: done, rate: "–", left: "–" });
        return;
      }
      const rate = (done + ahead - resumed) / ((Date.now() - begun) / 1000);
      const left = rate > 0 ? `${Math.ceil((total - done - ahead) / rate)} s` : "–";
      single.update(done + ahead, { stored: done, rate: rate.toFixed(1), left });
    },
    stop: () => single.stop(),
  };
}

function lines({ name }: ProgressUnit): Progress {
  let begun = 0;
  let last = 0;
  return {
    update: (done, total, { resumed = 0, ahead = 0 } = {}) => {
      const now = Date.now();
      if (begun === 0) begun = now;
      if (done < total && now - last < LINE_EVERY_MS) return;
      last = now;
      const computed = done + ahead - resumed;
      const rate = computed / Math.max(0.001, (now - begun) / 1000);
      const left = computed > 0 && done < total ? `, about ${Math.ceil((total - done - ahead) / rate)} s left` : "";
      const share = ahead > 0 ? ` and ${Math.floor(ahead)} in work` : "";
      process.stderr.write(
        `${done}/${total} ${name}${share}${computed > 0 ? `, ${rate.toFixed(1)} a second` : ""}${left}\n`,
      );
    },
    stop: () => undefined,
  };
}
