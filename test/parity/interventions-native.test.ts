// @needs engine, time

import { interventionsSuite } from "../support/interventions-suite.js";

// A run by itself is the same code on every engine, and on WASM all are run so.
interventionsSuite("native", { pairsIn: 3 });
