/** What both sides of the study go by. */

/** What a circuit has to keep to be looked at for edges that it does not need. */
export const ENOUGH = 0.9;
