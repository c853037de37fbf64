import { CodiModel, tf } from "/work/main/src/index.js";
const [dir, base, mode] = process.argv.slice(2);
const t0 = performance.now();
const model = await CodiModel.load(dir!, { ...(base && base !== "-" ? { base } : {}), onNotice: (n) => console.log("notice:", n) });
const t1 = performance.now();
console.log("load s", ((t1 - t0) / 1000).toFixed(2), "peak MB", (process.resourceUsage().maxRSS / 1024).toFixed(0), "tensors", tf.memory().numTensors, (tf.memory().numBytes / 2 ** 20).toFixed(0));
if (mode === "run") {
  const q = "a".repeat(62);
  const r = await model.run(q, { maxNewTokens: 8 });
  console.log(r.answer.ids, r.promptIds.length, "run s", ((performance.now() - t1) / 1000).toFixed(2), "peak MB", (process.resourceUsage().maxRSS / 1024).toFixed(0));
}
if (mode === "hash") { const t = performance.now(); console.log(await model.hashes(), ((performance.now() - t) / 1000).toFixed(2)); }
