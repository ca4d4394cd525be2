"""The commands of `rightcall`, one file each; `app.cli` puts them together."""
