/** From records to summary, figures and report. */
// @needs build, browser, poppler, time

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeRun, loadRun } from "../../src/analysis/index.js";
import { csv } from "../../src/analysis/write.js";
import { openBrowser } from "../support/browser.js";
import { madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const wave = (problem: number, latent: number, layer: number): number =>
  0.05 + 0.04 * Math.sin(problem * 1.7 + latent * 2.3 + layer);
const normal = {
  problems: 40,
  broken: (p: number, k: number): boolean => (p * 7 + k * 3) % (5 + k) === 0,
  attention: wave,
};

describe("analyzeRun()", () => {
  test("says of made records what they hold", async () => {
    const summary = await analyzeRun(madeFolder(madeRecords({ ...normal, broken: (_, k) => k === 2 })));
    expect(summary.latents.map(({ broken }) => broken.count)).toEqual([0, 0, 40, 0, 0, 0]);
    expect(summary.latents[2]?.mcnemar).toEqual({ kind: "value", p: expect.closeTo(2 ** -39, 15) });
    expect(summary.latents[0]?.deltaLogProb).toMatchObject({ value: -0.5, low: -0.5, high: -0.5 });
    expect(summary.baseline).toMatchObject({ n: 40, correct: 40 });
    // Importance depends on the position alone, so nothing is left within a position.
    expect(summary.correlations[0]?.withinPosition).toEqual({ kind: "undefined", reason: "importance is constant" });
  });

  test("every test of a run stands in a declared family, and attention that decides is found by all of them", async () => {
    // The latent that gets most of a problem's attention at layer 8 breaks, whichever it is; now and then another one does.
    const strongest = (p: number): number => (p * 5 + (p >> 2)) % 6;
    const dir = madeFolder(
      madeRecords({
        problems: 60,
        broken: (p, k) => k === (p % 4 === 0 ? (strongest(p) + 1) % 6 : strongest(p)),
        attention: (p, k, layer) =>
          (layer === 8 && k === strongest(p) ? 0.3 : 0.1) + 0.01 * Math.sin(p * 7 + k * 3 + layer),
      }),
    );
    const { schema, families, correlations, latents } = await analyzeRun(dir);
    expect(schema).toBe(2);
    expect(families.map(({ name, tests }) => [name, tests])).toEqual([
      ["importance", { planned: 6, all: 6 }],
      ["attention", { planned: 3, all: 12 }],
    ]);
    const found = families[1]?.hypotheses
      .filter(({ holm }) => holm.kind === "value" && holm.p < 0.05)
      .map(({ id }) => id);
    const tests = ["odds ratio", "r within position", "r within problem", "two-way r"];
    expect(found?.sort()).toEqual(tests.map((test) => `layer 8: ${test}`));
    expect(correlations[1]?.oddsRatio).toMatchObject({ kind: "value" });
    expect(latents[0]?.riskDifference).toMatchObject({ kind: "value", n: 60 });
    expect(
      readFileSync(join(dir, "tables", "tests.csv"), "utf8")
        .trim()
        .split("\r\n"),
    ).toHaveLength(19);
  });

  test("what a killed analysis left half written is removed, a living one's stays, and neither is listed as a result", async () => {
    const dir = madeFolder(madeRecords({ ...normal, problems: 4 }));
    await analyzeRun(dir);
    const listed = readFileSync(join(dir, "SHA256SUMS"), "utf8");
    // No process has the first number: it is above what the kernel gives out.
    const [dead, living] = [2 ** 22 + 1, process.ppid].map((pid) => `figures/3_attention_vs_importance.png.${pid}.tmp`);
    for (const name of [dead, living]) writeFileSync(join(dir, name ?? ""), "");
    await analyzeRun(dir);
    expect([dead, living].map((name) => existsSync(join(dir, name ?? "")))).toEqual([false, true]);
    expect(readFileSync(join(dir, "SHA256SUMS"), "utf8")).toBe(listed);
  });

  test("with two problems no correlation over rows is given out as if rows were problems", async () => {
    const [layer] = (await analyzeRun(madeFolder(madeRecords({ ...normal, problems: 2 })))).correlations;
    const few = { kind: "undefined", reason: "2 problems, at least 3 are needed" };
    expect([layer?.pooled, layer?.withinProblem]).toEqual([few, few]);
  });

  test("gives the same bytes again, in any time zone and locale", async () => {
    const digest = (dir: string): string =>
      createHash("sha256")
        .update(readFileSync(join(dir, "SHA256SUMS")))
        .digest("hex");
    const dir = madeFolder(madeRecords(normal));
    await analyzeRun(dir);
    const first = digest(dir);
    for (const env of [
      { TZ: "Asia/Kathmandu", LC_ALL: "C", LANG: "C" },
      { TZ: "UTC", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
    ]) {
      const again = spawnSync(process.execPath, ["scripts/codilens.mjs", "analyze", dir], {
        encoding: "utf8",
        env: { ...process.env, ...env },
      });
      expect(again.stderr).toBe("");
      expect(digest(dir)).toBe(first);
    }
  });

  test("loads no TensorFlow", () => {
    const dir = madeFolder(madeRecords({ ...normal, problems: 4 }));
    const script = `await (await import("./dist/analysis/index.js")).analyzeRun(${JSON.stringify(dir)}); const { createRequire } = await import("node:module"); const cache = Object.keys(createRequire(import.meta.url).cache ?? {}); console.log(JSON.stringify(cache.filter((f) => f.includes("@tensorflow"))), globalThis._tfengine === undefined);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect([stdout.trim(), stderr]).toEqual(["[] true", ""]);
  });

  test.each([
    ["fewer than three problems", { ...normal, problems: 2 }],
    ["constant importance", { ...normal, broken: () => true }],
    ["all baselines wrong", { ...normal, baselineCorrect: () => false }],
    ["constant attention", { ...normal, attention: () => 0.1 }],
  ])("%s: no NaN, no p of 0, a reason in words everywhere", async (_, run) => {
    const dir = madeFolder(madeRecords(run));
    await analyzeRun(dir);
    const texts = [
      "summary.json",
      "summary_statistics.json",
      "report.html",
      "tables/correlations.csv",
      "figures/4_correlation_by_position.svg",
    ].map((name) => readFileSync(join(dir, name), "utf8"));
    for (const text of texts) expect(text).not.toMatch(/\bNaN\b|Infinity|"p": 0[,\s}]/);
    expect(texts[0]).toMatch(/"kind": "undefined",\s+"reason": "\w/);
    expect(texts[2]).toContain("not defined (");
  });

  test("the original study's two files alone give the same original statistics", async () => {
    const dir = madeFolder(madeRecords(normal));
    const summary = await analyzeRun(dir);
    const only = temporaryFolder("codilens-original-");
    for (const name of ["token_ablation_results_40.json", "attention_weights_40.json"])
      writeFileSync(join(only, name), readFileSync(join(dir, name)));
    const again = await analyzeRun(only);
    expect(again.original).toEqual(summary.original);
    expect(again.protocolNote).toMatch(/flaws/);
    expect(readdirSync(join(only, "figures"))).toHaveLength(16);
  });

  test("a damaged line is refused by number, a torn last line is left out and said", () => {
    const dir = madeFolder(madeRecords({ ...normal, problems: 2 }));
    const file = join(dir, "records.jsonl");
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.slice(0, -20));
    expect(loadRun(dir).notices[0]).toMatch(/torn/);
    writeFileSync(file, whole.replace('"problem":{"id":"p0","index":0', '"problem":{"id":"p9","index":0'));
    expect(() => loadRun(dir)).toThrow(/line 1 is damaged: its checksum/);
    writeFileSync(file, whole.replaceAll('"schema":1', '"schema":2'));
    expect(() => loadRun(dir)).toThrow(/line 1/);
  });
});

describe("figures", () => {
  test.skipIf(isWithout("poppler"))(
    "the PDF holds vectors and embedded fonts, no raster; the PNG has at least 200 dots an inch",
    async () => {
      const dir = madeFolder(madeRecords(normal));
      await analyzeRun(dir);
      for (const name of readdirSync(join(dir, "figures")).filter((each) => each.endsWith(".pdf"))) {
        const path = join(dir, "figures", name);
        const fonts = spawnSync("pdffonts", [path], { encoding: "utf8" });
        expect(fonts.stdout).toMatch(/DejaVuSans.*\byes\s+yes\s+yes/);
        expect(spawnSync("pdfimages", ["-list", path], { encoding: "utf8" }).stdout.trim().split("\n")).toHaveLength(2);
        const [, width = "0"] =
          /Page size:\s+([\d.]+)/.exec(spawnSync("pdfinfo", [path], { encoding: "utf8" }).stdout) ?? [];
        const png = readFileSync(path.replace(/pdf$/, "png"));
        expect(png.readUInt32BE(16) / (Number(width) / 72)).toBeGreaterThan(200);
      }
    },
  );
});

describe("report.html", () => {
  test.skipIf(isWithout("browser"))(
    "opens in Chromium without an error, a warning or a request, at two widths, with hostile text shown as text",
    async () => {
      const hostile = `</script><script>document.title="owned"</script><img src=x onerror="document.title='owned'"> \u202Eevil\u202C "quoted" =cmd|' /C calc'!A0 \u001b[31mred`;
      const dir = madeFolder(madeRecords({ ...normal, question: () => hostile }), "rün 1 😀");
      await analyzeRun(dir);
      const browser = await openBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
        const heard: string[] = [];
        page.on("console", (message) => heard.push(message.text()));
        page.on("pageerror", (error) => heard.push(String(error)));
        page.on("request", (request) => request.url().startsWith("file:") || heard.push(request.url()));
        await page.goto(`file://${encodeURI(join(dir, "report.html"))}`);
        // All of it is laid out, what is folded too.
        await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
        expect(await page.locator("details p.q").first().isVisible()).toBe(true);
        expect(await page.locator("details p.q").first().textContent()).toContain(
          '</script><script>document.title="owned"</script>',
        );
        expect(await page.title()).toBe("CodiLens: importance of latents in made");
        expect(await page.locator("figure svg").count()).toBe(4);
        // Ten problems, each folded with its question.
        expect(await page.locator("details:has(> p.q)").count()).toBe(10);
        for (const width of [1280, 400]) {
          await page.setViewportSize({ width, height: 800 });
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        }
        expect(heard).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  test("text that a spreadsheet would run gets a quote in front", () => {
    expect(csv(["a"], [["=cmd"], ["+1"], ["-1"], ["@x"], ['say "hi", you']])).toBe(
      'a\r\n\'=cmd\r\n\'+1\r\n\'-1\r\n\'@x\r\n"say ""hi"", you"\r\n',
    );
  });
});
