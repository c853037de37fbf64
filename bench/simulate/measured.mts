/** What the simulator takes from measurements. */

/** As `measure.mts` writes it to `measured.json`. */
export interface Measured {
  /** Processor, memory, versions, day. */
  readonly machine: string;
  /** The embedded model's run, each job held up, by workers: seconds since its beginning at which each job was kept. */
  readonly check: readonly { readonly workers: number; readonly kept: readonly number[] }[];
  readonly coordinator: {
    /** Of one record, checked and written as a line. */
    readonly recordSeconds: number;
    readonly recordBytes: number;
    /** Of one append of 32 records, synced to the disk. */
    readonly appendSeconds: number;
  };
  readonly queue: {
    readonly payloadBytes: number;
    /** From adding a job to hearing of its end, the worker doing nothing. */
    readonly transitSeconds: number;
    readonly jobsASecond: number;
  };
}
