/** The one worker of the page. */

import { LabClient, type WorkerPort } from "../worker/client.js";

/** Calls the worker; it starts with the first call. */
export const worker = new LabClient(
  // Vite builds what stands in this expression, so it has to stand here as it is.
  () => new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" }) as unknown as WorkerPort,
);
