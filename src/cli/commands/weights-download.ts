/** `codilens weights download REPO[@REVISION] OUT`: a repository of the hub as a checkpoint folder. */

import { setTimeout as sleep } from "node:timers/promises";
import { mebibytes } from "../../base/bytes.js";
import { holdFolder } from "../../hub/hold-folder.js";
import { parseRepository } from "../../hub/names.js";
import { downloadRepository } from "../../hub/repository.js";
import type { DownloadResult } from "../../hub/request.js";
import { readSettings } from "../../hub/settings.js";
import { printableLines } from "../arguments.js";
import { makeProgress } from "../progress.js";
import { stopOnSignals } from "../signals.js";

interface Flags {
  readonly include: readonly string[];
  readonly force: boolean;
  readonly verify: boolean;
  readonly takeOver: boolean;
  readonly progress: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Runs the command; sets the exit code. */
export async function weightsDownload(repo: string, out: string, flags: Flags): Promise<void> {
  const name = parseRepository(repo);
  const settings = readSettings(process.env);
  const stop = stopOnSignals();
  const progress = makeProgress(flags.progress && !flags.quiet, { name: "MiB", size: 2 ** 20 });
  const say = (text: string): void => {
    if (!flags.quiet) process.stderr.write(`${printableLines(text)}\n`);
  };
  try {
    const result = await downloadRepository(
      { ...name, dir: out, include: flags.include, force: flags.force, verify: flags.verify },
      {
        settings,
        signal: stop.signal,
        notice: say,
        now: Date.now,
        sleep: (ms, signal) => sleep(ms, undefined, { signal }),
        progress: (done, total, resumed) => progress.update(done, total, { resumed }),
        hold: (dir) => holdFolder(dir, flags.takeOver),
      },
    );
    progress.stop();
    print(result, flags.json);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.stop();
    say("stopped; what was fetched is kept. The same command goes on from there.");
    process.exitCode = stop.exitCode();
  } finally {
    progress.stop();
    stop.release();
  }
}

function print(result: DownloadResult, json: boolean): void {
  const { repository, commit, dir, files, receivedBytes } = result;
  if (json) {
    process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", ...result }, null, 2)}\n`);
    return;
  }
  const sizeBytes = files.reduce((total, each) => total + each.sizeBytes, 0);
  const fetched = files.filter((each) => each.fetched).length;
  const lines = [
    `${dir}: ${repository} at ${commit}, ${files.length} files, ${mebibytes(sizeBytes)}, every hash right`,
    `${fetched} fetched (${mebibytes(receivedBytes)} received), ${files.length - fetched} were there already`,
  ];
  process.stdout.write(`${printableLines(lines.join("\n"))}\n`);
}
