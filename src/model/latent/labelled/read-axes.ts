/** Which axes are left when captures of a site are read at an address, as types. */

import type { Address, NumberAddress, PointAddress, SpanAddress } from "../../hooks/address.js";
import type { AxesOf, BlockSite, SiteName } from "../../hooks/names.js";
import type { WithoutAxis } from "./axes.js";

/** A site of every captured layer. */
export type LayeredSite = `blocks.*.${BlockSite}`;

/** What captures are read of: a site, or one site of every captured layer. Other texts are checked when they are read. */
export type ReadSite = SiteName | LayeredSite | (string & {});

type PartText = "question" | "latent" | "answer";
type PointText = "bot" | "eot" | "number" | "beforeNumber" | `${PartText}.${number}`;
type SpanText = PartText | "all";

/** Where captures are read: an address, or its text such as `latent.2`. */
export type ReadAddress = Address | NumberAddress | PointText | SpanText | (string & {});

/** Axes of a site without the batch, with the layers in front where the site is one of every layer. */
export type SiteAxes<Site extends string> = Site extends `blocks.*.${infer Kind extends BlockSite}`
  ? readonly ["layer", ...WithoutAxis<AxesOf<`blocks.${number}.${Kind}`>, "batch">]
  : Site extends SiteName
    ? WithoutAxis<AxesOf<Site>, "batch">
    : readonly string[];

type IsPoint<At> = At extends PointAddress | NumberAddress | PointText ? true : false;
type IsSpan<At> = At extends SpanAddress | SpanText ? true : false;

/** Axes that are left at an address: one position has no axis of positions. */
type AxesAt<Axes extends readonly string[], At, Axis extends string> = [IsPoint<At>] extends [true]
  ? WithoutAxis<Axes, Axis>
  : [IsSpan<At>] extends [true]
    ? Axes
    : readonly string[];

/** Axes that are left of a site at an address, and at keys where it is a pattern. */
export type ReadAxes<Site extends string, At, Keys = "all"> = AxesAt<
  AxesAt<SiteAxes<Site>, At, "position" | "query" | "latent">,
  Keys,
  "key"
>;
