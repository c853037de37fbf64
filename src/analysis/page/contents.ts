/** The list of contents: marks the section in view, and keeps the section that was chosen in the address. */

import type { View } from "./view.js";

// From this width on the list stands beside the page; style.ts has the same number.
const WIDE = "(min-width: 1100px)";
/** A section counts as in view once its head is above this share of the window. */
const UPPER_PART = 0.35;

/** Makes the list answer, and every link to a place on the page. */
export function liveContents(view: View): void {
  const menu = document.querySelector<HTMLDetailsElement>("nav.rail details");
  if (menu === null) return;
  const wide = matchMedia(WIDE);
  const fold = (): void => {
    menu.open = wide.matches;
  };
  wide.addEventListener("change", fold);
  fold();
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
    if (link === null) return;
    event.preventDefault();
    if (!wide.matches && menu.contains(link)) menu.open = false;
    const at = decodeURIComponent(link.hash.slice(1));
    view.set({ at });
    // Also where it was chosen before, and left by scrolling.
    show(at);
  });
  view.follow(({ at }, before) => {
    if (at !== undefined && at !== before.at) show(at);
  });
  markInView([...menu.querySelectorAll<HTMLAnchorElement>("a")]);
}

function show(at: string): void {
  const place = document.getElementById(at);
  for (let around = place?.closest("details"); around; around = around.parentElement?.closest("details"))
    around.open = true;
  place?.scrollIntoView({ block: "start" });
}

function markInView(links: readonly HTMLAnchorElement[]): void {
  const sections = links.flatMap((link) => {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    return section === null ? [] : [{ link, section }];
  });
  let waits = false;
  const mark = (): void => {
    waits = false;
    const isEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const above = sections.filter(({ section }) => section.getBoundingClientRect().top <= innerHeight * UPPER_PART);
    const current = isEnd ? sections.at(-1) : (above.at(-1) ?? sections[0]);
    for (const { link } of sections)
      if (link === current?.link) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    const marked = current?.link;
    const list = marked?.closest<HTMLElement>("nav.rail");
    if (marked !== undefined && list && list.scrollHeight > list.clientHeight)
      list.scrollTop = marked.offsetTop - list.clientHeight / 2;
  };
  const soon = (): void => {
    if (!waits) requestAnimationFrame(mark);
    waits = true;
  };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  mark();
}
