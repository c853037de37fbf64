/** A protocol in records and manifests: one of the package's, or the name of one that was given in code. */

import { z } from "zod";
import type { AnyProtocol } from "../model/latent/protocols/names.js";

/** Its name. */
export const protocolField: z.ZodType<AnyProtocol> = z.string().regex(/^[a-z][a-z0-9-]*$/, "is no name of a protocol");
