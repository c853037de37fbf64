// @needs engine, process, time

import { interventionsSuite } from "../support/interventions-suite.js";

interventionsSuite("wasm");
