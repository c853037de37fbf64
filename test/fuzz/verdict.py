"""The reference libraries' verdict on files, for test/fuzz: reads batches on stdin, writes one answer a file on stdout.

Batch: u32 count, then for each file: one letter (the reader), u32 length, the bytes. Answer: u8 (1 accepted, 0 refused), u32 length, payload
(accepted: what was read, in a form that both sides write alike; refused: the reason). All numbers little-endian.
    s  safetensors   t  torch.load(weights_only=True)   c  a checkpoint with a changed JSON file, see verdict_config.py   k  versions
"""
import hashlib, io, os, pickle, pickletools, struct, sys, tempfile, warnings, zipfile
import safetensors

SCRATCH = os.path.join(tempfile.mkdtemp(prefix="codilens-fuzz-"), "file")


def safetensors_file(data):
    """Both of its readers must agree; the answer is a digest of names, types, shapes, bytes and metadata."""
    tensors = {name: t for name, t in safetensors.deserialize(data)}
    with open(SCRATCH, "wb") as f: f.write(data)
    with safetensors.safe_open(SCRATCH, framework="np") as f:
        assert set(f.keys()) == set(tensors), "two readings"
        metadata = f.metadata() or {}
    digest = hashlib.sha256()
    for name in sorted(tensors):
        t = tensors[name]
        digest.update("\0".join([name, t["dtype"], ",".join(map(str, t["shape"])), str(len(t["data"])), ""]).encode() + bytes(t["data"]))
    digest.update(b"\1metadata")
    for key in sorted(metadata): digest.update(f"{key}\0{metadata[key]}\0".encode())
    return digest.digest()[:8]


DTYPES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
WEIGHTS = ("F32", "F16", "BF16")
# Larger ones (views of few bytes that repeat) are compared by shape only.
MOST_ELEMENTS = 1_000_000
# FRAME, SHORT_BINUNICODE, STACK_GLOBAL, MEMOIZE: what torch.save(pickle_protocol=4) writes and the restricted unpickler does not know.
NEWER = {149, 140, 147, 148}
NAMES = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter")}


class Restricted(pickle.Unpickler):
    """CPython's own machine with the few names of a state dict, for protocols 4 and 5."""
    def find_class(self, module, name):
        if (module, name) not in NAMES: raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


class RestrictedPickle:
    Unpickler, load, loads = Restricted, None, None
    UnpicklingError = pickle.UnpicklingError


def torch_file(data):
    """First byte: w (read by weights_only), c (by CPython's machine, where weights_only lacks an operation), o (read, but no state dict of plain tensors).
    Then the digest of names, types, shapes and bytes, then the features of the file, which say why we may refuse it."""
    import torch
    warnings.simplefilter("ignore")
    try: kind, value = b"w", torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not any(f"Unsupported operand {code}" in str(error).split("\n")[-1] + str(error) for code in NEWER): raise
        kind, value = b"c", torch.load(io.BytesIO(data), map_location="cpu", weights_only=False, pickle_module=RestrictedPickle)
    digest = state_digest(torch, value)
    return (b"o" if digest is None else kind) + (digest or bytes(8)) + ";".join(features(data)).encode(errors="replace")


def state_digest(torch, value):
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in value.items()): return None
    digest = hashlib.sha256()
    for name in sorted(value, key=lambda k: k.encode("utf-8", "surrogatepass")):
        t = value[name].detach()
        dtype = DTYPES.get(str(t.dtype).split(".")[-1])
        if dtype is None or t.layout != torch.strided or t.is_quantized or t.device.type != "cpu": return None
        digest.update("\0".join([name, dtype, ",".join(map(str, t.shape)), ""]).encode("utf-8", "surrogatepass"))
        if dtype in WEIGHTS and 0 < t.numel() <= MOST_ELEMENTS:
            plain = torch.empty(t.numel(), dtype=t.dtype).copy_(t.resolve_neg().flatten())
            digest.update(plain.view(torch.uint8).numpy().tobytes())
    return digest.digest()[:8]


def features(data):
    """What the file is like, by Python's own zipfile and pickletools."""
    found = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            infos = z.infolist()
            names = [i.filename for i in infos]
            if len(set(names)) < len(names): found.add("entry twice")
            if z.comment: found.add("comment")
            for i in infos:
                if i.compress_type: found.add("compressed")
                if i.flag_bits & 0x2041: found.add("encrypted")
            pickles = [n for n in names if n.endswith("/data.pkl")]
            for i in infos:
                try: z.read(i)
                except Exception as error: found.add("zipfile cannot read an entry")
            stream = io.BytesIO(z.read(pickles[0]))
    except Exception as error:
        return sorted(found | {"zipfile refuses"})
    try:
        for op, arg, _ in pickletools.genops(stream):
            found.add(f"op {ord(op.code):02x}")
            if op.name == "GLOBAL": found.add("name " + str(arg))
            if op.name == "LONG1" and abs(arg) >= 2 ** 53: found.add("large number")
        if stream.read(1): found.add("bytes after the pickle")
    except Exception: found.add("pickletools refuses")
    return sorted(found)


def config_case(data):
    from verdict_config import verdict
    return verdict(data)


def versions(_):
    import importlib.metadata as m
    found = []
    for package in ("safetensors", "torch", "transformers", "tokenizers", "peft"):
        try: found.append(f"{package} {m.version(package)}")
        except m.PackageNotFoundError: pass
    return ", ".join(found).encode()


READERS = {b"s": safetensors_file, b"t": torch_file, b"c": config_case, b"k": versions}


def answer(reader, data):
    try: return 1, READERS[reader](data)
    # A panic of the library is no Exception of Python's.
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)): raise
        return 0, f"{type(error).__name__}: {error}".encode(errors="replace")[:2000]


def main():
    # What a library prints, its Rust part too, must not come between the answers.
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while len(head := source.read(4)) == 4:
        batch = []
        for _ in range(struct.unpack("<I", head)[0]):
            reader, length = struct.unpack("<cI", source.read(5))
            batch.append((reader, source.read(length)))
        answers = [answer(*each) for each in batch]
        out.write(b"".join(struct.pack("<BI", ok, len(payload)) + payload for ok, payload in answers))
        out.flush()


if __name__ == "__main__":
    try: main()
    finally:
        if "verdict_config" in sys.modules: sys.modules["verdict_config"].close()
        if os.path.exists(SCRATCH): os.remove(SCRATCH)
        os.rmdir(os.path.dirname(SCRATCH))
