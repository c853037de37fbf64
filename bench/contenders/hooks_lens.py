"""Captures by TransformerLens's run_with_cache on the same weights:    python hooks_lens.py FOLDER"""
import sys
from importlib.metadata import version as installed
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast
from transformer_lens.model_bridge import TransformerBridge
from codi_torch import Codi, version
from serve import Timer, serve

folder = sys.argv[1]
torch.set_grad_enabled(False)
codi = Codi(folder, attention="eager")
codi.hf.config.architectures = ["LlamaForCausalLM"]
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(folder + "/tokenizer.json"))
model = TransformerBridge.boot_transformers("meta-llama/Llama-3.2-1B", hf_model=codi.hf, tokenizer=tokenizer, dtype=torch.float32)
LAST = {"patterns": "hook_pattern", "residuals": "hook_resid_post"}


def capture(ids, what):
    x = codi.tensor([ids])
    with Timer() as timer:
        if what == "none": logits, sums = model(x, return_type="logits"), []
        else:
            logits, cache = model.run_with_cache(x, names_filter=None if what == "everything" else lambda name: name.endswith(LAST[what]))
            sums = [] if what == "everything" else [v for k, v in cache.items() if k.endswith(LAST[what])]
    return dict(seconds=timer.seconds, ids=logits[:, -1, : codi.logit_rows].argmax(-1).tolist(), captured=len(sums), sum=float(sum(s.double().square().sum() for s in sums)))


serve(f"transformer-lens {installed('transformer-lens')}, {version()}", capture=capture)
