/** Whether this is a clone of the repository, not an installed package. */
export const isCheckout: boolean;

/** The command line that does this here: `setup --gpu` is `npm run setup -- --gpu` in a clone, `npx codilens setup --gpu` elsewhere. */
export function commandLine(command: string, clone?: boolean): string;
