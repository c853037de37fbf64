// @needs engine, time

import { interventionsSuite } from "../support/interventions-suite.js";

// A run by itself is the same code on every engine: WASM has the other half.
interventionsSuite("native", { pairsIn: 2, pair: 0 });
