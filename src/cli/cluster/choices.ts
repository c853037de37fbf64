/** Values of the options that only clusters have. */

import { LEAD_SECONDS } from "./slurm-script.js";

const LEAST_SECONDS = 600;

/** Forms that `sbatch --time` takes, each number's unit in seconds. */
const FORMS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^(\d+)$/, [60]],
  [/^(\d+):(\d+)$/, [60, 1]],
  [/^(\d+):(\d+):(\d+)$/, [3600, 60, 1]],
  [/^(\d+)-(\d+)$/, [86_400, 3600]],
  [/^(\d+)-(\d+):(\d+)$/, [86_400, 3600, 60]],
  [/^(\d+)-(\d+):(\d+):(\d+)$/, [86_400, 3600, 60, 1]],
];

/** A limit of time as Slurm reads it, such as 4:00:00. @throws RangeError. */
export function slurmTime(text: string): string {
  for (const [form, units] of FORMS) {
    const [, ...numbers] = form.exec(text) ?? [];
    if (numbers.length === 0) continue;
    const seconds = numbers.reduce((sum, each, place) => sum + Number(each) * (units[place] ?? 0), 0);
    if (seconds >= LEAST_SECONDS) return text;
    throw new RangeError(
      `"${text}" is ${seconds} s, wanted at least ${LEAST_SECONDS} s: tasks are stopped ${LEAD_SECONDS} s before the end`,
    );
  }
  throw new RangeError(`"${text}" is no time as Slurm writes it: MINUTES, HOURS:MINUTES:SECONDS or DAYS-HOURS`);
}

/** A name that Slurm's files and logs can bear. @throws RangeError. */
export function slurmName(text: string): string {
  if (!/^[A-Za-z0-9][\w.,-]{0,62}$/.test(text))
    throw new RangeError(`"${text}" has other characters than letters, digits, ".", ",", "_" and "-", or more than 63`);
  return text;
}

/** A name of a Kubernetes object, short enough for what is added to it. @throws RangeError. */
export function k8sName(text: string): string {
  if (!/^[a-z0-9](?:[-a-z0-9]{0,38}[a-z0-9])?$/.test(text))
    throw new RangeError(
      `"${text}" is not at most 40 small letters, digits and "-" that begin and end with none of the last`,
    );
  return text;
}

/** An image, as a registry names it. @throws RangeError. */
export function imageName(text: string): string {
  if (!/^[A-Za-z0-9][\w.:/@-]{0,254}$/.test(text)) throw new RangeError(`"${text}" is no name of an image`);
  return text;
}

/** An absolute path in a container. @throws RangeError. */
export function mountPath(text: string): string {
  if (!/^\/[^:\r\n]+$/.test(text)) throw new RangeError(`"${text}" is no absolute path in a container, such as /work`);
  return text;
}
