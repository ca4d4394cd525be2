"""Texts for bare codes, from the code list that the agency publishes beside its export.

A code means something only where the agency says what: the layout names the list's file pattern and columns,
and the list is looked for in the export's own folder. Without it the calls keep their codes and no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from calls.layouts import CodeList, Layout
from calls.read import RawTable, read_table

_TEXT_COLUMN = {"call_type_code": "call_type", "final_type_code": "final_type", "disposition": "disposition"}


def texts_of_codes(table: pl.DataFrame, layout: Layout, exports: Sequence[Path]) -> pl.DataFrame:
    """Fill call_type (final_type, disposition) from the code lists that the layout names, where found.

    Codes are compared in upper case without surrounding blanks. A code that is not in the list keeps a null
    text, and is reported as `code_without_text`.
    """
    for coded, code_list in layout.code_lists.items():
        raw = find_code_list(code_list, exports)
        if raw is None or coded not in table.columns:
            continue
        texts = (
            raw.frame.select(
                pl.col(code_list.code).str.strip_chars().str.to_uppercase().alias("_code"),
                pl.col(code_list.text).str.strip_chars().alias("_text"),
            )
            .drop_nulls()
            .unique("_code", keep="first", maintain_order=True)
        )
        target = _TEXT_COLUMN[coded]
        existing = pl.col(target) if target in table.columns and target != coded else pl.lit(None, pl.String)
        table = (
            table.with_columns(existing.alias("_existing"), pl.col(coded).str.to_uppercase().alias("_code"))
            .join(texts, on="_code", how="left", maintain_order="left")
            .with_columns(pl.coalesce("_existing", "_text").alias(target))
            .drop("_existing", "_code", "_text")
        )
    return table


def find_code_list(code_list: CodeList, exports: Sequence[Path]) -> RawTable | None:
    """The first file, by name, in the folder of an export that fits the list's pattern and has its columns."""
    own = {path.resolve() for path in exports}
    for folder in dict.fromkeys(path.resolve().parent for path in exports):
        for path in sorted(folder.glob(code_list.files)):
            if path.resolve() not in own:
                raw = read_table(path)
                if {code_list.code, code_list.text} <= set(raw.headers):
                    return raw
    return None
