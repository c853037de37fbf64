// @needs engine

import { officialSuite } from "../support/official-suite.js";

officialSuite("native");
