/** tfjs-node-gpu's own download: CUDA 11 or CPU libtensorflow 2.9.1, into its own package. */

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ownBinding, verify } from "./binding.mjs";
import { exists, lastLine } from "./places.mjs";
import { ensureTfjs, tfjsFolder } from "./tfjs.mjs";

/** Runs the package's own install script. @throws Error in words where it fails, or what it brought does not compute. */
export async function ownDownload() {
  if (tfjsFolder() === null) await checkHost();
  await ensureTfjs();
  const folder = tfjsFolder();
  const script = join(folder, "scripts", "install.js");
  const done = spawnSync(process.execPath, [script, process.platform === "linux" ? "cpu" : "gpu"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (done.status !== 0 || !exists(ownBinding()))
    throw new Error(`the package's own download failed (${lastLine(done.stderr) || done.error?.code || "no binding"})`);
  try {
    verify(ownBinding());
  } catch (error) {
    rmSync(ownBinding(), { force: true });
    throw error;
  }
  return { version: "2.9.1", from: "tfjs-node-gpu's own download", binding: ownBinding() };
}

/** Asks first whether that host answers at all, before the package is fetched for its script alone. */
async function checkHost() {
  // Through a proxy only the script knows the way.
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return;
  const host = "storage.googleapis.com";
  try {
    await fetch(`https://${host}/`, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Error(`its host ${host} cannot be reached (${error.cause?.code ?? error.name})`);
  }
}
