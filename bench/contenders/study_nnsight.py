"""The seven runs as a user of nnsight writes them, one after the other, each with its cache (protocol codi):    python study_nnsight.py FOLDER"""
import sys
import nnsight, torch
from codi_torch import Codi, version
from serve import Timer, serve

torch.set_grad_enabled(False)
codi = Codi(sys.argv[1], attention="eager")
model = nnsight.NNsight(codi.hf)
count = [0]


def forward(cache, inputs, layer, zero=False):
    """One trace: zero the block's output if asked, keep the final-norm state, the logits and the cache."""
    count[0] += next(iter(inputs.values())).shape[1]
    with model.trace(past_key_values=cache, use_cache=True, logits_to_keep=1, **inputs):
        if zero: model.model.layers[layer].output[:] = 0
        hidden = model.model.norm.output.save()
        out = model.output.save()
    return hidden[:, -1:], out.logits[0, -1, : codi.logit_rows], out.past_key_values


def run(prompt, layer, ablated, limit):
    hidden, _, cache = forward(None, dict(input_ids=codi.tensor([prompt])), layer)
    for k in range(codi.latents): hidden, _, cache = forward(cache, dict(inputs_embeds=codi.prj(hidden)), layer, zero=k == ablated)
    token, ids = codi.eot, []
    for _ in range(limit):
        _, logits, cache = forward(cache, dict(input_ids=codi.tensor([[token]])), layer)
        token = int(logits.argmax()); ids.append(token)
        if token == codi.eos: break
    return ids


def study(prompts, layer, layers, limit):
    count[0] = 0
    with Timer() as timer: rows = [[run(p, layer, k, limit) for k in (None, *range(codi.latents))] for p in prompts]
    return dict(seconds=timer.seconds, ids=rows, tokenForwards=count[0])


serve(f"nnsight {nnsight.__version__}, {version()}", study=study)
