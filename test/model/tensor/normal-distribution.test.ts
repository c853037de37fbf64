/** GELU where the backend's own error function is a form of few digits. */
// @needs engine, process

import { normalDistributionSuite } from "../../support/normal-distribution-suite.js";

normalDistributionSuite("wasm");
