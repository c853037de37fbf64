// @needs engine, process

import { officialSuite } from "../support/official-suite.js";

officialSuite("wasm");
