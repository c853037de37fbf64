import { paritySuite } from "../support/parity-suite.js";

paritySuite("wasm");
