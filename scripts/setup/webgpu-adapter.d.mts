/** Installs what `--engine webgpu` needs in Node. */
export const WEBGPU_INSTALL: string;

/** What WebGPU says of an adapter (`GPUAdapterInfo`). */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter: boolean;
}

/** An adapter in words, and whether it computes on the CPU: by its own word, or by the name of its driver. */
export function adapterDescription(info: AdapterInfo): { readonly name: string; readonly isSoftware: boolean };
