"""tables/tidy.parquet computed once more from records.jsonl, with none of CodiLens's code, and compared row by row.

Usage: tidy.py RUN. Prints how many rows of each measure are the same, as JSON; ends with 1 at the first that is not.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import pandas as pd

run = Path(sys.argv[1])
KEYS = ["study", "condition", "problem", "measure", "layer", "head", "position", "component", "target"]


def numbers_below(value, places=()):
    """(places in lists, number) of every number below a kept value; texts are none."""
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from numbers_below(each, (*places, place))
    elif not isinstance(value, str):
        yield places, value


def rows_of(record):
    """(measure, layer, head, position, component, target, value) of every number of a record."""
    answer, measures = record.get("answer"), record.get("measures")
    if answer:
        yield "correct", None, None, None, None, None, int(answer["correct"])
        if "careful" in answer:
            yield "correct_careful", None, None, None, None, None, int(answer["careful"]["correct"])
        if type(answer["predicted"]) in (int, float):
            yield "answer", None, None, None, None, None, answer["predicted"]
        yield "answer_tokens", None, None, None, None, None, len(answer["tokens"])
        right = baselines[record["problem"]["id"]]
        if record["study"] != "baseline":
            if right:
                yield "broken", None, None, None, None, None, int(not answer["correct"])
            else:
                yield "mended", None, None, None, None, None, int(answer["correct"])
        for name, field in [
            ("log_prob", "expectedLogProb"),
            ("delta_log_prob", "deltaExpectedLogProb"),
            ("kl", "klAtNumber"),
            ("kl_first_token", "klAtFirst"),
            ("margin", "marginAtNumber"),
        ]:
            if measures.get(field) is not None:
                yield name, None, None, None, None, None, measures[field]
        for layer, value in (measures["attentionL2"] or {}).items():
            yield "attention_l2", int(layer[6:]), None, None, None, None, value
    for key, layer in record.get("attention", {}).items():
        for name in ("eot", "number"):
            if layer[name] is None:
                continue
            for head, row in enumerate([layer[name]["headMean"], *layer[name]["heads"]]):
                for k, value in enumerate(row):
                    yield f"attention_{name}", int(key[6:]), None if head == 0 else head - 1, f"latent.{k}", None, None, value
        flow = layer.get("flow")
        if flow:
            for head, row in enumerate(flow["valueNorms"]):
                for k, value in enumerate(row):
                    yield "value_norm", int(key[6:]), head, f"latent.{k}", None, None, value
            for name in ("eot", "number"):
                for k, value in enumerate(flow[name] or []):
                    yield f"carried_{name}", int(key[6:]), None, f"latent.{k}", None, None, value
    for key, row in record.get("rollout", {}).items():
        for k, value in enumerate(row):
            yield "rollout_eot", int(key[6:]), None, f"latent.{k}", None, None, value
    lens = record.get("layerLens")
    if lens:
        for step, found in enumerate(lens["steps"], 1):
            for field, name in (("ranks", "lens_rank"), ("logProbs", "lens_log_prob")):
                for layer, row in zip(lens["layers"], found[field] if found else []):
                    for position, value in zip(lens["positions"], row):
                        yield name, None if layer == "embed" else int(layer), None, position, None, f"step {step}", value
    residual = record.get("residual")
    if residual:
        names = [(None, None, "embedding")]
        for layer in range(residual["layers"]):
            names += [(layer, head, "head") for head in range(residual["heads"])] + [(layer, None, "mlp")]
        names += [(None, None, "biases"), (None, None, "all")]
        number = residual["number"] or {}
        lists = [(t, number[f]) for t, f in [("answer", "answer"), ("next number", "alternative"), ("random number", "control")] if number]
        lists += [(f"latent.{k}", row) for k, row in enumerate(residual["inputs"])]
        lists += [(f"latent.{k} of another problem", row) for k, row in enumerate(residual["others"] or [])]
        for target, row in lists:
            assert len(row) == len(names), (target, len(row), len(names))
            for (layer, head, component), value in zip(names, row):
                yield "contribution", layer, head, None, component, target, value
    for k, value in enumerate(record.get("latentChange", [])):
        if value is not None:
            yield "latent_change", None, None, f"latent.{k}", None, None, value
    for layer, value in enumerate(record.get("cutAttention", [])):
        yield "attention_cut", layer, None, None, None, None, value
    if record["status"] == "patched" and record["map"] is not None:
        unpatched = record["pair"]["differences"]
        base, source = unpatched["clean"], unpatched["counterfactual"]
        factors = record["condition"]["factors"]
        # Maps that gradients predict have effects alone.
        guess = {"gradient": "predicted_effect", "integrated": "integrated_effect"}.get(factors.get("by"))
        if factors.get("direction") == "denoising":
            base, source = source, base
        predicted = record.get("kept", {}).get("patching", {}).get("predicted")
        for line, (row, differences, numbers) in enumerate(zip(record["map"]["rows"], record["map"]["differences"], record["map"]["numbers"])):
            name, _, place = row.partition(" at ")
            head = int(name[5:]) if name.startswith("head ") else None
            site = row if row in ("resid", "attn", "mlp", "head") else None
            position = (place or None) if head is not None else row if site is None else None
            for cell, (column, difference, number) in enumerate(zip(record["map"]["columns"], differences, numbers or [None] * len(differences))):
                at = (int(column.split("–")[0]), head, position, site, f"blocks {column}")
                if predicted is not None:
                    yield "predicted_effect", *at, (predicted[line][cell] - base) / (source - base)
                yield guess or "patch_effect", *at, (difference - base) / (source - base)
                if guess is None:
                    yield "patch_logit_difference", *at, difference
                    if number is not None:
                        yield "patch_answer", *at, number
    for study, kept in record.get("kept", {}).items():
        for name, value in kept.items():
            for places, each in numbers_below(value):
                yield f"kept.{study}.{name}", None, None, None, ".".join(map(str, places)) or None, None, float(each)


records = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
baselines = {r["problem"]["id"]: r["answer"]["correct"] for r in records if r["study"] == "baseline"}
problems = {r["problem"]["id"]: r["problem"] for r in records}
factors = {r["condition"]["name"]: r["condition"].get("factors") or None for r in records}

wanted = {}
for record in records:
    for measure, layer, head, position, component, target, value in rows_of(record):
        key = (record["study"], record["condition"]["name"], record["problem"]["id"], measure, layer, head, position, component, target)
        assert key not in wanted, key
        wanted[key] = value

tidy = pd.read_parquet(run / "tables" / "tidy.parquet", dtype_backend="pyarrow")
found = {}
for row in tidy.itertuples(index=False):
    cells = {name: None if pd.isna(cell) else cell for name, cell in row._asdict().items() if name != "index"}
    key = tuple(cells[name] for name in KEYS)
    assert key not in found, f"twice: {key}"
    found[key] = cells["value"]
    problem = problems[cells["problem"]]
    assert cells["difficulty"] == problem["difficulty"], key
    assert (json.loads(cells["factors"]) if cells["factors"] else None) == factors[cells["condition"]], key
assert list(tidy["index"]) == [problems[p]["index"] for p in tidy["problem"]]

for key in wanted.keys() | found.keys():
    if wanted.get(key) is None or found.get(key) is None or abs(wanted[key] - found[key]) > 1e-12 * max(1, abs(wanted[key])):
        sys.exit(f"{key}: {wanted.get(key)} in the records, {found.get(key)} in the table")
print(json.dumps(Counter(key[3] for key in found)))
