/** `codilens k8s`: the manifest that runs an experiment as a Kubernetes Indexed Job, on stdout. */

import { k8sManifest } from "../cluster/k8s-manifest.js";
import { type ClusterCommand, planRun, type Typed } from "../cluster/plan-run.js";
import { printed } from "../cluster/printed.js";

/** Options of the command beside the experiment's. */
export interface K8sCommand extends ClusterCommand {
  readonly name: string;
  readonly image: string;
  readonly claim: string;
  readonly mount: string;
  readonly namespace?: string;
}

const OWN = ["--name", "--image", "--claim", "--mount", "--namespace"];

/** Runs the command. */
export async function k8s(flags: K8sCommand, typed: Omit<Typed, "own">): Promise<void> {
  const run = await planRun(flags, { ...typed, own: OWN });
  const { name, image, claim, mount, namespace } = flags;
  const manifest = k8sManifest(run, { name, image, claim, mount, ...(namespace === undefined ? {} : { namespace }) });
  printed(manifest, { json: flags.json, run });
}
