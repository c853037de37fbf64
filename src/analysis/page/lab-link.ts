/** Links from a problem to the page of `codilens lab`, where the same edit can be made by hand. */

/** Port that the links name; `codilens lab --port` takes it. */
export const LAB_PORT = 8484;

/** What a link opens. */
export interface LabPlace {
  readonly question: string;
  /** The latent that is zeroed after the block; null for the question alone. */
  readonly latent: number | null;
  readonly block: number;
}

/** @returns the address of the page with the question, and with one edit where a latent is named. */
export function labLink({ question, latent, block }: LabPlace): string {
  // As the page writes its own fragments: blanks as plus signs.
  // Half of a surrogate pair cannot stand in an address.
  const text = encodeURIComponent(question.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(/%20/g, "+");
  const edit = latent === null ? "" : `&e=1:c${block}.${latent}:zero`;
  return `http://127.0.0.1:${LAB_PORT}/#1&q=${text}${edit}`;
}
