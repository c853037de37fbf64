// @needs engine, time

import { paritySuite } from "../support/parity-suite.js";

paritySuite("native");
