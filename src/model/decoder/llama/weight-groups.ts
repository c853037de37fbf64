/** Which weights are kept in one matrix, and which in several: by their names alone. */

const FUSED: readonly { readonly name: string; readonly parts: readonly string[] }[] = [
  { name: "self_attn.qkv_proj", parts: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] },
  { name: "mlp.gate_up_proj", parts: ["mlp.gate_proj", "mlp.up_proj"] },
];

/** The matrix that a weight becomes a part of, and the names of all its parts in order; null for one that stays alone. */
export function fusedWith(name: string): { readonly name: string; readonly parts: readonly string[] } | null {
  const match = /^(layers\.\d+\.)(.+)\.weight$/.exec(name);
  const group = FUSED.find(({ parts }) => parts.includes(match?.[2] ?? ""));
  if (match === null || group === undefined) return null;
  const full = (part: string): string => `${match[1]}${part}.weight`;
  return { name: full(group.name), parts: group.parts.map(full) };
}

/** May the weight be kept in several parts of some rows each? */
export function mayBeInParts(name: string): boolean {
  return name === "embed_tokens.weight" || name === "lm_head.weight";
}
