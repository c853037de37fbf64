"""Writes a trained state as a folder that transformers loads, and asks transformers the held-out problems of tiny-codi: float32, batch 1.

    python export.py STATE.pt ..
"""

import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

import train
from train import BOT, CODI, EOS, EOT, NL, codi

torch.set_num_threads(1)
# As in tiny-codi's own references.
ZEROED_BLOCK = 8
MOST_NEW = 12


def write_model(state, folder):
    kept = torch.load(state, weights_only=False)
    tensors = {"model." + name: value for name, value in kept["m"].items()}
    tensors["pause_embedding"] = kept["pause"]["pause_embedding"]
    os.makedirs(folder, exist_ok=True)
    tensors = {name: value.detach().clone().contiguous().float() for name, value in tensors.items()}
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    shutil.copy(os.path.join(CODI, "config.json"), folder)
    shutil.copy(os.path.join(CODI, "tokenizer.json"), folder)
    settings = dict(num_latents=NL, protocol="codi-pause", remove_eos=True, pad_token_id=2, bot_token_id=BOT, eot_token_id=EOT)
    with open(os.path.join(folder, "codi.json"), "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=1)
    return kept["done"]


def read_model(folder):
    tensors = load_file(os.path.join(folder, "model.safetensors"))
    pause = tensors.pop("pause_embedding")
    model = LlamaForCausalLM(LlamaConfig.from_json_file(os.path.join(folder, "config.json"))).float().eval()
    found = model.load_state_dict(tensors, strict=False)
    assert set(found.missing_keys) <= {"lm_head.weight"} and not found.unexpected_keys, found
    model.tie_weights()
    return model, pause


@torch.no_grad()
def ask(model, pause, question, zeroed=None):
    """Ids of the answer, and the head's first choice at BOT and at each latent. zeroed: a latent at which the block's output is zero."""
    out = model(torch.tensor([[codi["BOS"]] + codi["enc"](question) + [BOT]]), use_cache=True)
    choices = [int(out.logits[0, -1].argmax())]
    for k in range(NL):
        handle = None
        if zeroed == k:
            handle = model.model.layers[ZEROED_BLOCK].register_forward_hook(
                lambda module, given, found: torch.zeros_like(found) if torch.is_tensor(found) else (torch.zeros_like(found[0]), *found[1:])
            )
        out = model(inputs_embeds=pause.view(1, 1, -1), past_key_values=out.past_key_values, use_cache=True)
        if handle:
            handle.remove()
        choices.append(int(out.logits[0, -1].argmax()))
    out = model(torch.tensor([[EOT]]), past_key_values=out.past_key_values, use_cache=True)
    answer = []
    while len(answer) < MOST_NEW:
        answer.append(int(out.logits[0, -1].argmax()))
        if answer[-1] == EOS:
            break
        out = model(torch.tensor([answer[-1:]]), past_key_values=out.past_key_values, use_cache=True)
    return answer, choices


def main(state, folder):
    done = write_model(state, folder)
    model, pause = read_model(folder)
    tok = codi["tok"]
    text = lambda ids: tok.decode(ids, skip_special_tokens=True)
    said = lambda ids: text(ids).split(":")[-1].strip()
    rows, right, broken, named = [], {}, [0] * NL, [0] * (NL + 1)
    with open(os.path.join(CODI, "problems_100.jsonl"), encoding="utf-8") as file:
        problems = [json.loads(line) for line in file]
    for problem in problems:
        gold = problem["answer"].split("####")[-1].strip()
        ids, choices = ask(model, pause, problem["question"])
        is_right = said(ids) == gold
        right.setdefault(problem["difficulty"], []).append(is_right)
        zeroed = [ask(model, pause, problem["question"], k)[0] for k in range(NL)]
        for k, each in enumerate(zeroed):
            broken[k] += is_right and said(each) != gold
        steps = [line.split("=")[1].split(">>")[0] for line in problem["answer"].split("\n") if "=" in line]
        texts = [tok.decode([one]) for one in choices]
        for k, name in enumerate(texts):
            named[k] += name == steps[min(k, len(steps) - 1)]
        reference = dict(answer_ids=ids, answer_text=text(ids), lens=texts, **{f"zeroed_layer{ZEROED_BLOCK}": zeroed})
        rows.append({**{key: problem[key] for key in ("id", "question", "answer", "difficulty")}, "reference": reference})
    with open(os.path.join(folder, "problems_100.jsonl"), "w", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(row) for row in rows) + "\n")
    print("steps of training", done, "of", train.TEACHER_STEPS + train.JOINT_STEPS)
    print("right", {level: sum(each) for level, each in right.items()}, "of 25 each")
    print(f"broken with block {ZEROED_BLOCK} zeroed at each latent", broken)
    print("names the planted value at BOT and latents", named)


if __name__ == "__main__":
    main(*sys.argv[1:])
