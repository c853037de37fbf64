/** How a model's matrices may be held: text alone, so that commands know it without loading an engine. */

/** `float32`, or as their file `stored` them where that is in 16 bits: half the memory, and each is widened whenever it is used. */
export const HOLDS = ["float32", "stored"] as const;

/** One of the two. */
export type Hold = (typeof HOLDS)[number];

/** `hold` of some options, spread into others: nothing where it is left to the default. */
export function heldAs({ hold }: { readonly hold?: Hold | undefined }): { readonly hold?: Hold } {
  return hold === undefined ? {} : { hold };
}

/**
 * What a process that holds weights so is started with. glibc else maps fresh memory for each matrix of 32 MiB and more that is widened, and
 * touching its pages takes longer than the product. Other C libraries pass it over.
 */
export function environmentOf(hold: Hold | undefined): Readonly<Record<string, string>> {
  return hold === "stored" ? { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: String(2 ** 40) } : {};
}
