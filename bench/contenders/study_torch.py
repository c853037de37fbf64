"""The study as fast as we could write it in PyTorch (protocol codi):    python study_torch.py FOLDER [DEVICE] [TF32]
Many problems at once; prompts are packed without padding; queries, keys and values are one product, gate and up another; a question is
prefilled once and its keys are shared by all rows, never copied; an ablated row joins at the token it ablates; and the clean answer is
fed to the ablated rows in one forward, which decode by themselves only from the first token that differs.
"""
import sys
import torch, torch.nn.functional as F
from codi_torch import Codi, version
from serve import Timer, serve

folder, device, tf32 = (sys.argv[1:] + ["cpu", ""])[:3]
torch.backends.cuda.matmul.allow_tf32 = tf32 == "tf32"
torch.set_grad_enabled(False)


class Fast:
    def __init__(self, codi):
        self.codi, c = codi, codi.config
        self.heads, self.kv, self.dh, self.eps = c.num_attention_heads, c.num_key_value_heads, c.head_dim, c.rms_norm_eps
        self.embed, self.norm, self.rotary = codi.hf.model.embed_tokens.weight, codi.hf.model.norm.weight, codi.hf.model.rotary_emb
        self.layers = []
        for layer in codi.hf.model.layers:
            a, m = layer.self_attn, layer.mlp
            self.layers.append((layer.input_layernorm.weight, torch.cat([a.q_proj.weight, a.k_proj.weight, a.v_proj.weight]), a.o_proj.weight,
                                layer.post_attention_layernorm.weight, torch.cat([m.gate_proj.weight, m.up_proj.weight]), m.down_proj.weight))
            # The parts are not needed any more, and two copies of the weights would not fit.
            for part in (a.q_proj, a.k_proj, a.v_proj, m.gate_proj, m.up_proj): part.weight = torch.nn.Parameter(torch.empty(0), requires_grad=False)

    def rope(self, positions):
        cos, sin = self.rotary(self.embed[:1, None], positions[None])
        return cos[0][:, None], sin[0][:, None]

    def run(self, x, positions, attend, after=None):
        """x `[tokens, dModel]`; attend(layer, q `[tokens, heads, dh]`, k, v) → `[tokens, heads * dh]`; after(layer, x) may write x."""
        cos, sin = self.rope(positions)
        turn = lambda t: t * cos + torch.cat([-t[..., self.dh // 2 :], t[..., : self.dh // 2]], -1) * sin
        h, kv, dh, d = self.heads, self.kv, self.dh, x.shape[-1]
        for i, (n1, qkv, o, n2, gu, down) in enumerate(self.layers):
            q, k, v = F.linear(F.rms_norm(x, (d,), n1, self.eps), qkv).split([h * dh, kv * dh, kv * dh], -1)
            x = x + F.linear(attend(i, turn(q.view(-1, h, dh)), turn(k.view(-1, kv, dh)), v.view(-1, kv, dh)), o)
            g, u = F.linear(F.rms_norm(x, (d,), n2, self.eps), gu).chunk(2, -1)
            x = x + F.linear(F.silu(g) * u, down)
            if after is not None: after(i, x)
        return F.rms_norm(x, (d,), self.norm, self.eps)


codi = Codi(folder, device)
fast = Fast(codi)
count = [0]


class Branches:
    """Caches of P problems × A rows: a shared prefix a problem, a suffix a row."""

    def __init__(self, prompts, rows, room):
        self.P, self.A, self.lengths = len(prompts), rows, codi.tensor([len(p) for p in prompts])
        longest, n = max(len(p) for p in prompts), len(fast.layers)
        new = lambda *shape: torch.zeros(n, *shape, device=device)
        self.pk, self.pv = new(self.P, fast.kv, longest, fast.dh), new(self.P, fast.kv, longest, fast.dh)
        self.sk, self.sv = new(self.P, rows, fast.kv, room, fast.dh), new(self.P, rows, fast.kv, room, fast.dh)
        self.hidden_keys = torch.arange(longest, device=device)[None] >= self.lengths[:, None]

    def prefill(self, prompts):
        begins, at = [], 0
        for p in prompts: begins.append(at); at += len(p)
        count[0] += at

        def attend(layer, q, k, v):
            out = torch.empty_like(q)
            for i, p in enumerate(prompts):
                part = slice(begins[i], begins[i] + len(p))
                Q, K, V = (t[part].transpose(0, 1)[None] for t in (q, k, v))
                self.pk[layer, i, :, : len(p)], self.pv[layer, i, :, : len(p)] = K[0], V[0]
                out[part] = F.scaled_dot_product_attention(Q, K, V, is_causal=True, enable_gqa=True)[0].transpose(0, 1)
            return out.flatten(1)

        positions = torch.cat([torch.arange(len(p), device=device) for p in prompts])
        h = fast.run(fast.embed[codi.tensor([t for p in prompts for t in p])], positions, attend)
        return h[codi.tensor([b + len(p) - 1 for b, p in zip(begins, prompts)])]

    def step(self, x, first, a, at, watch=(), zero=None, flip=False):
        """x `[P, a, w, dModel]`: rows first … first + a - 1 of each problem, suffix places at … at + w - 1. zero: (layer, row).
        flip: block 0's output at the first place changes its sign in all rows but the clean one."""
        P, kv, dh, g = self.P, fast.kv, fast.dh, fast.heads // fast.kv
        w = x.shape[2]; end, rows = at + w, slice(first, first + a)
        count[0] += P * a * w
        future = torch.ones(w, end, dtype=torch.bool, device=device).triu(at + 1)
        patterns = {}

        def attend(layer, q, k, v):
            self.sk[layer, :, rows, :, at:end] = k.view(P, a, w, kv, dh).transpose(2, 3)
            self.sv[layer, :, rows, :, at:end] = v.view(P, a, w, kv, dh).transpose(2, 3)
            q = q.view(P, a, w, kv, g, dh) * dh**-0.5
            shared = q.permute(0, 3, 1, 2, 4, 5).reshape(P, kv, a * w * g, dh)
            own = q.permute(0, 1, 3, 2, 4, 5).reshape(P, a, kv, w * g, dh)
            far = (shared @ self.pk[layer].transpose(-1, -2)).masked_fill_(self.hidden_keys[:, None, None], -torch.inf)
            far = far.view(P, kv, a, w, g, -1).transpose(1, 2)
            near = (own @ self.sk[layer, :, rows, :, :end].transpose(-1, -2)).view(P, a, kv, w, g, end)
            if w > 1: near = near.masked_fill(future[:, None], -torch.inf)
            pattern = torch.cat([far, near], -1).softmax(-1)
            far, near = pattern.split([far.shape[-1], end], -1)
            if layer in watch: patterns[layer] = near[..., : codi.latents].clone()
            out = (far.transpose(1, 2).reshape(P, kv, a * w * g, -1) @ self.pv[layer]).view(P, kv, a, w, g, dh).permute(0, 2, 3, 1, 4, 5)
            mine = (near.reshape(P, a, kv, w * g, end) @ self.sv[layer, :, rows, :, :end]).view(P, a, kv, w, g, dh).transpose(2, 3)
            return (out + mine).reshape(P * a * w, -1)

        def after(layer, x):
            if zero is not None and layer == zero[0]: x.view(P, a, w, -1)[:, zero[1]] = 0
            if flip and layer == 0: x.view(P, a, w, -1)[:, max(0, 1 - first) :, 0] *= -1

        positions = (self.lengths[:, None, None] + at + torch.arange(w, device=device)).expand(P, a, w).reshape(-1)
        return fast.run(x.reshape(P * a * w, -1), positions, attend, after).view(P, a, w, -1), patterns


def rest(b, todo, done, place, limit, watch):
    """Rows that differ from the clean answer go on one by one: todo = [(problem, row)], done their ids so far."""
    rows, problems = codi.tensor([r for _, r in todo]), codi.tensor([p for p, _ in todo])
    filled = codi.tensor([place + len(ids) for ids in done])
    far, room = b.pk.shape[3], b.sk.shape[4]
    K = torch.cat([b.pk[:, problems], b.sk[:, problems, rows]], 3); V = torch.cat([b.pv[:, problems], b.sv[:, problems, rows]], 3)
    each, keys = torch.arange(len(todo), device=device), torch.arange(room, device=device)
    while True:
        live = [i for i, ids in enumerate(done) if len(ids) < limit and ids[-1] != codi.eos]
        if not live: return
        if len(live) < len(done) // 2 + 1 and len(live) < len(each):
            keep = codi.tensor([int((each == i).nonzero()) for i in live]); K, V, filled, problems, each = K[:, keep], V[:, keep], filled[keep], problems[keep], each[keep]
        count[0] += len(each)
        spot = torch.minimum(filled, torch.full_like(filled, room - 1))
        mask = torch.cat([~b.hidden_keys[problems], keys[None] <= spot[:, None]], 1)[:, None, None]
        line = torch.arange(len(each), device=device)

        def attend(layer, q, k, v):
            K[layer, line, :, far + spot], V[layer, line, :, far + spot] = k, v
            if layer in watch:  # attention is wanted here too, so its pattern is made
                pattern = (q.view(len(each), fast.kv, -1, fast.dh) * fast.dh**-0.5 @ K[layer].transpose(-1, -2)).masked_fill(~mask, -torch.inf).softmax(-1)
                return (pattern @ V[layer]).flatten(1)
            return F.scaled_dot_product_attention(q[:, :, None], K[layer], V[layer], attn_mask=mask, enable_gqa=True).flatten(1)

        last = codi.tensor([done[i][min(len(done[i]), limit) - 1] for i in each.tolist()])
        best = codi.best(fast.run(fast.embed[last], b.lengths[problems] + spot, attend)).tolist()
        for i, token in zip(each.tolist(), best):
            if i in live: done[i].append(token)
        filled = filled + 1


def some(prompts, layer, watch, limit, verify, flip):
    n = codi.latents
    b = Branches(prompts, n + 1, n + limit + 1)
    hidden = b.prefill(prompts)[:, None]  # [P, rows so far, dModel]
    for k in range(n):
        # Row k + 1 is the one that is zeroed here: up to now it is the clean row.
        b.sk[:, :, k + 1, :, :k], b.sv[:, :, k + 1, :, :k] = b.sk[:, :, 0, :, :k], b.sv[:, :, 0, :, :k]
        hidden = torch.cat([hidden, hidden[:, :1]], 1)
        hidden = b.step(codi.prj(hidden)[:, :, None], 0, k + 2, k, zero=(layer, k + 1))[0][:, :, 0]
    eot, P = fast.embed[codi.eot], len(prompts)
    attention = []

    def decode(first, a):
        x, ids = eot.expand(P, a, 1, -1), []
        for t in range(limit):
            h, seen = b.step(x, first, a, n + t, watch, flip=flip and t == 0); attention.append(seen)
            best = codi.best(h.reshape(P * a, -1)).view(P, a); ids.append(best); x = fast.embed[best][:, :, None]
        return torch.stack(ids, -1)

    if not verify: return [[cut(row) for row in rows] for rows in decode(0, n + 1).tolist()], None
    clean = decode(0, 1)[:, 0]
    x = torch.cat([eot.expand(P, n, 1, -1), fast.embed[clean[:, None, : limit - 1].expand(P, n, -1)]], 2)
    h, seen = b.step(x, 1, n, n, watch, flip=flip); attention.append(seen)
    best = codi.best(h.reshape(P * n * limit, -1)).view(P, n, limit)
    out, todo, done = [[cut(c)] for c in clean.tolist()], [], []
    for p in range(P):
        for r in range(n):
            expected, said = out[p][0], best[p, r].tolist()
            agree = next((t for t in range(len(expected)) if said[t] != expected[t]), len(expected) - 1)
            ids = said[: agree + 1]; out[p].append(ids)
            if ids != expected: todo.append((p, r + 1)); done.append(ids)
    if todo: rest(b, todo, done, n, limit, watch)
    for ids in done: ids[:] = cut(ids)
    return out, P * n - len(todo)


def cut(ids):
    return ids[: ids.index(codi.eos) + 1] if codi.eos in ids else ids


def study(prompts, layer, layers, limit, batch=16, verify=True, flip=False):
    """verify: the clean answer is fed to the ablated rows (True), every row is decoded (False), or both are timed and the faster counts ("faster")."""
    if verify == "faster":
        ways = [study(prompts, layer, layers, limit, batch, way, flip) for way in (True, False)]
        assert ways[0]["ids"] == ways[1]["ids"], "the two ways give different tokens"
        return dict(min(ways, key=lambda way: way["seconds"]), verified=ways[0]["seconds"], decoded=ways[1]["seconds"], agreed=ways[0]["agreed"])
    count[0] = 0
    rows, agreed = [], 0
    with Timer() as timer:
        for i in range(0, len(prompts), batch):
            out, same = some(prompts[i : i + batch], layer, set(layers), limit, verify, flip)
            rows += out; agreed += same or 0
    return dict(seconds=timer.seconds, ids=rows, tokenForwards=count[0], agreed=agreed if verify else None)


serve(version(), study=study)
