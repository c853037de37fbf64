"""The machine's ceilings as PyTorch reaches them:    python ceilings_torch.py [DEVICE] [TF32]"""
import sys
import torch, torch.nn.functional as F
from serve import Timer, serve

device, tf32 = (sys.argv[1:] + ["cpu", ""])[:2]
torch.backends.cuda.matmul.allow_tf32 = tf32 == "tf32"
torch.set_grad_enabled(False)
torch.ones(1, device=device)  # no such device: it does not start, and the harness says why


def product(rows, inner, outer, repeat):
    """`repeat` products over as many different matrices as do not fit a cache, as a model's layers are."""
    x = torch.ones(rows, inner, device=device)
    weights = [torch.full((outer, inner), 0.01, device=device) for _ in range(weights_of(inner, outer))]
    F.linear(x, weights[0])
    with Timer() as timer:
        for i in range(repeat): F.linear(x, weights[i % len(weights)])
    return dict(seconds=timer.seconds / repeat)


def weights_of(inner, outer):
    return max(1, min(16, 2**28 // (inner * outer * 4)))


def read(bytes, repeat):
    x = torch.ones(bytes // 4, device=device)
    x.sum()
    with Timer() as timer:
        for _ in range(repeat): x.sum()
    return dict(seconds=timer.seconds / repeat)


def about():
    return dict(cuda=torch.cuda.is_available(), name=torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none")


serve(f"torch {torch.__version__}, {torch.get_num_threads()} threads", product=product, read=read, about=about)
