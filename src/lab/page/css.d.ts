/** A stylesheet that a panel imports: Vite puts it into the page's own. */
declare module "*.css" {}
