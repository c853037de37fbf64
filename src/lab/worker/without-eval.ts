/** Imported before any schema: zod compiles none of them, for it would try `new Function`, which the page's policy forbids and reports. */

import { config } from "zod";

config({ jitless: true });
