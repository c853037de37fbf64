/** How studies of knockouts are described in methods. */

/** What was done. */
export const KNOCKOUT_METHOD =
  "Attention edges were cut and the rest of the row renormalised (attention knockout [@geva2023]).";
