/** Sparse autoencoders on the WASM engine. */
// @needs engine, process

import { sparseFeaturesSuite } from "../../support/sparse-features-suite.js";

sparseFeaturesSuite("wasm");
