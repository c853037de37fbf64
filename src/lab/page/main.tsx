/** The page's start: what was computed beforehand is on show at once, then the engine starts. */

import { render } from "preact";
import { followAddress } from "./address.js";
import { App } from "./app.js";
import { showExample } from "./example.js";
import { goLive } from "./live.js";
import { fail, startEngine } from "./state.js";
import { worker } from "./worker.js";

followAddress();
const root = document.getElementById("lab");
if (root !== null) render(<App />, root);
showExample().catch(fail);
goLive();
void startEngine("wasm");

// For the browser's console, and for tests: `await codilens.call("open", { question: "…" })`.
Object.assign(globalThis, { codilens: { call: worker.call.bind(worker) } });
