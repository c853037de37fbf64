"""Gradients of a logit through the latents by autograd, at every residual state (SDPA, transformers' own cache):    python gradients_torch.py FOLDER"""
import sys
import torch
from codi_torch import Codi, version
from serve import Timer, serve

codi = Codi(sys.argv[1])
body = codi.body


def gradient(ids, token):
    """Question and BOT, latents, EOT; back from the logit to what leaves each block. The gradients are read to the host, as ours are."""
    with Timer() as timer:
        states, cache = [], None
        x = body.get_input_embeddings()(codi.tensor([ids])).requires_grad_()
        for step in range(codi.latents + 2):
            if step == codi.latents + 1: x = body.get_input_embeddings()(codi.tensor([[codi.eot]]))
            elif step > 0: x = codi.prj(hidden)
            out = body(inputs_embeds=x, past_key_values=cache, use_cache=True, output_hidden_states=True)
            for state in out.hidden_states[1:]: state.retain_grad()
            states.append(out.hidden_states[1:])
            hidden, cache = out.last_hidden_state[:, -1:], out.past_key_values
        codi.hf.lm_head(hidden)[0, 0, token].backward()
        norms = [sum(state[l].grad.numpy().astype("float64").__pow__(2).sum() for state in states) for l in range(len(states[0]) - 1)]
    return dict(seconds=timer.seconds, ids=[int(max(range(len(norms)), key=norms.__getitem__))])


serve(version(), gradient=gradient)
