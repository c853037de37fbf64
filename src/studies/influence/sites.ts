/** What is fed at each latent: the variable, and what follows. */

/** The site. A derivative of it is taken of what it is made of, also where later positions see it held. */
export const INPUT = "latents.hook_input";

/** One latent's numbers out of a site with a row a latent. */
export function rowAt(
  { shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array },
  latent: number,
): Float32Array {
  const width = shape[2] ?? 0;
  return data.subarray(latent * width, (latent + 1) * width);
}
