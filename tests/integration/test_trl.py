"""TRL 1.13 trains on our shards as they lie on disk: no map function, no renamed column, no hub. One step each."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer
from trl.experimental.prm import PRMConfig, PRMTrainer

from factory.derive import export_folder
from factory.shards import shard_paths

IGNORED = -100
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<|assistant|>{% generation %}{{ m['content'] }}<|end|>"
    "{% endgeneration %}{% else %}<|user|>{{ m['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
PROVENANCE = {"tree", "problem", "source", "licence"}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """One token per byte, so that any text is its tokens; a chat template that marks what the assistant says."""
    bytes_first = {char: i for i, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(vocab=bytes_first, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"])
    wrapped = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", pad_token="<|pad|>")
    wrapped.chat_template = TEMPLATE
    return wrapped


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> str:
    """A random Llama of a few thousand parameters, in a folder."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=1024,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    folder = tmp_path_factory.mktemp("llama")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """What every trainer here is told."""
    return {
        "output_dir": str(tmp_path),
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "max_length": 1024,
    }


def test_sft_trains_on_what_the_assistant_says(
    oracle_run: Path, model: str, tokenizer: PreTrainedTokenizerFast, settings: dict[str, Any]
) -> None:
    rows = shard_rows(oracle_run, "sft")
    args = SFTConfig(**settings, assistant_only_loss=True)
    trainer = SFTTrainer(model=model, args=args, train_dataset=rows, processing_class=tokenizer)
    assert len(trainer.train_dataset) == len(rows) > 1
    for row, prepared in zip(rows, trainer.train_dataset, strict=True):
        user, assistant = (message["content"] for message in row["messages"])
        assert decoded(tokenizer, prepared["input_ids"]) == f"<|user|>{user}<|assistant|>{assistant}<|end|>"
        learned = [token for token in prepared["labels"] if token != IGNORED]
        assert decoded(tokenizer, learned) == f"{assistant}<|end|>"
    assert one_step(trainer) > 0


@pytest.mark.parametrize("kind", ["dpo", "dpo_step"])
def test_dpo_pairs_share_their_prompt_tokens(
    oracle_run: Path, model: str, tokenizer: PreTrainedTokenizerFast, settings: dict[str, Any], kind: str
) -> None:
    rows = shard_rows(oracle_run, kind)
    trainer = DPOTrainer(model=model, args=DPOConfig(**settings), train_dataset=rows, processing_class=tokenizer)
    assert len(trainer.train_dataset) == len(rows) > 1
    for row, prepared in zip(rows, trainer.train_dataset, strict=True):
        prompt, chosen, rejected = (told(row[key]) for key in ("prompt", "chosen", "rejected"))
        opening = f"<|user|>{prompt}<|assistant|>" if kind == "dpo" else prompt
        assert decoded(tokenizer, prepared["prompt_ids"]) == opening
        assert decoded(tokenizer, prepared["chosen_ids"]) == f"{chosen}<|end|>"
        assert decoded(tokenizer, prepared["rejected_ids"]) == f"{rejected}<|end|>"
        assert chosen != rejected
    assert one_step(trainer) == pytest.approx(math.log(2), rel=1e-3)  # the policy is still its own reference


def test_prm_labels_stand_at_the_end_of_each_step(
    oracle_run: Path, model: str, tokenizer: PreTrainedTokenizerFast, settings: dict[str, Any]
) -> None:
    from transformers import AutoModelForTokenClassification

    rows = shard_rows(oracle_run, "prm")
    judge = AutoModelForTokenClassification.from_pretrained(model, num_labels=2)
    trainer = PRMTrainer(model=judge, args=PRMConfig(**settings), train_dataset=rows, processing_class=tokenizer)
    assert len(trainer.train_dataset) == len(rows) > 1
    seen = set()
    for row, prepared in zip(rows, trainer.train_dataset, strict=True):
        placed = [(at, label) for at, label in enumerate(prepared["labels"]) if label != IGNORED]
        assert [label for _, label in placed] == [int(label) for label in row["labels"]]
        upto = row["prompt"]
        for (at, _), step in zip(placed, row["completions"], strict=True):
            upto += step + "\n"
            assert decoded(tokenizer, prepared["input_ids"][: at + 1]) == upto
        assert len(prepared["labels"]) == len(prepared["input_ids"]) == placed[-1][0] + 1
        seen |= {label for _, label in placed}
    assert seen == {0, 1}
    assert one_step(trainer) > 0


def shard_rows(run: Path, kind: str) -> Dataset:
    """The shards of one kind, with every column that we write."""
    files = [str(path) for path in shard_paths(export_folder(run), kind)]
    rows = load_dataset("parquet", data_files=files, split="train", cache_dir=str(run / "cache"))
    assert set(rows.column_names) > PROVENANCE
    return rows


def told(value: Any) -> str:
    """The text of a string column or of a one-message conversation."""
    return value if isinstance(value, str) else value[0]["content"]


def decoded(tokenizer: PreTrainedTokenizerFast, tokens: list[int]) -> str:
    return tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def one_step(trainer: Any) -> float:
    """The loss of one real training step, which must move the weights."""
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    loss = trainer.train().training_loss
    assert math.isfinite(loss)
    assert any(not torch.equal(before[name], weight) for name, weight in trainer.model.named_parameters())
    return float(loss)
