"""Reads a CODI checkpoint, merges LoRA, casts to float32, as a PyTorch user does:    python load_torch.py FOLDER    (prints one JSON line)"""
import glob, json, os, resource, sys, time
import torch
from safetensors.torch import load_file

folder = sys.argv[1]
start = time.perf_counter()
path = os.path.join(folder, "model.safetensors")
state = load_file(path) if os.path.exists(path) else torch.load(os.path.join(folder, "pytorch_model.bin"), map_location="cpu", weights_only=True, mmap=True)
weights = {}
for name in list(state):
    if "lora_" in name or name.endswith("lm_head.weight"): continue
    w = state[name].float()
    if name.endswith(".base_layer.weight"):
        stem = name[: -len(".base_layer.weight")]
        a, b = state[stem + ".lora_A.default.weight"], state[stem + ".lora_B.default.weight"]
        w.add_(b.float() @ a.float(), alpha=32 / a.shape[0])
    weights[name] = w
seconds = time.perf_counter() - start
print(json.dumps(dict(seconds=seconds, peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, weightBytes=sum(4 * w.numel() for w in weights.values()), version=f"torch {torch.__version__}, {torch.get_num_threads()} threads")))
