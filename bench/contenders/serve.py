"""One contender a process: a request a line on stdin, a reply a line on stdout (see ../protocol.mts). What libraries print goes to stderr."""
import json, os, resource, sys, time, traceback

OUT = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def serve(version, **operations):
    """operations: name → function of the request's fields, returning a dict."""
    OUT.write(json.dumps(dict(ready=True, version=version)) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = operations[request.pop("op")](**request)
        except Exception as error:  # the harness says which contender failed at what, and goes on without it
            traceback.print_exc()
            reply = dict(error=f"{type(error).__name__}: {str(error)[:300]}")
        OUT.write(json.dumps({"peakBytes": peak_bytes(), **reply}) + "\n")


class Timer:
    """Seconds of a `with` block, a GPU's queue included."""

    def __enter__(self):
        settle()
        self.begin = time.perf_counter()
        return self

    def __exit__(self, *_):
        settle()
        self.seconds = time.perf_counter() - self.begin


def settle():
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available(): torch.cuda.synchronize()
