/** Leave with it: the link, programs that give the same numbers, data and pictures. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { CodiLensError } from "../../../base/errors.js";
import { asCommand } from "../../edits/copy/command.js";
import { asStudyFile } from "../../edits/copy/study.js";
import { asTypeScript } from "../../edits/copy/typescript.js";
import type { LabFacts } from "../../edits/edit.js";
import { asJson } from "../../edits/export/json.js";
import { stripSvg } from "../../edits/export/strip-svg.js";
import { EMBEDDED_MODEL } from "../../edits/reference.js";
import { linkToState } from "../address.js";
import { Button } from "../parts/button.js";
import { announce } from "../parts/live.js";
import { Panel } from "../parts/panel.js";
import { drawing, saveAs, toPng } from "../save.js";
import { clean, edited, facts, fail, isLive, lab } from "../state.js";
import { worker } from "../worker.js";

/** What was copied last, so that it can be read and taken by hand. */
const copied = signal<{ readonly what: string; readonly text: string } | null>(null);
const fault = signal("");

/** A panel of buttons, and below it the text that was copied. */
export function Leave(): JSX.Element {
  const text = copied.value;
  const id = useId();
  return (
    <Panel id="leave" title="Leave with it" about="All of it gives the same numbers again.">
      <div class="touch-buttons">
        <Button onClick={() => void copy("the link", linkToState)}>Copy link</Button>
        <Button disabled={!isLive.value} onClick={() => void copy("the TypeScript program", program)}>
          Copy as TypeScript
        </Button>
        <Button disabled={!isLive.value} onClick={() => void copy("the command", command)}>
          Copy as command
        </Button>
        <Button disabled={!isLive.value} onClick={() => void copy("the study file", study)}>
          Copy as study file
        </Button>
        <Button disabled={clean.value === null} onClick={() => void save("json")}>
          Save JSON
        </Button>
        <Button disabled={clean.value === null} onClick={() => void save("svg")}>
          Save SVG
        </Button>
        <Button disabled={clean.value === null} onClick={() => void save("png")}>
          Save PNG
        </Button>
      </div>
      {fault.value === "" ? null : (
        <p class="touch-fault small" role="alert">
          {fault.value}
        </p>
      )}
      {text === null ? null : (
        <div class="leave-text">
          <label for={id} class="small quiet">
            {text.what}, as it was copied
          </label>
          <textarea id={id} class="mono" rows={10} readOnly value={text.text} spellcheck={false} />
        </div>
      )}
    </Panel>
  );
}

/** The model as commands name it: what was dropped is a folder. */
function known(): LabFacts {
  const found = facts.value;
  if (found === null) throw new RangeError("The model is not there yet");
  const limit = clean.value?.maxNewTokens ?? null;
  const load = { ...found.load, ...(limit === null ? {} : { maxNewTokens: limit }) };
  return { ...found, load, model: found.name === EMBEDDED_MODEL ? found.name : `./${found.name}` };
}

const program = (): string => asTypeScript(lab.value, known());

async function command(): Promise<string> {
  const numbers =
    Object.keys(lab.value.directions).length === 0
      ? {}
      : await worker.call("directions", { directions: lab.value.directions });
  return asCommand(lab.value, { facts: known(), numbers });
}

const study = (): string => asStudyFile(lab.value, { facts: known(), answer: clean.value?.answer.value ?? null });

async function copy(what: string, make: () => string | Promise<string>): Promise<void> {
  try {
    const text = await make();
    copied.value = { what, text };
    fault.value = "";
    // Where the browser gives no clipboard, the text stands below and can be taken by hand.
    const isThere = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    announce(isThere ? `Copied ${what}.` : `Here is ${what}: it stands below the buttons.`);
  } catch (error) {
    if (!(error instanceof CodiLensError)) fail(error);
    else fault.value = `${error.message}${error.hint === undefined ? "" : `: ${error.hint}`}.`;
  }
}

async function save(kind: "json" | "svg" | "png"): Promise<void> {
  const view = clean.value;
  if (view === null) return;
  try {
    const drawn = { state: lab.value, clean: view, run: edited.value };
    if (kind === "json") saveAs(new Blob([asJson(drawn)], { type: "application/json" }), "codilens.json");
    else {
      const svg = drawing(stripSvg(drawn));
      saveAs(kind === "svg" ? svg : await toPng(svg), `codilens.${kind}`);
    }
    announce(`Saved codilens.${kind}.`);
  } catch (error) {
    fail(error);
  }
}
