"""The same weights as ONNX graphs in float32, of CODI on LLaMA or Coconut on GPT-2:    python onnx_export.py FOLDER OUT
OUT/body.onnx: inputs of the blocks → final-norm state of the last position, with the fused attention that ONNX Runtime's own generator uses
(GroupQueryAttention, LLaMA's rotation inside) and its other fused kernels; OUT/head.onnx: state → best id; OUT/prj.onnx: the projection, where
there is one; OUT/embed.bin: rows of the embedding.
"""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../contenders"))
import json, shutil
import numpy, torch
from onnx import StringStringEntryProto, TensorProto, helper, save
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from codi_torch import read_state

folder, out = sys.argv[1:]
weights, given = read_state(folder)
fields = json.load(open(os.path.join(folder, "config.json")))
POSITIONS = 1024
shutil.rmtree(out, ignore_errors=True); os.makedirs(out)
MS = "com.microsoft"


class Graph:
    def __init__(self, name):
        self.name, self.nodes, self.weights, self.file = name, [], [], open(f"{out}/{name}.bin", "wb")

    def weight(self, name, x):
        x = numpy.ascontiguousarray(x.float().numpy())
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=x.shape, data_location=TensorProto.EXTERNAL)
        at = self.file.tell() + (-self.file.tell()) % 4096; self.file.seek(at); self.file.write(x.tobytes())
        for key, value in dict(location=f"{self.name}.bin", offset=at, length=x.nbytes).items(): tensor.external_data.append(StringStringEntryProto(key=key, value=str(value)))
        self.weights.append(tensor)
        return name

    def ints(self, name, values):
        self.weights.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values)); return name

    def node(self, kind, inputs, outputs, domain="", **attributes):
        self.nodes.append(helper.make_node(kind, inputs, outputs if isinstance(outputs, list) else [outputs], domain=domain, **attributes)); return outputs

    def save(self, inputs, outputs):
        info = lambda spec: [helper.make_tensor_value_info(n, t, s) for n, t, s in spec]
        graph = helper.make_graph(self.nodes, self.name, info(inputs), info(outputs), self.weights)
        self.file.close()
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(MS, 1)], ir_version=10), f"{out}/{self.name}.onnx")


F32, I32, I64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
SIZES = [("seqlens_k", I32, ["b"]), ("total", I32, [])]


def caches(l, kv, dh):
    """Inputs and outputs of one block."""
    return ([(f"past_{n}{l}", F32, ["b", kv, "p", dh]) for n in "kv"], [(f"{n}{l}.out", F32, ["b", kv, "t", dh]) for n in "kv"])


def last_of(g, normed):
    g.weights.append(helper.make_tensor("end", I64, [], [-1]))
    g.node("Gather", [normed, "end"], "last", axis=1)


def llama_body(g):
    """@returns embedding, sizes."""
    fields.pop("torch_dtype", None)
    c = LlamaConfig(**fields)
    H, KV, DH, D, L, EPS = c.num_attention_heads, c.num_key_value_heads, c.head_dim, c.hidden_size, c.num_hidden_layers, c.rms_norm_eps
    cos, sin = LlamaRotaryEmbedding(c)(torch.zeros(1, 1, 1), torch.arange(POSITIONS)[None])
    g.weight("cos", cos[0, :, : DH // 2]); g.weight("sin", sin[0, :, : DH // 2])
    at = lambda l, name: weights[f"model.layers.{l}.{name}.weight"]
    x, normed = "x", g.node("SimplifiedLayerNormalization", ["x", g.weight("n0", at(0, "input_layernorm"))], "h0", axis=-1, epsilon=EPS)
    inputs, outputs = [("x", F32, ["b", "s", D]), *SIZES], [("last", F32, ["b", D])]
    for l in range(L):
        q, k, v = (g.node("MatMul", [normed, g.weight(f"{n}{l}", at(l, f"self_attn.{n}_proj").T)], f"{n}_{l}") for n in "qkv")
        g.node("GroupQueryAttention", [q, k, v, f"past_k{l}", f"past_v{l}", "seqlens_k", "total", "cos", "sin"], [f"z{l}", f"k{l}.out", f"v{l}.out"], domain=MS, num_heads=H, kv_num_heads=KV, do_rotary=1, rotary_interleaved=0)
        past, present = caches(l, KV, DH); inputs += past; outputs += present
        o = g.node("MatMul", [f"z{l}", g.weight(f"o{l}", at(l, "self_attn.o_proj").T)], f"o_{l}")
        g.node("SkipSimplifiedLayerNormalization", [x, o, g.weight(f"m{l}", at(l, "post_attention_layernorm"))], [f"h_{l}", "", "", f"mid{l}"], domain=MS, epsilon=EPS)
        gate, up = (g.node("MatMul", [f"h_{l}", g.weight(f"{n}{l}", at(l, f"mlp.{n}_proj").T)], f"{n}_{l}") for n in ("gate", "up"))
        g.node("Sigmoid", [gate], f"sig{l}"); g.node("Mul", [gate, f"sig{l}"], f"silu{l}"); g.node("Mul", [f"silu{l}", up], f"post{l}")
        down = g.node("MatMul", [f"post{l}", g.weight(f"down{l}", at(l, "mlp.down_proj").T)], f"down_{l}")
        after = at(l + 1, "input_layernorm") if l + 1 < L else weights["model.norm.weight"]
        x, normed = f"res{l}", f"h{l + 1}"
        g.node("SkipSimplifiedLayerNormalization", [f"mid{l}", down, g.weight(f"n{l + 1}", after)], [normed, "", "", x], domain=MS, epsilon=EPS)
    last_of(g, normed)
    g.save(inputs, outputs)
    return weights["model.embed_tokens.weight"], dict(layers=L, kvHeads=KV, dHead=DH, dModel=D)


def gpt2_body(g):
    """Weights lie `[in, out]` as ONNX wants them; `pos` are the positions fed. @returns embedding, sizes."""
    H, D, L, EPS = fields["n_head"], fields["n_embd"], fields["n_layer"], fields["layer_norm_epsilon"]
    named = lambda name: g.weight(name, weights["transformer." + name])
    both = lambda name: [named(name + ".weight"), named(name + ".bias")]
    g.node("Gather", [named("wpe.weight"), "pos"], "wpe", axis=0)
    g.node("Add", ["x", "wpe"], "entered")
    x, normed = "entered", g.node("LayerNormalization", ["entered", *both("h.0.ln_1")], "h0", axis=-1, epsilon=EPS)
    inputs, outputs = [("x", F32, ["b", "s", D]), ("pos", I64, ["s"]), *SIZES], [("last", F32, ["b", D])]
    for l in range(L):
        (qkv, qkv_bias), (o, o_bias), (up, up_bias), (down, down_bias) = (both(f"h.{l}.{n}") for n in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"))
        g.node("MatMul", [normed, qkv], f"qkv_{l}"); g.node("Add", [f"qkv_{l}", qkv_bias], f"qkv{l}")
        g.node("GroupQueryAttention", [f"qkv{l}", "", "", f"past_k{l}", f"past_v{l}", "seqlens_k", "total"], [f"z{l}", f"k{l}.out", f"v{l}.out"], domain=MS, num_heads=H, kv_num_heads=H)
        past, present = caches(l, H, D // H); inputs += past; outputs += present
        g.node("MatMul", [f"z{l}", o], f"o_{l}")
        g.node("SkipLayerNormalization", [f"o_{l}", x, *both(f"h.{l}.ln_2"), o_bias], [f"h_{l}", "", "", f"mid{l}"], domain=MS, epsilon=EPS)
        g.node("MatMul", [f"h_{l}", up], f"up_{l}"); g.node("FastGelu", [f"up_{l}", up_bias], f"post{l}", domain=MS)
        g.node("MatMul", [f"post{l}", down], f"down_{l}")
        x, normed = f"res{l}", f"h{l + 1}"
        g.node("SkipLayerNormalization", [f"down_{l}", f"mid{l}", *both(f"h.{l + 1}.ln_1" if l + 1 < L else "ln_f"), down_bias], [normed, "", "", x], domain=MS, epsilon=EPS)
    last_of(g, normed)
    g.save(inputs, outputs)
    return weights["transformer.wte.weight"], dict(layers=L, kvHeads=H, dHead=D // H, dModel=D, positions=True)


embed, sizes = dict(llama=llama_body, gpt2=gpt2_body)[fields["model_type"]](Graph("body"))
D = sizes["dModel"]
prj = [name for name in weights if name.startswith("prj.")]
g = Graph("head")
g.node("MatMul", ["h", g.weight("w", embed.T)], "all")
if prj:
    # CODI never chooses the last id.
    g.node("Slice", ["all", g.ints("from", [0]), g.ints("to", [embed.shape[0] - 1]), g.ints("axis", [1])], "logits")
g.node("ArgMax", ["logits" if prj else "all"], "best", axis=1, keepdims=0)
g.save([("h", F32, ["b", D])], [("best", I64, ["b"])])
embed.numpy().tofile(f"{out}/embed.bin")

if prj:
    g, p = Graph("prj"), lambda name: weights["prj." + name]
    for n in ("1", "3"): g.weight("w" + n, p(n + ".weight").T); g.weight("b" + n, p(n + ".bias"))
    g.node("MatMul", ["h", "w1"], "a"); g.node("Add", ["a", "b1"], "b"); g.node("Gelu", ["b"], "c"); g.node("MatMul", ["c", "w3"], "d"); g.node("Add", ["d", "b3"], "e")
    g.node("LayerNormalization", ["e", g.weight("ln", p("ln.weight")), g.weight("lnb", p("ln.bias"))], "x", axis=-1, epsilon=1e-5)
    g.save([("h", F32, ["b", D])], [("x", F32, ["b", D])])
json.dump(dict(sizes, projection=bool(prj)), open(f"{out}/done.json", "w"))
