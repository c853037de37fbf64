/** A titled part of the page. */

import type { ComponentChildren, JSX } from "preact";
import "./parts.css";

/** What a panel shows beside its contents. */
export interface PanelOptions {
  /** Also the target of links: `#` is the state's, so it stands in `data-panel`. */
  readonly id: string;
  readonly title: string;
  /** One quiet sentence below the title. */
  readonly about?: ComponentChildren;
  /** Buttons to the right of the title. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A region with a heading, which a screen reader finds by its name. */
export function Panel({ id, title, about, tools, children }: PanelOptions): JSX.Element {
  return (
    <section class="panel" data-panel={id} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <div>
          <h2 id={`${id}-title`}>{title}</h2>
          {about === undefined ? null : <p class="quiet small">{about}</p>}
        </div>
        {tools === undefined ? null : <div class="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}
