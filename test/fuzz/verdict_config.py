"""What the reference computes from a checkpoint one of whose JSON files was changed: transformers (config.json), PEFT (adapter_config.json), tokenizers
(tokenizer.json), AutoTokenizer (tokenizer_config.json); codi.json by the transcription of CODI's published inference that the parity fixtures use.

Question (JSON): model, file, text (base64 of the changed file), texts (for tokenizers). Answer (JSON): answer, and for each of its tokens the logarithm
of its probability and its lead over the second best; or ids and decoded. An exception is a refusal.
"""
import base64, copy, json, os, shutil, tempfile, types
import torch, torch.nn.functional as F, transformers
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers.models.llama import modeling_llama
from transformers import AutoConfig, AutoTokenizer, LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")
QUESTION, ANSWER = "Tom has 3 pens and buys 4 more. How many?", 4
transformers.logging.set_verbosity_error()
torch.set_num_threads(1)
scratch, cache = tempfile.mkdtemp(prefix="codilens-config-"), {}


def place(name): return os.path.join(ROOT, "weights/tiny-codi" if name == "tiny-codi" else f"test/fixtures/models/{name}")


def read(path):
    with open(path, encoding="utf-8") as f: return json.load(f)


def codi_of(folder, vocab):
    given = read(folder + "/codi.json")
    return {**dict(num_latents=6, lora_alpha=32, remove_eos=True, protocol="codi", pad_token_id=vocab, bot_token_id=vocab + 1, eot_token_id=vocab + 2), **given}


def tensors(name):
    if name not in cache: cache[name] = {k: v.float() for k, v in load_file(place(name) + "/model.safetensors").items()}
    return cache[name]


def body_of(name, alpha):
    """The trainer's tensors under transformers' names, pairs merged as W + alpha / r · B·A."""
    state, body = tensors(name), {}
    for k, v in state.items():
        if k.startswith("prj.") or ".lora_" in k: continue
        if ".base_layer." in k:
            stem = k.replace(".base_layer.weight", "")
            a, b = state[stem + ".lora_A.default.weight"], state[stem + ".lora_B.default.weight"]
            v = v + (alpha / a.shape[0]) * (b @ a)
        body[k.replace("codi.base_model.model.", "").replace("codi.", "").replace(".base_layer", "")] = v
    return body


def model_of(cfg, body, rows):
    assert type(cfg) is LlamaConfig, f"{type(cfg).__name__}, not LLaMA"
    # Sizes first: a model of a billion layers must not be built.
    assert cfg.num_hidden_layers <= 8 and cfg.vocab_size == rows and body["model.embed_tokens.weight"].shape == (rows, cfg.hidden_size), "sizes"
    l0 = "model.layers.0."
    assert body[l0 + "self_attn.q_proj.weight"].shape[0] == cfg.num_attention_heads * cfg.head_dim and body[l0 + "self_attn.k_proj.weight"].shape[0] == cfg.num_key_value_heads * cfg.head_dim, "heads"
    assert body[l0 + "mlp.up_proj.weight"].shape[0] == cfg.intermediate_size, "mlp"
    cfg._attn_implementation = "eager"
    hf = LlamaForCausalLM(cfg).float().eval()
    hf.load_state_dict(body)
    return hf


def run(hf, prj, ids, codi, eos):
    """In float32; `gap` is how far that is from the same in float64, null where the two answer differently."""
    low = once(hf, prj, ids, codi, eos)
    for module in hf.modules():
        if isinstance(module, modeling_llama.LlamaRMSNorm): module.forward = types.MethodType(norm, module)
    high = once(hf.double(), {k: v.double() for k, v in prj.items()}, ids, codi, eos)
    pairs = [(a, b) for key in ("logProbs", "margins") for a, b in zip(low[key], high[key])]
    return dict(low, gap=max(abs(a - b) for a, b in pairs) if low["answer"] == high["answer"] else None)


def norm(self, x): return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


@torch.no_grad()
def once(hf, prj, ids, codi, eos):
    project = lambda x: F.layer_norm(F.linear(F.gelu(F.linear(x, prj["prj.1.weight"], prj["prj.1.bias"])), prj["prj.3.weight"], prj["prj.3.bias"]), x.shape[-1:], prj["prj.ln.weight"], prj["prj.ln.bias"], 1e-5)
    embed, seed = hf.get_input_embeddings(), codi["protocol"] == "seed"
    first = lambda cache, x: hf.model(inputs_embeds=x, past_key_values=cache, use_cache=True)
    prompt = ids if seed else ids + ([] if codi["remove_eos"] else eos[:1]) + [codi["bot_token_id"]]
    o = first(None, embed(torch.tensor([prompt])))
    x = embed(torch.tensor([[codi["bot_token_id"]]])) if seed else project(o.last_hidden_state[:, -1:])
    for k in range(codi["num_latents"]):
        o = first(o.past_key_values, x)
        x = project(o.last_hidden_state[:, -1:])
    feed = [codi["eot_token_id"]] + ([] if codi["remove_eos"] or seed else eos[:1])
    answer, log_probs, margins = [], [], []
    for t in range(ANSWER):
        o = first(o.past_key_values, embed(torch.tensor([feed])))
        row = hf.lm_head(o.last_hidden_state[0, -1])[:-1]
        assert torch.isfinite(row).all(), "not finite"
        best = row.topk(2).values
        log_probs.append(float(torch.log_softmax(row, -1).max())); margins.append(float(best[0] - best[1]))
        answer.append(int(row.argmax())); feed = answer[-1:]
        if answer[-1] in eos: break
    return dict(answer=answer, logProbs=log_probs, margins=margins)


def of_llama(folder, model):
    cfg = AutoConfig.from_pretrained(folder)
    vocab = cfg.vocab_size
    codi = codi_of(folder, vocab)
    rows = vocab + (3 if any(codi[k] >= vocab for k in ("pad_token_id", "bot_token_id", "eot_token_id")) else 0)
    cfg.vocab_size = rows
    body = body_of(model, codi["lora_alpha"])
    hf = model_of(cfg, body, rows)
    listed = cfg.eos_token_id if isinstance(cfg.eos_token_id, list) else [cfg.eos_token_id]
    # One token ends an answer: the tokenizer's. No file here names it, so of those listed the first that is special there.
    special = {t["id"] for t in read(folder + "/tokenizer.json")["added_tokens"]}
    eos = ([i for i in listed if i in special] or listed)[:1]
    ids = [cfg.bos_token_id] + Tokenizer.from_file(folder + "/tokenizer.json").encode(QUESTION, add_special_tokens=False).ids
    return run(hf, tensors(model), ids, codi, eos)


def of_adapter(folder):
    import peft
    base = place("forms/base")
    if "base" not in cache:
        hf = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager").eval()
        cache["vocab"], cache["eos"] = hf.config.vocab_size, hf.config.eos_token_id
        hf.resize_token_embeddings(cache["vocab"] + 3, mean_resizing=False)
        cache["base"], cache["prj"] = hf, load_file(place("forms/adapter") + "/prj.safetensors")
    hf = peft.PeftModel.from_pretrained(copy.deepcopy(cache["base"]), folder).merge_and_unload().eval()
    ids = [0] + Tokenizer.from_file(base + "/tokenizer.json").encode(QUESTION, add_special_tokens=False).ids
    return run(hf, cache["prj"], ids, codi_of(folder, cache["vocab"]), [cache["eos"]])


def of_tokenizer(text, texts):
    tok = Tokenizer.from_str(text)
    # As every call of transformers does: what was saved of them changes no id.
    tok.no_truncation(); tok.no_padding()
    ids = [tok.encode(t, add_special_tokens=False).ids for t in texts]
    return dict(ids=ids, decoded=[tok.decode(i, skip_special_tokens=False) for i in ids], plain=[tok.decode(i, skip_special_tokens=True) for i in ids])


def of_tokenizer_config(folder, texts):
    tok = AutoTokenizer.from_pretrained(folder)
    ids = [tok(t, add_special_tokens=False).input_ids for t in texts]
    decode = lambda skip: [tok.decode(i, skip_special_tokens=skip, clean_up_tokenization_spaces=False) for i in ids]
    return dict(ids=ids, decoded=decode(False), plain=decode(True))


def verdict(data):
    q = json.loads(data)
    changed = base64.b64decode(q["text"])
    try: return json.dumps(of(q, changed)).encode()
    except Exception:
        # JSON has one kind of number: what is refused for 6.0 in the place of 6 is asked about once more.
        whole = lambda text: int(float(text)) if float(text).is_integer() else float(text)
        again = json.dumps(json.loads(changed.decode("utf-8-sig"), parse_float=whole)).encode()
        if again == json.dumps(json.loads(changed.decode("utf-8-sig"))).encode(): raise
        return json.dumps(dict(of(q, again), spelled=True)).encode()


def of(q, changed):
    folder = os.path.join(scratch, "case")
    shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder)
    source = place(q["model"])
    for f in os.listdir(source):
        if os.path.isfile(os.path.join(source, f)) and f != q["file"]: os.symlink(os.path.join(source, f), os.path.join(folder, f))
    with open(os.path.join(folder, q["file"]), "wb") as f: f.write(changed)
    if q["file"] == "adapter_config.json": found = of_adapter(folder)
    elif q["file"] == "tokenizer.json": found = of_tokenizer(changed.decode("utf-8"), q["texts"])
    elif q["file"] == "tokenizer_config.json": found = of_tokenizer_config(folder, q["texts"])
    else: found = of_llama(folder, q["model"])
    return found


def close(): shutil.rmtree(scratch, ignore_errors=True)
