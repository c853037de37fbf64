/** What is imported from outside, or run as a process or thread of its own; below dist. */
export declare const PROGRAMS: readonly string[];
