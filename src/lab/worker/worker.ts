/** The page's worker: the engine, the model and the session live here, so that the page never waits for them. */

import "./without-eval.js";
import { handlers } from "./handlers.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { serve } from "./serve.js";

/** The worker's global object; TypeScript's types of documents have none. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const hear = serve(handlers, (message) => scope.postMessage(message));
scope.onmessage = ({ data }) => hear(data);
