"""The reference libraries' verdict on files, for test/fuzz: reads batches on stdin, writes one answer a file on stdout.

Batch: u32 count, then for each file: one letter (the reader), u32 length, the bytes. Answer: u8 (1 accepted, 0 refused), u32 length, payload
(accepted: what was read, in a form that both sides write alike; refused: the reason). All numbers little-endian.
    s  safetensors   t  torch.load(weights_only=True)   c  a checkpoint folder run by transformers   k  versions
"""
import hashlib, os, struct, sys, tempfile
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


def versions(_):
    return f"safetensors {safetensors.__version__}".encode()


READERS = {b"s": safetensors_file, b"k": versions}


def answer(reader, data):
    try: return 1, READERS[reader](data)
    # A panic of the library is no Exception of Python's.
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)): raise
        return 0, f"{type(error).__name__}: {error}".encode(errors="replace")[:2000]


def main():
    source, out = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not come between the answers.
    sys.stdout = sys.stderr
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
        if os.path.exists(SCRATCH): os.remove(SCRATCH)
        os.rmdir(os.path.dirname(SCRATCH))
