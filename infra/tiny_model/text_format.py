"""The tiny model's tokenizer, chat template and training format (one place, so that they cannot drift apart)."""

from __future__ import annotations

from collections.abc import Iterable

from problems import Example
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, USER, ASSISTANT, END = "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"
IGNORED = -100
CHAT_TEMPLATE = (
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'user' -%}<|user|>{{- m['content'] -}}"
    "{%- elif m['role'] == 'assistant' -%}<|assistant|>{{- m['content'] -}}<|end|>"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int = 1024) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with single digits; every text decodes back to itself; system turns are left out."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, USER, ASSISTANT, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )


def prompt(problem: str, steps: Iterable[str] = ()) -> str:
    """The model's input for a problem with some solution steps already written, each ended by a newline."""
    return f"{USER}{problem}{ASSISTANT}" + "".join(f"{s}\n" for s in steps)


def encode(tokenizer: PreTrainedTokenizerFast, example: Example) -> tuple[list[int], list[int]]:
    """Token ids and labels of one example; the problem and slip steps carry no loss."""
    ids = tokenizer.encode(prompt(example.problem), add_special_tokens=False)
    labels = [IGNORED] * len(ids)
    for i, step in enumerate(example.steps):
        line = step.text + (END if i == len(example.steps) - 1 else "\n")
        tokens = tokenizer.encode(line, add_special_tokens=False)
        ids += tokens
        labels += tokens if step.learn else [IGNORED] * len(tokens)
    return ids, labels
