"""all-MiniLM-L6-v2 as a plain torch function: token ids in, one unit-length vector per text out.

The network is a BERT encoder of 6 layers with mean pooling. Written out it is the 60 lines below and imports
in 1.5 s; the same weights through the sentence-transformers library import in 9.6 s, most of a user's wait
for 200 call types. The library stays the reference: a test compares the two to five decimals.

Source: Devlin et al. 2019 (arXiv:1810.04805) for the encoder, Reimers and Gurevych 2019 (arXiv:1908.10084)
for the pooling, Wang et al. 2020 (arXiv:2002.10957) for the distilled weights.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 128
"""Longer texts are cut. The longest call types have about 40 tokens."""

BATCH_SIZE = 128
WORKERS = 2
"""Batches encoded side by side, each on one thread. Two threads within a batch wait for each other by spinning: where
other work shares the machine that took 6 times the processor time (16 s against 2.5 s for 2,000 types)."""


class MiniLM:
    """The weights and the tokenizer of one folder. Reads only files of that folder; never the network.

    folder: holds `model.safetensors`, `tokenizer.json` and `config.json` of a BERT encoder. The caller has
    checked the weights' sha256 (see `encoders.find_weights`).
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.layers: int = config["num_hidden_layers"]
        self.heads: int = config["num_attention_heads"]
        self.size: int = config["hidden_size"]
        self.epsilon: float = config["layer_norm_eps"]
        self.weights: dict[str, torch.Tensor] = load_file(str(folder / "model.safetensors"))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of `size` float32 values of length 1 per text, in the order given.

        Texts are batched in order of their length, so that little is spent on padding.
        """
        import torch

        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda row: (len(ids[row]), row))
        vectors = np.zeros((len(ids), self.size), dtype=np.float32)

        def fill(start: int) -> None:
            torch.set_num_threads(1)  # of this worker
            rows = order[start : start + BATCH_SIZE]
            with torch.inference_mode():
                vectors[rows] = self._forward([ids[row] for row in rows]).numpy()

        threads_before = torch.get_num_threads()
        try:
            with ThreadPoolExecutor(WORKERS) as workers:
                list(workers.map(fill, range(0, len(order), BATCH_SIZE)))
        finally:
            torch.set_num_threads(threads_before)
        return vectors

    def _forward(self, ids: list[list[int]]) -> torch.Tensor:
        import torch
        from torch.nn import functional as nn

        width = max(len(row) for row in ids)
        tokens = torch.tensor([row + [0] * (width - len(row)) for row in ids])
        present = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in ids])
        w = self.weights
        state = (
            w["embeddings.word_embeddings.weight"][tokens]
            + w["embeddings.position_embeddings.weight"][:width]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._normalised(state, "embeddings.LayerNorm")
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(state, f"{name}.attention.self.{part}")
                .view(len(ids), width, self.heads, -1)
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            mixed = nn.scaled_dot_product_attention(query, key, value, attn_mask=present[:, None, None, :])
            mixed = mixed.transpose(1, 2).reshape(len(ids), width, self.size)
            state = self._normalised(
                state + self._dense(mixed, f"{name}.attention.output.dense"),
                f"{name}.attention.output.LayerNorm",
            )
            wide = nn.gelu(self._dense(state, f"{name}.intermediate.dense"))
            state = self._normalised(
                state + self._dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        share = present[:, :, None].to(state.dtype)
        return nn.normalize((state * share).sum(dim=1) / share.sum(dim=1), dim=1)

    def _dense(self, state: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional as nn

        return nn.linear(state, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normalised(self, state: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional as nn

        shape = (self.size,)
        return nn.layer_norm(
            state, shape, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], self.epsilon
        )
