/** How far a job is, said at most once a second. */

const SECOND = 1000;

/** @param planned token-forwards of the whole. @returns what is called with each forward's; `tell` hears the share at most once a second. */
export function eachSecond(planned: number, tell: (share: number) => void): (tokenForwards: number) => void {
  let forwarded = 0;
  let reported = performance.now();
  return (tokenForwards) => {
    forwarded += tokenForwards;
    const now = performance.now();
    if (now - reported < SECOND) return;
    reported = now;
    // The plan may be exceeded: answers differ in length, and a job that failed is computed again.
    tell(Math.min(0.99, forwarded / planned));
  };
}
