"""Which CUDA libraries does TensorFlow's own library find? Needs no GPU: it is asked to open each by name, as it does on a machine with one.

The loader then looks along the RUNPATH of that library, so the answer is the one that a user's machine gives. By hand, over a build that
`npm run setup -- --gpu --force` made:

    env -i PATH="$PATH" python3 test/setup/cuda-libraries.py FOLDER scripts/setup/engine-lock.json

FOLDER is the one below the cache's `engine`. Ends with 1 where a name is not found, or where TensorFlow itself says that it lacks one.
"""

import ctypes
import json
import os
import sys

folder, lock = sys.argv[1:]
pins = json.load(open(lock))["platforms"]["linux-x64"]["gpu"]["nvidia"]
names = [name for pin in pins for name in pin.get("libraries", [])]
library = ctypes.CDLL(os.path.join(folder, "tensorflow", "libtensorflow_framework.so.2"), mode=os.RTLD_NOW | os.RTLD_GLOBAL)
OK = 1  # absl::Status of success, in its one word


def succeeded(symbol, *arguments):
    """A function that returns absl::Status, which goes through a hidden first argument."""
    status = (ctypes.c_uint64 * 2)()
    function = getattr(library, symbol)
    function.restype = None
    function(ctypes.byref(status), *arguments)
    return status[0] == OK


# tsl::internal::LoadDynamicLibrary(const char*, void**): what opens each library when a device is first asked for.
OPEN = "_ZN3tsl8internal18LoadDynamicLibraryEPKcPPv"
missing = [name for name in names if not succeeded(OPEN, name.encode(), ctypes.byref(ctypes.c_void_p()))]


def lacks_driver(name):
    """A library that is found and needs the driver's own, which a machine without a GPU lacks."""
    try:
        ctypes.CDLL(os.path.join(folder, "nvidia", "cuda_runtime", "lib", name))
    except OSError as error:
        return str(error).startswith("libcuda.so.1:")
    return False


driver = [name for name in missing if lacks_driver(name)]
missing = [name for name in missing if name not in driver]
# tsl::internal::DsoLoader::TryDlopenCUDALibraries(): those without which it registers no GPU.
complete = succeeded("_ZN3tsl8internal9DsoLoader22TryDlopenCUDALibrariesEv")
print(json.dumps({"asked": len(names), "missing": missing, "driver": driver, "complete": complete}))
sys.exit(1 if missing or not complete or not names else 0)
