#!/bin/sh
# Measures every GPU engine of a bare Linux machine, beside its PyTorch where it has one. Two ways to call it:
#     bench/device.sh --pack DIR     in the repository: makes the folder that is carried to the machine (at most 60 MB)
#     DIR/device.sh [options]        there: no network, no Node and no package is needed
#   --out DIR        where gpu.json and RESULTS.md go (default: results beside the script)
#   --work DIR       where the code and a random model of LLaMA-3.2-1B's shape are put (5 GB; default: a temporary folder, removed at the end)
#   --python PYTHON  interpreter that has torch, transformers, safetensors and tokenizers (default python3)
#   --seconds N      ends after about so long, with what was measured by then (default 570)
#   --rounds N       interleaved rounds (default 3)
#   --tiny           tiny shapes: shows that everything runs, and nothing else
# CUDA is measured where CODILENS_CACHE names a cache with the CUDA build (npm run setup -- --gpu on a machine with a network).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = --pack ]; then
  cd "$here/.."
  exec node --import tsx bench/device/pack.mts "${2:-}"
fi

out=$here/results work= python=python3 seconds=570 rounds=3 tiny=
usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }
fail() { echo "device.sh: $1" >&2; echo "  → $2" >&2; exit "$3"; }
while [ $# -gt 0 ]; do
  case $1 in
    --tiny) tiny=--quick; shift; continue ;;
    --help) usage; exit 0 ;;
    --out | --work | --python | --seconds | --rounds)
      [ $# -ge 2 ] || fail "$1 has no value" "see $0 --help" 2 ;;
    *) fail "there is no option $1" "see $0 --help" 2 ;;
  esac
  case $1 in
    --out) out=$2 ;;
    --work) work=$2 ;;
    --python) python=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
  esac
  shift 2
done
[ -f "$here/code.tar.gz" ] || fail "beside this script lies no code.tar.gz" "make the folder by bench/device.sh --pack DIR, or measure here by npm run bench -- --only gpu" 2
case $seconds in '' | *[!0-9]*) fail "--seconds is \"$seconds\", wanted a whole number" "correct it" 2 ;; esac

start=$(date +%s)
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
fi
mkdir -p "$out" "$work"
out=$(cd "$out" && pwd) work=$(cd "$work" && pwd)
node=$work/node
gzip -dc "$here/node.gz" > "$node" && chmod +x "$node"
tar xzf "$here/code.tar.gz" -C "$work"

# Libraries that a bare machine may lack; its own ones go first.
if ! "$node" --version > "$work/node.txt" 2>&1; then
  LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$work/code/lib/node
  export LD_LIBRARY_PATH
  "$node" --version > "$work/node.txt" 2>&1 || fail "Node does not start here: $(tail -n 1 "$work/node.txt")" "it needs Linux $(uname -m) with glibc 2.28 or newer" 5
fi
libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2> /dev/null || true)
case $libraries in
  *libvulkan.so.1*) ;;
  *) LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$work/code/lib/vulkan; export LD_LIBRARY_PATH ;;
esac
# NVIDIA's containers mount the Vulkan driver, and often not the file that names it.
if [ -z "${VK_DRIVER_FILES:-}" ] && ! ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json > /dev/null 2>&1; then
  case $libraries in
    *libGLX_nvidia.so.0*)
      echo '{"file_format_version":"1.0.1","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' > "$work/nvidia_icd.json"
      VK_DRIVER_FILES=$work/nvidia_icd.json; export VK_DRIVER_FILES ;;
  esac
fi

cd "$work/code"
rest=$((seconds - $(date +%s) + start))
[ "$rest" -ge 1 ] || rest=1
limit=$((rest + 20))
bounded=
# Tiny shapes end by themselves.
[ -n "$tiny" ] || ! command -v timeout > /dev/null 2>&1 || bounded="timeout $limit"
code=0
# Parts begin in the first two thirds; what then still runs is cut off at the end.
# shellcheck disable=SC2086
$bounded "$node" bench/run.mjs --only gpu $tiny --rounds "$rounds" --problems 4 --seconds $((rest * 2 / 3 + 1)) \
  --python "$python" --peers "$work/peers" --work "$work/models" --out "$work/out" || code=$?
[ -f "$work/models/gpu.json" ] && cp "$work/models/gpu.json" "$out/gpu.json"
if [ -f "$work/out/RESULTS.md" ]; then
  cp "$work/out/RESULTS.md" "$out/RESULTS.md"
elif [ -f "$out/gpu.json" ]; then
  "$node" -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).lines.join("\n") + "\n\nThe time was up here."' "$out/gpu.json" > "$out/RESULTS.md"
  code=0
else
  [ "$code" -ne 0 ] || code=1
  fail "nothing was measured" "read the lines above" "$code"
fi
sed -n '/^### gpu$/,$p' "$out/RESULTS.md" | grep . > /dev/null && sed -n '/^### gpu$/,$p' "$out/RESULTS.md" || cat "$out/RESULTS.md"
echo
echo "written: $out/gpu.json, $out/RESULTS.md ($(($(date +%s) - start)) s)"
exit "$code"
