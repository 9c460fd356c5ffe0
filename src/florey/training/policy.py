"""The default policy: a small Llama-architecture model whose tokenizer knows the graph's names as single tokens.

Two CPU cores can train it from its seed in minutes. Any other causal language model takes its place by
path or hub id (`load_policy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.errors import BadInput
from florey.inference.quiet import quiet_libraries

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
PADS = ("<pad>", "<|pad|>", "[PAD]", "<|finetune_right_pad_id|>", "<|endoftext|>")
"""Tokens of other models that are made for padding, or never stand in an answer."""
PAD, EOS, UNKNOWN, USER, ASSISTANT = "<pad>", "<eos>", "<unk>", "<user>", "<assistant>"
# The instruction is left out: a model trained from scratch on one task need not be told it in every prompt.
TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'user' %}<user> {{ m.content }}"
    "{% elif m.role == 'assistant' %}<assistant> {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant> {% endif %}"
)


class SmallModel(BaseModel):
    """Shape of the small policy (Llama architecture, tied embeddings)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: int = Field(default=128, ge=8)
    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=4, ge=1)
    feed_forward: int = Field(default=256, ge=8)
    # Wider than the usual 0.02, which suits wide models: at 128 it made the cold start four times as long.
    init: float = Field(default=0.05, gt=0)  # standard deviation of the weights
    positions: int = Field(default=512, ge=32)


def build_tokenizer(names: Iterable[str], texts: Iterable[str]) -> Any:
    """A word-level tokenizer: each of `names` is one token, every other whitespace-separated word of `texts` one."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    reserved = [PAD, EOS, UNKNOWN, USER, ASSISTANT]
    entities = sorted(set(names))
    added = [AddedToken(text, normalized=False, single_word=text not in TAGS) for text in (*TAGS, *entities)]
    # Learn the words between the names with the very splitter that will be used on them.
    splitter = Tokenizer(models.WordLevel({UNKNOWN: 0}, unk_token=UNKNOWN))
    splitter.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    splitter.add_special_tokens([USER, ASSISTANT, EOS])
    splitter.add_tokens(added)
    known = {*reserved, *TAGS, *entities}
    words: set[str] = set()
    for text in texts:
        encoding = splitter.encode(text)
        words.update(text[a:b] for a, b in encoding.offsets)
    vocabulary = [*reserved, *sorted(words - known)]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(reserved)
    tokenizer.add_tokens(added)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=EOS, unk_token=UNKNOWN, padding_side="left"
    )
    fast.chat_template = TEMPLATE
    return fast


def build_policy(shape: SmallModel, names: Iterable[str], texts: Iterable[str], seed: int) -> tuple[Any, Any]:
    """(model, tokenizer), the weights drawn from `seed`."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    tokenizer = build_tokenizer(names, texts)
    set_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.hidden,
            intermediate_size=shape.feed_forward,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            max_position_embeddings=shape.positions,
            tie_word_embeddings=True,
            initializer_range=shape.init,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )
    return model, tokenizer


def load_tokenizer(path: str) -> Any:
    """The tokenizer of a local folder or hub id, padding left for generation. Raises BadInput if there is none."""
    from transformers import AutoTokenizer

    with _named(path, "a tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):
        # another one, where there is one, so that the end of an answer is never taken for padding
        known = tokenizer.get_vocab()
        own = (each for each in (*PADS, tokenizer.unk_token) if each in known and each != tokenizer.eos_token)
        tokenizer.pad_token = next(own, tokenizer.eos_token)
    return tokenizer


def check_model_path(path: str) -> None:
    """Raises BadInput where a local path can be seen to be no model, without loading anything."""
    folder = Path(path)
    is_local = folder.exists() or folder.is_absolute() or path.startswith(".")  # no hub id looks like this
    if is_local and not ((folder / "config.json").is_file() and any(folder.glob("*.safetensors"))):
        raise BadInput(f"{path}: not a model; expected a folder with config.json and safetensors weights")


def load_policy(path: str) -> tuple[Any, Any]:
    """(model, tokenizer) from a local folder or a hub id. Safetensors only. Raises BadInput if it is not a model."""
    from transformers import AutoModelForCausalLM

    check_model_path(path)
    tokenizer = load_tokenizer(path)
    with _named(path, "a causal language model"):
        model, found = AutoModelForCausalLM.from_pretrained(
            path, use_safetensors=True, dtype="auto", output_loading_info=True, ignore_mismatched_sizes=True
        )
    # What is missing or of another shape was drawn at random by the library: that is not the model that was asked for.
    if lost := sorted({*found["missing_keys"], *(key for key, *_ in found["mismatched_keys"])}):
        raise BadInput(
            f"{path}: expected the weights that its config.json describes; {lost[0]} is missing or of another shape"
        )
    return model, tokenizer


@contextmanager
def _named(path: str, what: str) -> Iterator[None]:
    """Turns the libraries' errors into one line that names the path."""
    from safetensors import SafetensorError

    try:
        with quiet_libraries():
            yield
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{path}: cannot be loaded as {what}: {first}") from None


def save_policy(model: Any, tokenizer: Any, folder: Path) -> None:
    """Writes a checkpoint that `load_policy` (and any engine) opens."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet_libraries():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
