"""Trains the bundled tiny demo model from scratch: `python infra/tiny_model/train.py --out DIR --minutes 30`.

The data come from `problems.py` and, with `--seed-share`, from `seed_family.py`, both drawn anew at every step. With
`--minutes` the learning rate falls to zero over a wall-clock budget, so the number of steps depends on the machine;
with `--steps N` a run is set by its seed alone.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from muon import Muon
from problems import Example, generate
from seed_family import seed_example, seed_templates
from text_format import END, IGNORED, PAD, encode, prompt, train_tokenizer
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 20_26
ROWS = 36
ROWS_AT_ONCE = 18
POOL = 12 * ROWS
WARMUP = 0.02
CHECKPOINT_EVERY_S = 120.0


@dataclass
class Progress:
    """What a run has used so far: optimiser steps, tokens seen (padding left out), seconds, running loss."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer, trained on 8,000 generated examples of a fixed seed."""
    rng = random.Random(SEED)
    examples = (generate(rng) for _ in range(8_000))
    return train_tokenizer(e.problem + "\n" + "\n".join(s.text for s in e.steps) for e in examples)


def build_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A randomly initialised Llama of about 2.2M parameters."""
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=1024,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=5,
        num_attention_heads=6,
        num_key_value_heads=3,
        head_dim=32,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    model.generation_config.eos_token_id = config.eos_token_id
    model.generation_config.pad_token_id = config.pad_token_id
    return model


def loaded(folder: Path) -> tuple[PreTrainedTokenizerFast, LlamaForCausalLM]:
    """The tokenizer and the model that an earlier run saved."""
    return PreTrainedTokenizerFast.from_pretrained(folder), LlamaForCausalLM.from_pretrained(folder)


def writer(args: argparse.Namespace) -> Callable[[random.Random], Example]:
    """What draws one training example: the generator, or with probability args.seed_share a seed's template."""
    templates = seed_templates(args.seeds) if args.seed_share else []
    return lambda rng: seed_example(rng, templates) if rng.random() < args.seed_share else generate(rng)


def batches(
    tokenizer: PreTrainedTokenizerFast, rng: random.Random, write: Callable[[random.Random], Example]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (ids, labels) batches of ROWS examples of like length (about 4,000 tokens)."""
    while True:
        pool = sorted((encode(tokenizer, write(rng)) for _ in range(POOL)), key=lambda pair: len(pair[0]))
        starts = list(range(0, POOL, ROWS))
        rng.shuffle(starts)
        for at in starts:
            yield _padded(pool[at : at + ROWS])


def _padded(batch: list[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor]:
    """One batch as two rectangular tensors; the padding (id 0) lies on the right and carries no loss."""
    width = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([row + [0] * (width - len(row)) for row, _ in batch])
    labels = torch.tensor([row + [IGNORED] * (width - len(row)) for _, row in batch])
    return ids, labels


def optimisers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    inside = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in inside]
    chosen: list[torch.optim.Optimizer] = [
        Muon(matrices, lr=0.02),
        torch.optim.AdamW(rest, lr=4e-3, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    for optimiser in chosen:
        for group in optimiser.param_groups:
            group["top"] = group["lr"]
    return chosen


def rate(done: float) -> float:
    """The learning rate's factor when the share `done` of the run is over: a short warm-up, then linearly to zero."""
    return min(1.0, (done + 1e-3) / WARMUP, max(0.0, 1 - done))


def train(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, args: argparse.Namespace) -> Progress:
    """Train in place until the steps or the minutes are used up; checkpoints go to args.checkpoints."""
    used, start, saved = Progress(), time.monotonic(), 0.0
    opts = optimisers(model)
    for ids, labels in batches(tokenizer, random.Random(args.data_seed), writer(args)):
        done = used.steps / args.steps if args.steps else used.seconds / (60 * args.minutes)
        if done >= 1:
            return used
        loss = _step(model, opts, ids, labels, args.peak * rate(done))
        used.steps, used.tokens = used.steps + 1, used.tokens + int((ids != 0).sum())
        used.seconds = time.monotonic() - start
        used.loss = loss if used.steps == 1 else 0.98 * used.loss + 0.02 * loss
        if used.steps % 50 == 0:
            print(f"step {used.steps} loss {used.loss:.4f} tokens {used.tokens} seconds {used.seconds:.0f}", flush=True)
        if args.checkpoints and used.seconds - saved > CHECKPOINT_EVERY_S:
            save(model, tokenizer, args.checkpoints)
            saved = used.seconds
    raise AssertionError("batches() never ends")


def _step(model: torch.nn.Module, opts: list[torch.optim.Optimizer], ids: Tensor, labels: Tensor, lr: float) -> float:
    """One optimiser step at `lr` times the top rates, in parts that fit the cache; returns the loss in nats a token."""
    wanted, total = (labels != IGNORED).sum(), 0.0
    for x, y in zip(ids.split(ROWS_AT_ONCE), labels.split(ROWS_AT_ONCE), strict=True):
        logits = model(input_ids=x, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), y[:, 1:].flatten(), reduction="sum")
        (loss / wanted).backward()
        total += loss.item() / wanted.item()
    for optimiser in opts:
        for group in optimiser.param_groups:
            group["lr"] = group["top"] * lr
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return total


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model (float32 safetensors) and the tokenizer with its chat template, in Hugging Face's layout."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder, save_jinja_files=False)


def main() -> None:
    """Read the command line, train, save, and print what was used as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the finished model")
    parser.add_argument("--minutes", type=float, default=30.0, help="wall-clock budget; not used with --steps")
    parser.add_argument("--steps", type=int, default=0, help="number of steps; makes the run independent of speed")
    parser.add_argument("--start", type=Path, help="go on from this model folder (with a fresh optimiser)")
    parser.add_argument("--peak", type=float, default=1.0, help="factor on the top learning rates")
    parser.add_argument("--data-seed", type=int, default=SEED + 1, help="seed of the training examples")
    parser.add_argument("--seed-share", type=float, default=0.0, help="share of examples from --seeds, renumbered")
    parser.add_argument("--seeds", type=Path, default=Path("factory/data/seeds.jsonl"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoints", type=Path, help="folder for a checkpoint every two minutes")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer, model = loaded(args.start) if args.start else (fresh := build_tokenizer(), build_model(fresh))
    probe = prompt("Zoë says “2 + 2 = 4”, n'est-ce pas?\t日本 🎈", ["a  b"])
    if tokenizer.decode(tokenizer.encode(probe, add_special_tokens=False)) != probe:
        raise ValueError("the tokenizer does not round-trip")
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}), flush=True)
    used = train(model, tokenizer, args)
    save(model, tokenizer, args.out)
    print(json.dumps(asdict(used)))


if __name__ == "__main__":
    main()
