"""Prefill, latent step and decode step by transformers (SDPA, its own cache):    python steps_torch.py FOLDER [DEVICE] [TF32]"""
import copy, sys
import torch
from codi_torch import Codi, version
from serve import Timer, serve

folder, device, tf32 = (sys.argv[1:] + ["cpu", ""])[:3]
torch.backends.cuda.matmul.allow_tf32 = tf32 == "tf32"
torch.set_grad_enabled(False)
codi = Codi(folder, device)
body = codi.body


def forward(cache=None, **inputs):
    out = body(past_key_values=cache, use_cache=True, **inputs)
    return out.last_hidden_state, out.past_key_values


def prefill(ids, repeat=1):
    x = codi.tensor([ids])
    with Timer() as timer:
        for _ in range(repeat):
            hidden, _ = forward(input_ids=x)
            best = codi.best(hidden[:, -1]).tolist()
    return dict(seconds=timer.seconds / repeat, ids=best)


kept = {}


def expanded(prompt, rows):
    """The prompt's cache for `rows` sequences, and its last state."""
    key = tuple(prompt)
    if key not in kept: kept.clear(); kept[key] = forward(input_ids=codi.tensor([prompt]))
    hidden, cache = kept[key]
    cache = copy.deepcopy(cache); cache.batch_repeat_interleave(rows)
    return hidden[:, -1:], cache


def latent(prompt, rows, steps):
    hidden, cache = expanded(prompt, rows)
    scale = 1 + 0.01 * torch.arange(rows, device=device).view(-1, 1, 1)
    x = codi.prj(hidden) * scale
    with Timer() as timer:
        for _ in range(steps):
            hidden, cache = forward(cache, inputs_embeds=x)
            x = codi.prj(hidden)
    return dict(seconds=timer.seconds / steps, ids=codi.best(hidden[:, -1]).tolist())


def decode(prompt, rows, steps, first):
    _, cache = expanded(prompt, rows)
    token, out = codi.tensor([first + r for r in range(rows)]), []
    with Timer() as timer:
        for _ in range(steps):
            hidden, cache = forward(cache, input_ids=token[:, None])
            token = codi.best(hidden[:, -1]); out.append(token)
    return dict(seconds=timer.seconds / steps, ids=torch.stack(out).flatten().tolist())


serve(version(), prefill=prefill, latent=latent, decode=decode)
