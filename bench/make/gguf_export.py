"""The same weights as GGUF in F32, of a LLaMA or a GPT-2, for llama.cpp:    python gguf_export.py FOLDER OUT.gguf"""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../contenders"))
import gguf, json, numpy, torch
from codi_torch import read_state

folder, out = sys.argv[1:]
weights, _ = read_state(folder)
c = json.load(open(os.path.join(folder, "config.json")))
is_gpt2 = c["model_type"] == "gpt2"
w = gguf.GGUFWriter(out + ".draft", "gpt2" if is_gpt2 else "llama")
embed = weights["transformer.wte.weight" if is_gpt2 else "model.embed_tokens.weight"]
rows = embed.shape[0]
w.add_vocab_size(rows); w.add_file_type(0)
# A tokenizer is asked for by the binding, though only ids are fed: the words do not matter, their number does.
tokens = list(json.load(open(os.path.join(folder, "tokenizer.json")))["model"]["vocab"]); tokens += [f"<added-{i}>" for i in range(rows - len(tokens))]
w.add_tokenizer_model("gpt2"); w.add_tokenizer_pre("gpt-2" if is_gpt2 else "llama-bpe"); w.add_token_list(tokens); w.add_token_types([1] * rows); w.add_token_merges(["a b"])
w.add_bos_token_id(c["bos_token_id"]); w.add_eos_token_id(c["eos_token_id"]); w.add_add_bos_token(False)
add = lambda name, x: w.add_tensor(name, numpy.ascontiguousarray(x.numpy()))
add("token_embd.weight", embed)


def llama():
    rope = c.get("rope_scaling") or c["rope_parameters"]
    heads, kv, dh = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
    base = c.get("rope_theta") or rope["rope_theta"]
    w.add_context_length(c["max_position_embeddings"]); w.add_embedding_length(c["hidden_size"])
    w.add_block_count(c["num_hidden_layers"]); w.add_feed_forward_length(c["intermediate_size"]); w.add_head_count(heads); w.add_head_count_kv(kv)
    w.add_key_length(dh); w.add_value_length(dh); w.add_rope_dimension_count(dh); w.add_rope_freq_base(base); w.add_layer_norm_rms_eps(c["rms_norm_eps"])

    def turned(x, n):
        """Halves of each head interleaved: llama.cpp rotates neighbours, transformers halves."""
        return x.reshape(n, 2, dh // 2, -1).swapaxes(1, 2).reshape(x.shape)

    def factors():
        f = 1 / base ** (torch.arange(0, dh, 2, dtype=torch.float32) / dh)
        low, high, factor, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"], rope["original_max_position_embeddings"]
        length = 2 * torch.pi / f
        smooth = (original / length - low) / (high - low)
        return torch.where(length < original / high, 1.0, torch.where(length > original / low, factor, 1 / ((1 - smooth) / factor + smooth)))

    add("output_norm.weight", weights["model.norm.weight"])
    if rope.get("rope_type") == "llama3": add("rope_freqs.weight", factors())
    for l in range(c["num_hidden_layers"]):
        p, q = f"model.layers.{l}.", f"blk.{l}."
        add(q + "attn_norm.weight", weights[p + "input_layernorm.weight"]); add(q + "ffn_norm.weight", weights[p + "post_attention_layernorm.weight"])
        add(q + "attn_q.weight", turned(weights[p + "self_attn.q_proj.weight"], heads)); add(q + "attn_k.weight", turned(weights[p + "self_attn.k_proj.weight"], kv))
        add(q + "attn_v.weight", weights[p + "self_attn.v_proj.weight"]); add(q + "attn_output.weight", weights[p + "self_attn.o_proj.weight"])
        for name in ("gate", "up", "down"): add(q + f"ffn_{name}.weight", weights[p + f"mlp.{name}_proj.weight"])


def gpt2():
    w.add_context_length(c["n_positions"]); w.add_embedding_length(c["n_embd"]); w.add_block_count(c["n_layer"]); w.add_feed_forward_length(4 * c["n_embd"])
    w.add_head_count(c["n_head"]); w.add_layer_norm_eps(c["layer_norm_epsilon"])
    add("position_embd.weight", weights["transformer.wpe.weight"])

    def both(name, theirs):
        """Matrices lie `[in, out]` in the checkpoint."""
        weight = weights[f"transformer.{theirs}.weight"]
        add(name + ".weight", weight.T if weight.ndim == 2 else weight); add(name + ".bias", weights[f"transformer.{theirs}.bias"])

    both("output_norm", "ln_f")
    for l in range(c["n_layer"]):
        for name, theirs in (("attn_norm", "ln_1"), ("attn_qkv", "attn.c_attn"), ("attn_output", "attn.c_proj"), ("ffn_norm", "ln_2"), ("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")): both(f"blk.{l}.{name}", f"h.{l}.{theirs}")


(gpt2 if is_gpt2 else llama)()
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
os.rename(out + ".draft", out)
