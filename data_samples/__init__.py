"""A made-up city, "Alder Falls", whose truth is known, and the script that makes its exports.

Nothing here is from a real city, and nothing in the rest of the project imports this folder.
`python -m data_samples.make_samples` remakes every file from `city.toml` and `call_mix.csv`.
"""
