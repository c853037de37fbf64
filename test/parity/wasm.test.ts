// @needs engine, process, time

import { paritySuite } from "../support/parity-suite.js";

paritySuite("wasm");
