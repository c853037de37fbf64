/** Your own: a checkpoint, a trace or a run's records, dropped on the page or chosen by a button. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { loaded } from "../state.js";
import { CheckpointFound } from "./checkpoint-found.js";
import { found, loadOwn, take } from "./found.js";
import { filesOfDrop, filesOfInput } from "./gather.js";
import { RunFound } from "./run-found.js";
import { TraceFound } from "./trace-found.js";
import "./own.css";

const isOver = signal(false);

/** A drop anywhere on the page counts: beside it the browser would leave the page and show the file. */
function hearDrops(): () => void {
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    isOver.value = true;
  };
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) isOver.value = false;
  };
  const drop = (event: DragEvent): void => {
    isOver.value = false;
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    void take(filesOfDrop(event.dataTransfer));
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", leave);
  document.addEventListener("drop", drop);
  return () => {
    document.removeEventListener("dragover", over);
    document.removeEventListener("dragleave", leave);
    document.removeEventListener("drop", drop);
  };
}

/** Stands at the end of the page. */
export function Own(): JSX.Element {
  useEffect(hearDrops, []);
  return (
    <Panel
      id="own"
      title="Your own"
      about="Nothing that you drop leaves this machine: the page reads it where it lies, and sends nothing."
    >
      <div class={isOver.value ? "own-over" : ""}>
        <div class="own-drop">
          <p class="small">
            Drop a checkpoint folder, a file that <code>codilens trace --out</code> wrote, or a run's folder or{" "}
            <code>records.jsonl</code>. A checkpoint that comes without configuration and tokenizer needs its base
            model's folder with it: drop both at once, or choose the folder that holds the two.
          </p>
          <div class="own-tools">
            <Chooser label="Choose a folder" isFolder />
            <Chooser label="Choose a file" isFolder={false} />
            {loaded.value !== null ? <Button onClick={loadOwn}>Back to tiny-codi</Button> : null}
          </div>
        </div>
      </div>
      <Shown />
    </Panel>
  );
}

/** A button in front of the browser's own field, which cannot be drawn like the rest. */
function Chooser({ label, isFolder }: { readonly label: string; readonly isFolder: boolean }): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button onClick={() => input.current?.click()}>{label}</Button>
      <input
        id={id}
        ref={input}
        type="file"
        hidden
        data-chooser={isFolder ? "folder" : "file"}
        {...(isFolder ? { webkitdirectory: true } : { accept: ".safetensors,.npz,.jsonl" })}
        onChange={({ currentTarget }) => {
          const files = filesOfInput(currentTarget);
          // So that the same file can be chosen again.
          currentTarget.value = "";
          if (files.length > 0) void take(files);
        }}
      />
    </>
  );
}

function Shown(): JSX.Element | null {
  const now = found.value;
  if (now === null) return null;
  return (
    <div class="own-found" data-found={now.kind}>
      {now.kind === "reading" ? (
        <div class="own-tools">
          <p>
            Reading {now.name}
            {now.share === null ? " …" : `: ${Math.round(100 * now.share)}%`}
          </p>
          <Button onClick={now.stop}>Stop</Button>
        </div>
      ) : null}
      {now.kind === "checkpoint" ? <CheckpointFound {...now} /> : null}
      {now.kind === "trace" ? <TraceFound trace={now.trace} /> : null}
      {now.kind === "run" ? <RunFound run={now.run} /> : null}
    </div>
  );
}
