/** Whether a control's run was made as the run that it stands beside. */

import { CONTROL_FOLDER } from "../../records/control-folder.js";
import { differingFields } from "../../records/fingerprint.js";

type Settings = Readonly<Record<string, unknown>>;

/** What another model may have of its own. */
const OF_THE_MODEL: ReadonlySet<string> = new Set([
  ...["weightsSha256", "tokenizerSha256", "configSha256", "dtype"],
  ...["protocol", "protocolSha256"],
  ...["engine", "engineVersion", "adapter", "recordSchema"],
]);

/**
 * One line where the two runs differ in more than the model: what is compared then differs by that, too.
 *
 * @param run and @param control what makes each of them the same run (`fingerprint` of `manifest.json`); undefined where it is not kept.
 */
export function settingsNotice(run: Settings | undefined, control: Settings | undefined): string[] {
  if (run === undefined || control === undefined) return [];
  const differing = differingFields(asked(control), asked(run));
  return differing.length === 0
    ? []
    : [
        `the run in ${CONTROL_FOLDER}/ was asked for otherwise (${differing.join("; ")}): differences to the control model are of that, too`,
      ];
}

function asked(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([field]) => !OF_THE_MODEL.has(field)));
}
