"""Models to train where nothing can be fetched: a tiny one of random weights, or the contents of a GGUF file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.files import file_digest, write_text
from florey.training.policy import save_policy

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SOURCE = "gguf.txt"


def byte_tokenizer() -> Any:
    """Bytes as tokens, in turns of chat."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([PAD, START, END])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, padding_side="left")
    fast.chat_template = TEMPLATE
    return fast


def tiny(folder: Path) -> Path:
    """SmolLM2's architecture (Llama, grouped queries, tied embeddings) with 0.1 million random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    if (folder / "config.json").is_file():
        return folder
    tokenizer = byte_tokenizer()
    set_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=48,
            intermediate_size=128,
            num_hidden_layers=3,
            num_attention_heads=6,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            rope_theta=100000.0,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )
    save_policy(model, tokenizer, folder)
    return folder


def from_gguf(file: Path, folder: Path) -> Path:
    """The file's weights as a folder of safetensors in fp32. Raises BadInput where `gguf` or the file is missing.

    Quantised weights cannot be trained, nor saved; what quantising took from them stays lost.
    """
    if not file.is_file():
        raise BadInput(f"{file}: no such file")
    if importlib.util.find_spec("gguf") is None:
        raise BadInput(f"{file}: making a GGUF file trainable needs gguf: pip install gguf")
    source = folder / SOURCE
    if source.is_file() and source.read_text(encoding="utf-8") == file_digest(file):
        return folder
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    place = {"gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(
        file.parent, quantization_config=GgufConfig(dequantize=True), **place
    ).float()
    tokenizer = AutoTokenizer.from_pretrained(file.parent, padding_side="left", **place)
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id) and PAD in tokenizer.get_vocab():
        tokenizer.pad_token = PAD  # one of its own, so that padding is not taken for an end
        model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    save_policy(model, tokenizer, folder)
    write_text(source, file_digest(file))
    return folder
