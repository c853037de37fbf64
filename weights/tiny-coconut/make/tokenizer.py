"""Makes tokenizer.json from tiny-codi's: the same pieces and merges, GPT-2's one special token and Coconut's three at the end.
    python tokenizer.py ../../tiny-codi/tokenizer.json ../tokenizer.json
"""

import json
import sys

LATENT_TOKENS = ["<|start-latent|>", "<|end-latent|>", "<|latent|>"]


def special(token_id, content, is_special):
    return {
        "id": token_id,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": is_special,
    }


def main(source, target):
    found = json.load(open(source, encoding="utf-8"))
    dropped = {token["content"] for token in found["added_tokens"]}
    pieces = sorted(found["model"]["vocab"], key=found["model"]["vocab"].get)
    kept = ["<|endoftext|>"] + [piece for piece in pieces if piece not in dropped]
    found["model"]["vocab"] = {piece: number for number, piece in enumerate(kept)}
    found["added_tokens"] = [special(0, "<|endoftext|>", True)] + [
        special(len(kept) + i, content, False) for i, content in enumerate(LATENT_TOKENS)
    ]
    # GPT-2 puts no token before a text.
    found["post_processor"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
    with open(target, "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
