// @needs engine, process, time

import { interventionsSuite } from "../support/interventions-suite.js";

// The native engine has the other half.
interventionsSuite("wasm", { pairsIn: 2, pair: 1 });
