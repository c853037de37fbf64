"""Trains the matched control of tiny-codi: its recipe with the recurrence cut. One learned vector is the input of every latent.

    python train.py --out STATE.pt              begins, or goes on where STATE.pt stands
    python train.py --out STATE.pt --workers 2  each batch is divided over two processes: the same sums in less time
    python train.py --out STATE.pt --check      the loss in one pass beside the one position after another, and no training
    python train.py --out STATE.pt --end-early 4000   from here on ends at joint step 4,000; its README must say so
    python train.py --out STATE.pt --measure    shares of right answers

Model, initial weights, problems and their order, losses, batch and optimiser are tiny-codi's own: its `train.py` is loaded. What differs:

- The vector `pause_embedding` stands in the place of the projection and of what was fed through it.
- Every input is known beforehand, so all is one pass: question, the teacher's steps and the student's BOT, six pauses, EOT and answer.
  A mask keeps teacher and student apart, and each has the positions that follow its question.
- Schedules go by steps, not by minutes: 13 minutes of teacher alone were about 100,000 problems, which is 1,563 steps of 64. 100 minutes of
  both together were about 10,500 steps.
"""

import argparse
import os
import random
import sys
import tempfile
import time

import torch
import torch.distributed
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
CODI = os.path.join(HERE, "..", "..", "tiny-codi")
TEACHER_STEPS, JOINT_STEPS = 1563, 10500
SAVED_EVERY, SHOWN_EVERY = 250, 25


def load_codi(threads=1):
    """Everything of tiny-codi's script up to its training: the model as it was initialised, batches, sequential passes, Muon."""
    sys.path.insert(0, os.path.join(CODI, "make"))
    asked, sys.argv = sys.argv, ["train.py", "--threads", str(threads), "--tokenizer", os.path.join(CODI, "tokenizer.json")]
    with open(os.path.join(CODI, "make", "train.py"), encoding="utf-8") as file:
        source = file.read().split("if A.resume")[0]
    found = {"__name__": "tiny_codi"}
    exec(compile(source, "tiny-codi/make/train.py", "exec"), found)
    sys.argv = asked
    return found


codi = load_codi()
m, NL, D, L, NUM, PAD = (codi[name] for name in ("m", "NL", "D", "L", "NUM", "PAD"))
BOT, EOT, EOS = codi["BOT"], codi["EOT"], codi["EOS"]
head = lambda h: h @ m.embed_tokens.weight.T


class Pause(nn.Module):
    """The vector, as large as an embedding at its start."""

    def __init__(self):
        super().__init__()
        self.pause_embedding = nn.Parameter(torch.empty(D))
        nn.init.normal_(self.pause_embedding, 0, 0.02)


pause = Pause()


def faster():
    """The same blocks in fewer calls: cosines of a pass taken once, and the matrices that read the same input side by side."""
    inv, half, last, width = codi["inv"], codi["HD"] // 2, {}, codi["HD"]

    def rope(x, pos):
        if last.get("pos") is not pos:
            angle = pos[:, None, :, None].float() * inv
            angle = torch.cat([angle, angle], -1)
            last.update(pos=pos, cos=angle.cos(), sin=torch.cat([-angle[..., :half].sin(), angle[..., half:].sin()], -1))
        return x * last["cos"] + x.roll(half, -1) * last["sin"]

    def attend(s, x, pos, mask, kv):
        B, T, _ = x.shape
        H, KV = codi["H"], codi["KV"]
        qkv = F.linear(x, torch.cat([s.q_proj.weight, s.k_proj.weight, s.v_proj.weight])).view(B, T, H + 2 * KV, width).transpose(1, 2)
        qk, v = qkv.split([H + KV, KV], 1)
        q, k = rope(qk, pos).split([H, KV], 1)
        if kv is not None:
            k, v = torch.cat([kv[0], k], 2), torch.cat([kv[1], v], 2)
        o = F.scaled_dot_product_attention(q, k.repeat_interleave(H // KV, 1), v.repeat_interleave(H // KV, 1), attn_mask=mask)
        return s.o_proj(o.transpose(1, 2).reshape(B, T, H * width)), (k, v)

    def mlp(s, x):
        gate, up = F.linear(x, torch.cat([s.gate_proj.weight, s.up_proj.weight])).chunk(2, -1)
        return s.down_proj(F.silu(gate) * up)

    codi["rope"], codi["Attn"].forward, codi["MLP"].forward = rope, attend, mlp


def targets(problems):
    """What BOT and each latent must name: the value after step 1, 2, 3, …, the last one repeated."""
    values = [[int(step.split("=")[1]) for step in p["cot"][2:-2].split(">><<")] for p in problems]
    return torch.tensor([[NUM[v[min(k, len(v) - 1)]] for k in range(NL + 1)] for v in values])


class Team:
    """The processes that share a batch. size 1: nothing is shared."""

    rank, size = 0, 1

    def fork(self, size):
        meeting = os.path.join(tempfile.mkdtemp(), "meeting")
        for rank in range(1, size):
            if self.rank == 0 and os.fork() == 0:
                self.rank = rank
        self.size = size
        torch.distributed.init_process_group("gloo", init_method="file://" + meeting, rank=self.rank, world_size=size)

    def sum(self, x):
        if self.size > 1:
            torch.distributed.all_reduce(x)
        return x

    def mine(self, q, c, a):
        """Rows of this process. Two get the shorter and the longer ones, as many as cost the same."""
        if self.size == 1:
            return list(range(len(q)))
        rows = sorted(range(len(q)), key=lambda i: len(q[i]) + len(c[i]) + len(a[i]))
        longest = lambda part, of: max(len(of[i]) for i in part)

        def cost(part):
            width = longest(part, q) + longest(part, c) + 2 * longest(part, a) + 2 + NL
            return len(part) * width * (1 + width / 400)

        at = min(range(1, len(rows)), key=lambda k: max(cost(rows[:k]), cost(rows[k:])))
        return rows[:at] if self.rank == 0 else rows[at:]


team = Team()


def one_pass(problems, q, c, a, teacher_alone):
    """The four losses (teacher, student, distillation, named steps), of which this process has its rows' share; teacher_alone: the first only."""
    whole, tokens, answers = len(q), sum(len(x) + len(y) - 1 for x, y in zip(c, a)), sum(len(y) for y in a)
    problems, q, c, a = ([of[i] for i in team.mine(q, c, a)] for of in (problems, q, c, a))
    entropy = lambda states, ids, count: F.cross_entropy(head(states), ids, reduction="sum") / count
    qi, qm = codi["lpad"](q)
    ti, tm = codi["rpad"]([x + y for x, y in zip(c, a)])
    n, B = qm.sum(1), len(q)
    Q, T = qi.shape[1], ti.shape[1]
    inputs = [m.embed_tokens(torch.cat([qi, ti], 1))]
    valid, pos = [qm, tm], [(qm.long().cumsum(1) - 1).clamp(min=0), n[:, None] + torch.arange(T)]
    if not teacher_alone:
        si, sm = codi["rpad"]([[EOT] + y for y in a])
        fed = pause.pause_embedding.expand(B, NL, D)
        inputs += [m.embed_tokens(torch.full((B, 1), BOT)), fed, m.embed_tokens(si)]
        valid += [torch.ones(B, 1 + NL, dtype=torch.bool), sm]
        pos.append(n[:, None] + torch.arange(1 + NL + si.shape[1]))
    valid = torch.cat(valid, 1)
    mask = codi["am"](valid, valid.shape[1])
    # The student does not see the teacher.
    mask[:, :, Q + T :, Q : Q + T] = False
    mask = torch.zeros(mask.shape).masked_fill_(~mask, -torch.inf)
    h, _, hs = m(torch.cat(inputs, 1), torch.cat(pos, 1), mask)
    lt = entropy(h[:, Q : Q + T - 1][tm[:, 1:]], ti[:, 1:][tm[:, 1:]], tokens)
    if teacher_alone:
        return lt, None, None, None
    bot, eot = Q + T, Q + T + 1 + NL
    la = entropy(h[:, bot:eot].flatten(0, 1), targets(problems).flatten(), whole * (1 + NL))
    ls = entropy(h[:, eot:-1][sm[:, 1:]], si[:, 1:][sm[:, 1:]], answers)
    # Distilled at the answer's colon, the fourth of its tokens; scaled by the deviation over the whole batch.
    at, rows = torch.tensor([Q + len(x) + 3 for x in c]), torch.arange(B)
    taught = [each[rows, at].detach() for each in hs]
    sums = team.sum(torch.stack([torch.stack([t.double().sum(), t.double().square().sum()]) for t in taught]))
    count = whole * D
    spread = ((sums[:, 1] - sums[:, 0].square() / count) / (count - 1)).sqrt().float()
    ld = 0.0
    for each, t, scale in zip(hs, taught, spread):
        ld = ld + F.smooth_l1_loss(each[:, eot + 4], t, reduction="sum") / count / (scale + 1e-6)
    return lt, ls, ld / L, la


def one_by_one(problems, q, c, a):
    """The same losses as tiny-codi's own `loss_fn` takes them, position after position, with the vector in the place of its projection."""
    codi["prj"] = lambda h: pause.pause_embedding.expand(h.shape[0], 1, D)
    return codi["loss_fn"](q, c, a, problems)


class Muon:
    """tiny-codi's Muon for all matrices of a shape at once: the same numbers in fewer calls."""

    def __init__(self, params, rate, momentum=0.95):
        self.rate, self.momentum, self.shapes = rate, momentum, {}
        for p in params:
            self.shapes.setdefault(tuple(p.shape), []).append(p)
        self.memory = {shape: torch.zeros(len(rows), *shape) for shape, rows in self.shapes.items()}

    @torch.no_grad()
    def step(self, scale):
        for shape, rows in self.shapes.items():
            g = torch.stack([p.grad for p in rows])
            b = self.memory[shape].mul_(self.momentum).add_(g)
            x = g + self.momentum * b
            x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
            x = x.transpose(1, 2) if shape[0] > shape[1] else x
            for _ in range(5):
                s = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * s + 2.0315 * s @ s) @ x
            x = x.transpose(1, 2) if shape[0] > shape[1] else x
            rate = self.rate * scale
            for p, change in zip(rows, x):
                p.mul_(1 - rate * 0.01).add_(change, alpha=-rate * max(1, shape[0] / shape[1]) ** 0.5)


class Training:
    """A stage with its own optimisers, as tiny-codi's two commands had, and all that a later call goes on from."""

    def __init__(self, out):
        self.out, self.done, self.minutes, self.shown = out, 0, 0.0, None
        # Joint step at which an early end began, and the last one of it.
        self.early = None
        self.rng = codi["rng"]
        self.begin_stage()
        if os.path.exists(out):
            kept = torch.load(out, weights_only=False)
            m.load_state_dict(kept["m"])
            pause.load_state_dict(kept["pause"])
            self.done, self.minutes, self.shown = kept["done"], kept["minutes"], kept["shown"]
            self.early = kept.get("early")
            if self.done != TEACHER_STEPS:
                self.muon.memory = kept["muon"]
                self.adam.load_state_dict(kept["adam"])
                self.rng.setstate(kept["rng"])

    def begin_stage(self):
        """tiny-codi's second command began with new optimisers and with the first problems again."""
        named = list(m.named_parameters()) + list(pause.named_parameters())
        is_matrix = lambda name, p: p.ndim == 2 and "embed" not in name
        args = codi["A"]
        self.params = [p for _, p in named]
        self.muon = Muon([p for name, p in named if is_matrix(name, p)], args.mlr)
        self.adam = torch.optim.AdamW(
            [p for name, p in named if not is_matrix(name, p)], lr=args.lr, betas=(0.9, 0.95), weight_decay=0.0, foreach=True
        )
        self.rng.seed(1234)

    def save(self):
        kept = dict(
            m=m.state_dict(),
            pause=pause.state_dict(),
            muon=self.muon.memory,
            adam=self.adam.state_dict(),
            rng=self.rng.getstate(),
            done=self.done,
            minutes=self.minutes,
            shown=self.shown,
            early=self.early,
        )
        torch.save(kept, self.out + ".new")
        os.replace(self.out + ".new", self.out)

    def joint_rate(self, it):
        """Falls to nothing at the last step: of tiny-codi's, or of an early end, from where that began."""
        if self.early is None:
            return 1 - it / JOINT_STEPS
        begun, last = self.early
        return (1 - begun / JOINT_STEPS) * (1 - (it - begun) / (last - begun))

    def end_early(self, last):
        """From here on the rate falls so that the training ends at this joint step. @param last: fewer than tiny-codi had."""
        begun = self.done - TEACHER_STEPS
        assert self.early is None and 0 < begun < last < JOINT_STEPS, (self.early, begun, last)
        self.early = (begun, last)

    @property
    def last(self):
        return TEACHER_STEPS + (JOINT_STEPS if self.early is None else self.early[1])

    def step(self):
        args = codi["A"]
        alone = self.done < TEACHER_STEPS
        it = self.done if alone else self.done - TEACHER_STEPS
        part = it / (TEACHER_STEPS if alone else JOINT_STEPS)
        scale = min(1, (it + 1) / 50) * (1 - 0.6 * part if alone else max(0.02, self.joint_rate(it)))
        problems, q, c, a = codi["batch"](args.bs)
        lt, ls, ld, la = one_pass(problems, q, c, a, alone)
        loss = lt if alone else lt + ls + args.gamma * ld + args.aux * la
        for p in self.params:
            p.grad = None
        loss.backward()
        now = self.gather([lt, ls, ld, la])
        torch.nn.utils.clip_grad_norm_([p for p in self.params if p.grad is not None], 1.0)
        if alone:
            pause.pause_embedding.grad = torch.zeros(D)
        for group in self.adam.param_groups:
            group["lr"] = args.lr * scale
        self.muon.step(scale)
        self.adam.step()
        self.shown = now if self.shown is None else tuple(0.95 * x + 0.05 * y for x, y in zip(self.shown, now))
        self.done += 1

    def gather(self, losses):
        """Adds up what the processes have: gradients and losses."""
        said = torch.tensor([0.0 if x is None else float(x.detach()) for x in losses])
        if team.size > 1:
            grads = [p.grad for p in self.params if p.grad is not None]
            flat = team.sum(torch.cat([said, *(g.flatten() for g in grads)]))
            said, *parts = flat.split([len(said), *(g.numel() for g in grads)])
            for g, part in zip(grads, parts):
                g.copy_(part.view_as(g))
        return tuple(said.tolist())

    def run(self):
        print("parameters", sum(p.numel() for p in self.params), "from step", self.done, flush=True)
        last = time.time()
        while self.done < self.last:
            if self.done == TEACHER_STEPS:
                self.begin_stage()
            self.step()
            self.minutes, last = self.minutes + (time.time() - last) / 60, time.time()
            if team.rank > 0:
                continue
            if self.done % SHOWN_EVERY == 0:
                left = self.minutes / self.done * (self.last - self.done)
                print(self.done, "%.1f min, %.0f left" % (self.minutes, left), "t %.3f s %.3f d %.3f aux %.3f" % self.shown, flush=True)
            if self.done % SAVED_EVERY == 0 or self.done == TEACHER_STEPS:
                self.save()
            if self.done % 1000 == 0 and self.done > TEACHER_STEPS:
                print("  right %.3f" % evaluate(200), flush=True)
        if team.rank > 0:
            sys.exit(0)
        self.save()


def latents(km, kv, n, zeroed=None):
    """BOT and the pauses after a question; zeroed: the latent whose input is zero."""
    B = km.shape[0]
    fed = pause.pause_embedding.expand(B, NL, D).clone()
    if zeroed is not None:
        fed[:, zeroed] = 0
    x = torch.cat([m.embed_tokens(torch.full((B, 1), BOT)), fed], 1)
    h, kv, km, n, _ = codi["extend"](x, n, km, kv)
    return h, km, kv, n


@torch.no_grad()
def evaluate(count, steps=None, zeroed=None, names=False):
    """Share of greedy answers that are right, on tiny-codi's fresh problems (its seed 99); names: also how often each position names its step."""
    before = codi["rng"].getstate()
    codi["rng"].seed(99)
    problems, q, _, _ = codi["batch"](count, lambda r: codi["problem"](r, steps) if steps else codi["sample"](r))
    codi["rng"].setstate(before)
    km, kv, n = codi["prefix"](q)
    h, km, kv, n = latents(km, kv, n, zeroed)
    named = (head(h).argmax(-1) == targets(problems)).float().mean(0).tolist()
    x, said = torch.full((count, 1), EOT), []
    for _ in range(7):
        h, kv, km, n, _ = codi["extend"](m.embed_tokens(x), n, km, kv)
        x = head(h[:, -1:]).argmax(-1)
        said.append(x)
    right = 0
    for problem, ids in zip(problems, torch.cat(said, 1).tolist()):
        text = codi["tok"].decode(ids[: ids.index(EOS)] if EOS in ids else ids)
        right += text.split(":")[-1].strip() == problem["answer"]
    return (right / count, named) if names else right / count


def check(batches=3):
    """The same losses and gradients either way, to float32's rounding."""
    sides = []
    for of in (one_by_one, lambda *batch: one_pass(*batch, False)):
        codi["rng"].seed(7)
        for _ in range(batches):
            m.zero_grad()
            pause.zero_grad()
            losses = of(*codi["batch"](40))
            sum(losses).backward()
            both = torch.cat([torch.stack(losses).detach(), *(p.grad.flatten() for p in [*m.parameters(), *pause.parameters()])])
            both = both if of is one_by_one else team.sum(both)
            sides.append((both[:4].tolist(), both[4:]))
        faster()
    for (theirs, w), (ours, g) in zip(sides, sides[batches:]):
        team.rank or print("losses", ours, theirs, "gradient's distance %.1e of its length" % ((g - w).norm() / w.norm()))
        assert max(abs(x - y) / y for x, y in zip(ours, theirs)) < 1e-5 and (g - w).norm() < 1e-4 * w.norm()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", required=True)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--workers", type=int, default=1, choices=[1, 2])
    ap.add_argument("--end-early", type=int, help="joint step at which to end, fewer than tiny-codi had; the state keeps it")
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--measure", action="store_true")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    if a.workers > 1:
        team.fork(a.workers)
    if a.check:
        return check()
    faster()
    training = Training(a.out)
    if a.end_early is not None:
        training.end_early(a.end_early)
    if not a.measure:
        training.run()
    print("steps", training.done, "of", TEACHER_STEPS + JOINT_STEPS, "early end", training.early)
    print("right of 400 mixed, and steps named at BOT and each latent", evaluate(400, names=True))
    print("by steps", {s: evaluate(200, steps=s) for s in range(1, 7)})
    print("with one latent's input zeroed", [evaluate(200, zeroed=k) for k in range(NL)])


if __name__ == "__main__":
    main()
