"""The original study's loop in PyTorch, written from its description (protocol seed):    python study_original.py FOLDER [DEVICE]
A run: question without BOT, BOT's embedding as "token 0", projections as tokens 1 to 5, EOT, greedy answer; batch 1, float32, with cache.
A problem: the baseline run; for each token the clean activations cached by six runs from the question (of one to six tokens) and by a
seventh of six, then the ablated run that overwrites the OUTPUT of layer index L with the cached INPUT of layer index L at all six tokens,
zero at the ablated one; and one run more that reads attention at EOT. Token-forwards are counted as they happen.
"""
import sys
import torch
from codi_torch import Codi, version
from serve import Timer, serve

folder, device = (sys.argv[1:] + ["cpu"])[:2]
torch.set_grad_enabled(False)
codi = Codi(folder, device)
hf, count = codi.hf, [0]


def forward(cache=None, **inputs):
    x = inputs.get("input_ids", inputs.get("inputs_embeds"))
    count[0] += x.shape[1]
    return hf(past_key_values=cache, use_cache=True, logits_to_keep=1, **inputs)


def latents(prompt, layer, steps, write=None):
    """Feeds the first `steps` tokens. Returns what was recorded of each, and the cache."""
    out, recorded = forward(input_ids=codi.tensor([prompt]), output_hidden_states=True), []
    x = hf.get_input_embeddings()(codi.tensor([[codi.bot]]))
    for k in range(steps):
        handle = None
        if write is not None:
            def over(module, args, output, value=write[k].view(1, 1, -1)):
                return (value,) + output[1:] if isinstance(output, tuple) else value
            handle = hf.model.layers[layer].register_forward_hook(over)
        out = forward(out.past_key_values, inputs_embeds=x, output_hidden_states=True)
        if handle is not None: handle.remove()
        recorded.append(out.hidden_states[layer][0, -1]); x = codi.prj(out.hidden_states[-1])
    return recorded, out.past_key_values


def answer(cache, limit):
    token, ids = codi.eot, []
    for _ in range(limit):
        out = forward(cache, input_ids=codi.tensor([[token]])); cache = out.past_key_values
        token = int(out.logits[0, -1, : codi.logit_rows].argmax()); ids.append(token)
        if token == codi.eos: break
    return ids


def attention(prompt, layers):
    """Head means of EOT's row, cut one position late as the original does."""
    _, cache = latents(prompt, layers[0], codi.latents)
    hf.set_attn_implementation("eager")
    out = forward(cache, input_ids=codi.tensor([[codi.eot]]), output_attentions=True)
    hf.set_attn_implementation("sdpa")
    q = len(prompt)
    return [out.attentions[layer][0].mean(0)[-1, q + 1 : q + 1 + codi.latents].tolist() for layer in layers]


def study(prompts, layer, layers, limit):
    count[0] = 0
    rows = []
    with Timer() as timer:
        for prompt in prompts:
            n = codi.latents
            runs = [answer(latents(prompt, layer, n)[1], limit)]
            for ablated in range(n):
                for steps in range(1, n + 1): latents(prompt, layer, steps)
                clean, _ = latents(prompt, layer, n)
                write = [torch.zeros_like(v) if k == ablated else v for k, v in enumerate(clean)]
                runs.append(answer(latents(prompt, layer, n, write)[1], limit))
            attention(prompt, layers)
            rows.append(runs)
    return dict(seconds=timer.seconds, ids=rows, tokenForwards=count[0])


serve(version(), study=study)
