"""A CODI checkpoint in PyTorch: LoRA merged, float32, a transformers LlamaForCausalLM and the projection."""
import glob, json, os
import torch, torch.nn.functional as F
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

STEM = ("codi.base_model.model.", "codi.")


def read_state(folder):
    """Canonical names (`model.layers.0…`, `prj.…`) → float32, LoRA merged."""
    files = glob.glob(os.path.join(folder, "*.safetensors"))
    state = {}
    for file in files: state.update(load_file(file))
    if not files: state = torch.load(os.path.join(folder, "pytorch_model.bin"), map_location="cpu", weights_only=True, mmap=True)
    given = json.load(open(os.path.join(folder, "codi.json"))) if os.path.exists(os.path.join(folder, "codi.json")) else {}
    weights = {}
    for name in list(state):
        if "lora_" in name: continue
        w = state[name].float()
        if name.endswith(".base_layer.weight"):
            stem = name[: -len(".base_layer.weight")]
            a, b = state[stem + ".lora_A.default.weight"], state[stem + ".lora_B.default.weight"]
            w.add_(b.float() @ a.float(), alpha=given.get("lora_alpha", 32) / a.shape[0])
            name = stem + ".weight"
        for stem in STEM:
            if name.startswith(stem): name = name[len(stem):]; break
        weights[name] = w
    return weights, given


class Codi:
    """`hf`, `prj(hidden)`, and the ids that the loop feeds."""

    def __init__(self, folder, device="cpu", attention="sdpa"):
        weights, given = read_state(folder)
        fields = json.load(open(os.path.join(folder, "config.json")))
        vocabulary = fields["vocab_size"]
        rows = weights["model.embed_tokens.weight"].shape[0]
        fields.update(vocab_size=rows, tie_word_embeddings=True, dtype="float32"); fields.pop("torch_dtype", None)
        config = LlamaConfig(**fields); config._attn_implementation = attention
        with torch.device("meta"): hf = LlamaForCausalLM(config)
        names = {k for k in weights if k.startswith("model.")}
        weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
        missing, unexpected = hf.load_state_dict({k: weights[k] for k in names | {"lm_head.weight"}}, strict=False, assign=True)
        assert not unexpected and all("rotary" in m for m in missing), (missing, unexpected)
        hf.tie_weights()
        hf.model.rotary_emb = LlamaRotaryEmbedding(config)
        self.hf = hf.eval().requires_grad_(False).to(device)
        self.p = {k: v.to(device) for k, v in weights.items() if k.startswith("prj.")}
        self.config, self.device = config, device
        self.eos = config.eos_token_id if isinstance(config.eos_token_id, int) else config.eos_token_id[0]
        self.bot = given.get("bot_token_id", vocabulary + 1)
        self.eot = given.get("eot_token_id", vocabulary + 2)
        self.logit_rows = rows - 1
        self.latents = given.get("num_latents", 6)

    def prj(self, x):
        p = self.p
        x = F.linear(F.gelu(F.linear(x, p["prj.1.weight"], p["prj.1.bias"])), p["prj.3.weight"], p["prj.3.bias"])
        return F.layer_norm(x, x.shape[-1:], p["prj.ln.weight"], p["prj.ln.bias"], 1e-5)

    def best(self, hidden):
        """Greedy ids `[rows]` of final-norm states `[rows, dModel]`; the last id is never chosen."""
        return self.hf.lm_head(hidden)[:, : self.logit_rows].argmax(-1)

    def tensor(self, ids):
        return torch.tensor(ids, device=self.device)


def version():
    import transformers
    return f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads"
