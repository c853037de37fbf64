"""A checkpoint in PyTorch, LoRA merged, float32: CODI as transformers' LlamaForCausalLM and the projection, Coconut as its GPT2LMHeadModel."""
import glob, json, os
import torch, torch.nn.functional as F
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

STEM = ("codi.base_model.model.", "codi.")
# Family → classes, where its blocks are, and the name of the embedding in there.
FAMILIES = dict(llama=(LlamaConfig, LlamaForCausalLM, "model", "embed_tokens"), gpt2=(GPT2Config, GPT2LMHeadModel, "transformer", "wte"))


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
    """`hf`, its `body` without the head, `prj(hidden)`, and the ids that the loop feeds."""

    def __init__(self, folder, device="cpu", attention="sdpa"):
        weights, given = read_state(folder)
        fields = json.load(open(os.path.join(folder, "config.json")))
        configuration, model, stem, embedding = FAMILIES[fields["model_type"]]
        embedding = f"{stem}.{embedding}.weight"
        vocabulary, rows = fields["vocab_size"], weights[embedding].shape[0]
        fields.update(vocab_size=rows, tie_word_embeddings=True, dtype="float32"); fields.pop("torch_dtype", None)
        config = configuration(**fields); config._attn_implementation = attention
        with torch.device("meta"): hf = model(config)
        names = {k for k in weights if k.startswith(stem + ".")}
        weights.setdefault("lm_head.weight", weights[embedding])
        missing, unexpected = hf.load_state_dict({k: weights[k] for k in names | {"lm_head.weight"}}, strict=False, assign=True)
        assert not unexpected and all("rotary" in m for m in missing), (missing, unexpected)
        hf.tie_weights()
        self.body = getattr(hf, stem)
        if stem == "model": self.body.rotary_emb = LlamaRotaryEmbedding(config)
        for name, buffer in list(hf.named_buffers()):
            # GPT-2's mask of its own, which SDPA does not read.
            if buffer.is_meta: owner, _, key = name.rpartition("."); setattr(hf.get_submodule(owner), key, torch.ones(0))
        self.hf = hf.eval().requires_grad_(False).to(device)
        self.p = {k: v.to(device) for k, v in weights.items() if k.startswith("prj.")}
        self.config, self.device = config, device
        self.eos = config.eos_token_id if isinstance(config.eos_token_id, int) else config.eos_token_id[0]
        self.bot = given.get("bot_token_id", vocabulary + 1)
        self.eot = given.get("eot_token_id", vocabulary + 2)
        # CODI's own loop never chooses the last id; Coconut's may.
        self.logit_rows = rows - 1 if self.p else rows
        self.latents = given.get("num_latents", 6)

    def prj(self, x):
        """A latent's input from a final-norm state: Coconut's is the state itself."""
        p = self.p
        if not p: return x
        x = F.linear(F.gelu(F.linear(x, p["prj.1.weight"], p["prj.1.bias"])), p["prj.3.weight"], p["prj.3.bias"])
        return F.layer_norm(x, x.shape[-1:], p["prj.ln.weight"], p["prj.ln.bias"], 1e-5)

    def best(self, hidden):
        """Greedy ids `[rows]` of final-norm states `[rows, dModel]`."""
        return self.hf.lm_head(hidden)[:, : self.logit_rows].argmax(-1)

    def tensor(self, ids):
        return torch.tensor(ids, device=self.device)


def version():
    import transformers
    return f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads"
