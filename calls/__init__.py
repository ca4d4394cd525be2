"""From a city's export to one clean table.

A calls-for-service export is read as it comes (`read`), its columns are recognised (`layouts`), and its rows
become the standard calls table of `schema` (`clean`): one row per call, with the units that answered beside
it. Nothing is lost on the way: rows read = rows kept + rows set aside, by named reason (`ledger`), and what
is wrong with the data is listed under fixed names with counts (`problems`).

What an analyst may correct without reading Python:

- `layouts/*.toml`: one file per city or CAD product, their column → our column, formats and time zone;
- `layouts/header_words.toml`: the header words by which an unknown file is recognised;
- `problems.toml`: the names, meanings and severities of data faults.
"""
