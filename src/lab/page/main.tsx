/** The page's start: what was computed beforehand is on show at once, then the engine starts. */

import { render } from "preact";
import { App } from "./app.js";
import { startEngine } from "./state.js";

const root = document.getElementById("lab");
if (root !== null) render(<App />, root);
void startEngine("wasm");
