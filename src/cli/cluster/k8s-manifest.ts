/** The manifest of a Kubernetes Indexed Job: one index a shard, and a second Job that merges them when it is released. */

import { type ClusterRun, experimentWords, mergeWords } from "./cluster-run.js";
import { commandText, supervised } from "./shell.js";
import { type Yaml, yamlText } from "./yaml.js";

/** What only Kubernetes is told. */
export interface K8sChoices {
  readonly name: string;
  readonly image: string;
  /** A claim whose volume all pods write to. */
  readonly claim: string;
  /** Where it is mounted, and pods run: relative paths of the options are of it. */
  readonly mount: string;
  readonly namespace?: string;
}

/** A batch in hand takes up to 60 seconds. */
const GRACE_SECONDS = 120;

/** Starts of an index that end badly for another reason than its own options, model or data. */
const MOST_RETRIES = 6;

/** Exit codes at which trying again changes nothing: wrong use, bad model or data, folder of another run. */
const HOPELESS = [2, 3, 4];

const CONTAINER = "codilens";

/** Both documents. */
export function k8sManifest(run: ClusterRun, choices: K8sChoices): string {
  const { name, namespace } = choices;
  const inNamespace = namespace === undefined ? "" : ` --namespace ${namespace}`;
  const release = `kubectl patch job/${mergeName(name)}${inNamespace} --patch '{"spec":{"suspend":false}}'`;
  return [
    `# Written by codilens ${run.version} for kubectl apply: ${run.shards} shards, an index each.`,
    yamlText(shardsJob(run, choices)),
    "---",
    `# Merges the shards. It waits until it is released: ${release}`,
    yamlText(mergeJob(run, choices)),
    "",
  ].join("\n");
}

function mergeName(name: string): string {
  return `${name}-merge`;
}

function shardsJob(run: ClusterRun, choices: K8sChoices): Yaml {
  // A pod of an index starts when the one before it has ended, maybe on another machine: the folder is free.
  const command = commandText(["codilens", ...experimentWords(run), "--take-over"]);
  const script = `${supervised(command).join("\n")}\n`;
  return jobOf(choices.name, choices, {
    completionMode: "Indexed",
    completions: run.shards,
    parallelism: run.shards,
    backoffLimitPerIndex: MOST_RETRIES,
    ...failurePolicy("FailIndex"),
    template: podOf(choices, { script, cpus: run.cpus, memoryMebibytes: run.memoryMebibytes }),
  });
}

function mergeJob(run: ClusterRun, choices: K8sChoices): Yaml {
  const { cpus, mergeMemoryMebibytes: memoryMebibytes } = run;
  const script = `exec ${commandText(["codilens", ...mergeWords(run), "--take-over"])}\n`;
  return jobOf(mergeName(choices.name), choices, {
    suspend: true,
    backoffLimit: MOST_RETRIES,
    ...failurePolicy("FailJob"),
    template: podOf(choices, { script, cpus, memoryMebibytes }),
  });
}

function jobOf(name: string, { namespace }: K8sChoices, spec: { readonly [key: string]: Yaml }): Yaml {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { "app.kubernetes.io/name": "codilens" },
    },
    spec,
  };
}

/** An evicted pod costs no retry, and a hopeless one is not tried again. Two pods never write to one folder. */
function failurePolicy(action: "FailIndex" | "FailJob"): { readonly [key: string]: Yaml } {
  return {
    podReplacementPolicy: "Failed",
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action, onExitCodes: { containerName: CONTAINER, operator: "In", values: HOPELESS } },
      ],
    },
  };
}

function podOf(
  { image, claim, mount }: K8sChoices,
  { script, cpus, memoryMebibytes }: { readonly script: string } & Pick<ClusterRun, "cpus" | "memoryMebibytes">,
): Yaml {
  const memory = `${memoryMebibytes}Mi`;
  return {
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: GRACE_SECONDS,
      containers: [
        {
          name: CONTAINER,
          image,
          workingDir: mount,
          command: ["/bin/sh", "-c"],
          args: [script],
          resources: { requests: { cpu: String(cpus), memory }, limits: { memory } },
          volumeMounts: [{ name: "results", mountPath: mount }],
        },
      ],
      volumes: [{ name: "results", persistentVolumeClaim: { claimName: claim } }],
    },
  };
}
