"""A LLaMA-3.2-1B + CODI checkpoint with random weights, in the three forms in which people have one:
    python llama_1b.py OUT [--forms safetensors,bin,adapter] [--layers 16] [--seed 0]
writes OUT/safetensors (BF16, LoRA keys as the trainer writes them), OUT/bin (the same as pytorch_model.bin) and
OUT/base + OUT/adapter (a Hugging Face base beside a PEFT adapter). The three hold the same numbers.
"""
import argparse, json, os, shutil
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, decoders

VOCAB, D, MLP, HEADS, KV, DH, R, ALPHA = 128256, 2048, 8192, 32, 8, 64, 128, 32
ROPE = dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)


def tokenizer(path):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [f"<unused-{i}>" for i in range(128000 - len(alphabet))] + ["<|begin_of_text|>", "<|end_of_text|>"] + [f"<|reserved_special_token_{i}|>" for i in range(VOCAB - 128002)]
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[]))
    tok.pre_tokenizer, tok.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tok.add_special_tokens(tokens[128000:])
    tok.save(path)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out"); p.add_argument("--forms", default="safetensors,bin,adapter"); p.add_argument("--layers", type=int, default=16); p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    torch.manual_seed(a.seed)
    rand = lambda *shape, std=0.02: torch.empty(*shape, dtype=torch.bfloat16).normal_(0, std)
    modules = {"self_attn.q_proj": (HEADS * DH, D), "self_attn.k_proj": (KV * DH, D), "self_attn.v_proj": (KV * DH, D), "self_attn.o_proj": (D, HEADS * DH),
               "mlp.gate_proj": (MLP, D), "mlp.up_proj": (MLP, D), "mlp.down_proj": (D, MLP)}
    base, lora = {"embed_tokens.weight": rand(VOCAB + 3, D)}, {}
    for l in range(a.layers):
        for name, (out, inner) in modules.items():
            base[f"layers.{l}.{name}.weight"] = rand(out, inner)
            lora[f"layers.{l}.{name}"] = (rand(R, inner), rand(out, R))
        for name in ("input_layernorm", "post_attention_layernorm"): base[f"layers.{l}.{name}.weight"] = rand(D) + 1
    base["norm.weight"] = rand(D) + 1
    prj = {"prj.1.weight": rand(D, D), "prj.1.bias": rand(D), "prj.3.weight": rand(D, D), "prj.3.bias": rand(D), "prj.ln.weight": rand(D) + 1, "prj.ln.bias": rand(D)}
    trainer = {}
    for name, w in base.items():
        stem = name[: -len(".weight")]
        trainer["codi.base_model.model.model." + (stem + ".base_layer.weight" if stem in lora else name)] = w
        if stem in lora:
            trainer[f"codi.base_model.model.model.{stem}.lora_A.default.weight"], trainer[f"codi.base_model.model.model.{stem}.lora_B.default.weight"] = lora[stem]
    trainer["codi.base_model.model.lm_head.weight"] = base["embed_tokens.weight"]
    trainer.update(prj)
    config = dict(architectures=["LlamaForCausalLM"], attention_bias=False, attention_dropout=0.0, bos_token_id=128000, eos_token_id=128001, head_dim=DH, hidden_act="silu", hidden_size=D, initializer_range=0.02,
                  intermediate_size=MLP, max_position_embeddings=131072, mlp_bias=False, model_type="llama", num_attention_heads=HEADS, num_hidden_layers=a.layers, num_key_value_heads=KV, pretraining_tp=1,
                  rms_norm_eps=1e-5, rope_scaling=ROPE, rope_theta=500000.0, tie_word_embeddings=True, torch_dtype="bfloat16", use_cache=True, vocab_size=VOCAB)

    def folder(name, with_config=True):
        path = os.path.join(a.out, name)
        shutil.rmtree(path, ignore_errors=True); os.makedirs(path)
        if with_config:
            json.dump(config, open(path + "/config.json", "w"), indent=1)
            tokenizer(path + "/tokenizer.json")
        return path

    for form in a.forms.split(","):
        if form == "safetensors":
            path = folder(form)
            # One of the tied pair, as the library's own save_model does.
            save_file({k: v for k, v in trainer.items() if k != "codi.base_model.model.lm_head.weight"}, path + "/model.safetensors", metadata={"format": "pt"})
        elif form == "bin":
            torch.save(trainer, folder(form) + "/pytorch_model.bin")
        elif form == "adapter":
            path = folder("base")
            save_file({"model." + k: (v[:VOCAB].contiguous() if k == "embed_tokens.weight" else v) for k, v in base.items()}, path + "/model.safetensors", metadata={"format": "pt"})
            path = folder(form, with_config=False)
            weights = {f"base_model.model.model.{stem}.lora_{x}.weight": w for stem, pair in lora.items() for x, w in zip("AB", pair)}
            weights["base_model.model.model.embed_tokens.weight"] = base["embed_tokens.weight"]
            weights.update(prj)
            save_file(weights, path + "/adapter_model.safetensors", metadata={"format": "pt"})
            json.dump(dict(peft_type="LORA", base_model_name_or_path="base", r=R, lora_alpha=ALPHA, lora_dropout=0.1, bias="none", task_type="CAUSAL_LM", target_modules=sorted({m.split(".")[-1] for m in modules}),
                           use_rslora=False, use_dora=False, fan_in_fan_out=False, init_lora_weights=True, inference_mode=True, modules_to_save=None), open(path + "/adapter_config.json", "w"), indent=1)
        else: raise SystemExit(f"unknown form {form}")
        print("written", form, flush=True)


main()
