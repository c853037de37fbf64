"""Writes a trained state as a folder that transformers loads, and asks transformers the held-out problems: float32, batch 1.

    python export.py coconut STATE.pt ..
    python export.py pause STATE.pt ../../tiny-coconut-pause
"""

import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

import train
from train import END, EOS, HERE, LATENTS, START, TOKENIZER, encode

torch.set_num_threads(1)
ZEROED_BLOCK = 3
# The first token, "### ", the number and EOS are six; a model that does not stop is cut.
MOST_NEW = 12
# Stored [out, in] by the trainer, [in, out] by GPT-2.
TURNED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")


def write_model(stage, state, folder):
    model = train.Model()
    model.load_state_dict(torch.load(state))
    tensors = {}
    for name, value in model.state_dict().items():
        value = value.T if name.endswith(TURNED) else value
        if name == "pause_embedding":
            if stage == "pause":
                tensors[name] = value
        else:
            tensors["transformer." + name] = value
    os.makedirs(folder, exist_ok=True)
    tensors = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    config = dict(
        architectures=["GPT2LMHeadModel"],
        model_type="gpt2",
        vocab_size=train.ROWS,
        n_embd=train.WIDTH,
        n_layer=train.LAYERS,
        n_head=train.HEADS,
        n_positions=train.POSITIONS,
        n_inner=None,
        activation_function="gelu_new",
        layer_norm_epsilon=1e-5,
        tie_word_embeddings=True,
        bos_token_id=EOS,
        eos_token_id=EOS,
        torch_dtype="float32",
    )
    latents = dict(protocol=stage, num_latents=LATENTS, bot_token_id=START, eot_token_id=END)
    for name, value in (("config.json", config), ("codi.json", latents)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
    tokenizer = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(tokenizer):
        shutil.copy(os.path.join(HERE, "..", "tokenizer.json"), tokenizer)


def read_model(folder):
    tensors = load_file(os.path.join(folder, "model.safetensors"))
    pause = tensors.pop("pause_embedding", None)
    model = GPT2LMHeadModel(GPT2Config.from_json_file(os.path.join(folder, "config.json"))).float().eval()
    found = model.load_state_dict(tensors, strict=False)
    assert set(found.missing_keys) <= {"lm_head.weight"} and not found.unexpected_keys, found
    model.tie_weights()
    return model, pause


@torch.no_grad()
def ask(model, pause, question, zeroed=None):
    """Ids of the answer, and the head's first choice at the start token and at each latent. zeroed: a latent at which the block's output is zero."""
    table = model.transformer.wte.weight
    out = model(torch.tensor([encode(question + "\n") + [START]]), use_cache=True, output_hidden_states=True)
    choices = [int(out.logits[0, -1].argmax())]
    for k in range(LATENTS):
        # The last of the hidden states is the one after the final norm.
        thought = out.hidden_states[-1][:, -1:] if pause is None else pause.view(1, 1, -1)
        handle = None
        if zeroed == k:
            handle = model.transformer.h[ZEROED_BLOCK].register_forward_hook(
                lambda module, given, found: torch.zeros_like(found) if torch.is_tensor(found) else (torch.zeros_like(found[0]), *found[1:])
            )
        out = model(inputs_embeds=thought, past_key_values=out.past_key_values, use_cache=True, output_hidden_states=True)
        if handle:
            handle.remove()
        choices.append(int(out.logits[0, -1].argmax()))
    out = model(torch.tensor([[END]]), past_key_values=out.past_key_values, use_cache=True)
    answer = []
    while len(answer) < MOST_NEW:
        answer.append(int(out.logits[0, -1].argmax()))
        if answer[-1] == EOS:
            break
        out = model(torch.tensor([answer[-1:]]), past_key_values=out.past_key_values, use_cache=True)
    assert torch.equal(table, model.lm_head.weight)
    return answer, choices


def read_answer(ids):
    """Coconut's own rule: what follows the last #, without commas."""
    return TOKENIZER.decode(ids, skip_special_tokens=True).split("#")[-1].replace(",", "").strip()


def main(stage, state, folder):
    write_model(stage, state, folder)
    model, pause = read_model(folder)
    rows, right, broken, named = [], {}, [0] * LATENTS, [0] * (LATENTS + 1)
    with open(os.path.join(HERE, "..", "..", "tiny-codi", "problems_100.jsonl"), encoding="utf-8") as file:
        problems = [json.loads(line) for line in file]
    for problem in problems:
        gold = problem["answer"].split("####")[-1].strip()
        ids, choices = ask(model, pause, problem["question"])
        is_right = read_answer(ids) == gold
        right.setdefault(problem["difficulty"], []).append(is_right)
        zeroed = [ask(model, pause, problem["question"], k)[0] for k in range(LATENTS)]
        for k, each in enumerate(zeroed):
            broken[k] += is_right and read_answer(each) != gold
        steps = [line.split("=")[1].split(">>")[0] for line in problem["answer"].split("\n") if "=" in line]
        texts = [TOKENIZER.decode([one]) for one in choices]
        for k, text in enumerate(texts):
            named[k] += text == steps[min(k, len(steps) - 1)]
        reference = dict(
            answer_ids=ids,
            answer_text=TOKENIZER.decode(ids, skip_special_tokens=True),
            lens=texts,
            **{f"zeroed_layer{ZEROED_BLOCK}": zeroed},
        )
        rows.append({**{key: problem[key] for key in ("id", "question", "answer", "difficulty")}, "reference": reference})
    with open(os.path.join(folder, "problems_100.jsonl"), "w", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(row) for row in rows) + "\n")
    print("right", {level: sum(each) for level, each in right.items()}, "of 25 each")
    print(f"broken with block {ZEROED_BLOCK} zeroed at each latent", broken)
    print("names the planted value at start token and latents", named)


if __name__ == "__main__":
    main(*sys.argv[1:])
