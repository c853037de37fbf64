"""Trains the tiny GPT-2 Coconut and its pause control in PyTorch.

Stages, each its own run:
  values   the teacher: question, start token, the values of the steps as tokens at the places of the latents, end token, answer
  bridge   the teacher's states take the place of those tokens, all latents at once, in two more passes
  coconut  the input of each latent is the final-norm state one position before, latent by latent
  pause    the input of each latent is one learned vector
In every stage the tied head over the final-norm state at the start token and at each latent must name the value of that step,
the last value repeated, and the answer is "### N". A batch holds questions of one length, so there is no padding and every
token stands at its real position.

    python train.py --stage values --easy 0.25 --lowest 0.25 --minutes 19 --out values.pt
    python train.py --stage bridge --resume values.pt --lowest 0.1 --minutes 10 --seed 2 --out coconut.pt
    python train.py --stage pause --resume values.pt --minutes 23 --seed 2 --out pause.pt
"""

import argparse
import json
import math
import os
import random
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Tokenizer

from problems import problem

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = Tokenizer.from_file(os.path.join(HERE, "..", "tokenizer.json"))
ROWS = TOKENIZER.get_vocab_size()
EOS, START, END = 0, ROWS - 3, ROWS - 2
LATENTS, WIDTH, LAYERS, HEADS, POSITIONS = 6, 64, 6, 4, 256
STEPS = [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]


def encode(text):
    return TOKENIZER.encode(text).ids


NUMBERS = [encode(str(n))[0] for n in range(61)]
assert all(encode(str(n)) == [NUMBERS[n]] for n in range(61))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x, past):
        batch, length, _ = x.shape
        q, k, v = self.c_attn(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        if past is None:
            o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        elif length == 1:
            o = F.scaled_dot_product_attention(q, k, v)
        else:
            seen = torch.ones(length, k.shape[2], dtype=torch.bool).tril(k.shape[2] - length)
            o = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.c_proj(o.transpose(1, 2).reshape(batch, length, WIDTH)), (k, v)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(WIDTH), Attention(), nn.LayerNorm(WIDTH), Mlp()

    def forward(self, x, past):
        a, past = self.attn(self.ln_1(x), past)
        x = x + a
        return x + self.mlp(self.ln_2(x)), past


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(ROWS, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.h, self.ln_f = nn.ModuleList(Block() for _ in range(LAYERS)), nn.LayerNorm(WIDTH)
        self.pause_embedding = nn.Parameter(0.1 * torch.randn(WIDTH))
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(p)
            elif name in ("wte.weight", "wpe.weight"):
                nn.init.normal_(p, 0, 0.1 if name == "wte.weight" else 0.05)
            elif p.ndim == 2:
                nn.init.normal_(p, 0, 1 / math.sqrt(p.shape[1]))
                if name.endswith("c_proj.weight"):
                    p.data /= math.sqrt(2 * LAYERS)
        # A thought is the final-norm state itself: it starts at the scale of an embedding.
        nn.init.constant_(self.ln_f.weight, 0.25)

    def forward(self, x, past=None):
        """Input vectors [batch, length, width] after those of past -> final-norm states, all keys and values."""
        start = 0 if past is None else past[0][0].shape[2]
        x = x + self.wpe.weight[start : start + x.shape[1]]
        pasts = []
        for i, block in enumerate(self.h):
            x, one = block(x, None if past is None else past[i])
            pasts.append(one)
        return self.ln_f(x), pasts


def states(model, stage, question, values, tail, zeroed=None):
    """Final-norm states of start token and latents [batch, 1 + latents, width] and of end token and answer.

    question [batch, length] ends with the start token; tail [batch, any] begins with the end token; zeroed is the latent whose
    input is zeros.
    """
    if stage == "values":
        h, _ = model(model.wte(torch.cat([question, values[:, :LATENTS], tail], 1)))
        first = question.shape[1] - 1
        return h[:, first : first + 1 + LATENTS], h[:, first + 1 + LATENTS :]
    rows = question.shape[0]
    if stage == "pause":
        thought = model.pause_embedding.expand(rows, LATENTS, WIDTH)
        if zeroed is not None:
            thought = thought.clone()
            thought[:, zeroed] = 0
        h, _ = model(torch.cat([model.wte(question), thought, model.wte(tail)], 1))
        first = question.shape[1] - 1
        return h[:, first : first + 1 + LATENTS], h[:, first + 1 + LATENTS :]
    h, past = model(model.wte(question))
    found = [h[:, -1:]]
    for k in range(LATENTS - 1):
        h, past = model(torch.zeros_like(found[-1]) if zeroed == k else found[-1], past)
        found.append(h)
    last = torch.zeros_like(h) if zeroed == LATENTS - 1 else h
    h, _ = model(torch.cat([last, model.wte(tail)], 1), past)
    return torch.cat([*found, h[:, :1]], 1), h[:, 1:]


def bridged(model, question, values, tail, passes=2):
    """Final-norm states as `states` gives them, of several passes in turn: the first is fed the values' tokens, each other the states of the one before.

    What the first says is right already, so the next learn to read a state in the place of a token, all latents at once. After as many
    passes as there are latents it would be the loop of `coconut` itself.
    """
    h, past = model(model.wte(question))
    start, end = h[:, -1:], model.wte(tail)
    fed, found = model.wte(values[:, :LATENTS]), []
    for _ in range(1 + passes):
        h, _ = model(torch.cat([fed, end], 1), past)
        found.append((torch.cat([start, h[:, :LATENTS]], 1), h[:, LATENTS:]))
        fed = torch.cat([start, h[:, : LATENTS - 1]], 1)
    return torch.cat([inner for inner, _ in found]), torch.cat([outer for _, outer in found])


def tensors(problems):
    question = torch.tensor([encode(p["question"] + "\n") + [START] for p in problems])
    values = []
    for p in problems:
        steps = [int(step.split("=")[1]) for step in p["cot"][2:-2].split(">><<")]
        values.append([NUMBERS[steps[min(k, len(steps) - 1)]] for k in range(LATENTS + 1)])
    answer = torch.tensor([[END] + encode("### " + p["answer"]) + [EOS] for p in problems])
    return question, torch.tensor(values), answer


class Pool:
    """Problems in batches of one length, none of them among the held-out ones."""

    def __init__(self, rng, batch, held_out):
        self.rng, self.batch, self.held_out, self.waiting = rng, batch, held_out, {}

    def next(self, most):
        while True:
            p = problem(self.rng, self.rng.choice([s for s in STEPS if s <= most]))
            if p["question"] in self.held_out:
                continue
            one = self.waiting.setdefault((len(encode(p["question"])), most), [])
            one.append(p)
            if len(one) == self.batch:
                return self.waiting.pop((len(encode(p["question"])), most))


@torch.no_grad()
def evaluate(model, stage, steps, count, zeroed=None):
    """Share of right answers (teacher-forced, which for one token after a fixed "### " is the greedy one), and of steps named."""
    rng = random.Random(99)
    by_length = {}
    for _ in range(count):
        p = problem(rng, steps or rng.choice(STEPS))
        by_length.setdefault(len(encode(p["question"])), []).append(p)
    right, named = 0, torch.zeros(LATENTS + 1)
    for group in by_length.values():
        question, values, answer = tensors(group)
        inner, outer = states(model, stage, question, values, answer[:, :-1], zeroed)
        right += ((outer @ model.wte.weight.T).argmax(-1) == answer[:, 1:]).all(1).sum().item()
        named += ((inner @ model.wte.weight.T).argmax(-1) == values).sum(0)
    return right / count, (named / count).tolist()


class Muon:
    """Momentum, orthogonalised, for all matrices of a shape at once; the fused query, key and value are three matrices."""

    def __init__(self, params, rate, momentum=0.95):
        self.rate, self.momentum, self.shapes = rate, momentum, {}
        for name, p in params:
            parts = p.data.chunk(3, 0) if "c_attn" in name else [p.data]
            for i, part in enumerate(parts):
                self.shapes.setdefault(part.shape, []).append((p, part, i if len(parts) > 1 else None))
        self.memory = {shape: torch.zeros(len(rows), *shape) for shape, rows in self.shapes.items()}

    def step(self, scale):
        for shape, rows in self.shapes.items():
            g = torch.stack([p.grad if i is None else p.grad.chunk(3, 0)[i] for p, _, i in rows])
            m = self.memory[shape].mul_(self.momentum).add_(g)
            x = g + self.momentum * m
            x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
            turned = shape[0] > shape[1]
            x = x.transpose(1, 2) if turned else x
            for _ in range(5):
                q = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * q + 2.0315 * q @ q) @ x
            x = x.transpose(1, 2) if turned else x
            rate = self.rate * scale
            for (_, part, _), change in zip(rows, x):
                part.mul_(1 - 0.01 * rate).add_(change, alpha=-rate * max(1, shape[0] / shape[1]) ** 0.5)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--stage", choices=["values", "bridge", "coconut", "pause"], required=True)
    ap.add_argument("--resume")
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=40)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--rate", type=float, default=3e-3)
    ap.add_argument("--muon-rate", type=float, default=0.02)
    ap.add_argument("--easy", type=float, default=0.0, help="share of the time in which problems have at most 3 steps")
    ap.add_argument("--lowest", type=float, default=0.02, help="share of the learning rate that is left at the end")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    model = Model()
    if a.resume:
        model.load_state_dict(torch.load(a.resume))
    held_out = {json.loads(line)["question"] for line in open(os.path.join(HERE, "..", "..", "tiny-codi", "problems_100.jsonl"))}
    pool = Pool(random.Random(a.seed), a.batch, held_out)
    blocks = [(n, p) for n, p in model.named_parameters() if n.startswith("h.") and p.ndim == 2]
    taken = {n for n, _ in blocks}
    muon = Muon(blocks, a.muon_rate)
    adam = torch.optim.AdamW([p for n, p in model.named_parameters() if n not in taken], lr=a.rate, betas=(0.9, 0.95), weight_decay=0.0)
    print("parameters", sum(p.numel() for p in model.parameters()), "rows", ROWS, flush=True)
    # What a bridge is for is the loop of coconut.
    asked = "coconut" if a.stage == "bridge" else a.stage
    begun, step, shown = time.time(), 0, None
    while (part := (time.time() - begun) / 60 / a.minutes) < 1:
        scale = min(1, (step + 1) / 50) * max(a.lowest, min(1, 1.25 * (1 - part)))
        question, values, answer = tensors(pool.next(3 if part < a.easy else 6))
        if a.stage == "bridge":
            inner, outer = bridged(model, question, values, answer[:, :-1])
            values, answer = (x.repeat(inner.shape[0] // x.shape[0], 1) for x in (values, answer))
        else:
            inner, outer = states(model, a.stage, question, values, answer[:, :-1])
        head = model.wte.weight.T
        named = F.cross_entropy((inner @ head).flatten(0, 1), values.flatten())
        said = F.cross_entropy((outer @ head).flatten(0, 1), answer[:, 1:].flatten())
        model.zero_grad()
        (named + said).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in adam.param_groups:
            group["lr"] = a.rate * scale
        adam.step()
        muon.step(scale)
        now = (named.item(), said.item())
        shown = now if shown is None else tuple(0.98 * x + 0.02 * y for x, y in zip(shown, now))
        step += 1
        if step % 100 == 0:
            print(step, "%.1f min" % ((time.time() - begun) / 60), "named %.3f said %.3f" % shown, flush=True)
        if step % 250 == 0:
            right, names = evaluate(model, asked, None, 200)
            print("  right %.3f, steps named" % right, [round(x, 2) for x in names], flush=True)
            torch.save(model.state_dict(), a.out)
    torch.save(model.state_dict(), a.out)
    print("steps of training", step)
    print("right by steps", {s: evaluate(model, asked, s, 400)[0] for s in range(1, 7)})
    print("named", evaluate(model, asked, None, 400)[1])
    if a.stage != "values":
        print("right with one latent's input zeroed", [evaluate(model, asked, None, 400, k)[0] for k in range(LATENTS)])


if __name__ == "__main__":
    main()
