"""What a call can be: categories, eligibility policies and the meaning of an agency's codes.

This folder is data first. It imports nothing else of ours, and everything after it refers to its ids.

What is data, and how to correct it (in an editor or a spreadsheet, not in Python):

- `taxonomy.yaml`    the 40 categories of call: definition, what belongs in and what does not, examples,
                     who would answer by default, risk flags. Ids and groups never change; wording may.
- `policies/*.toml`  who may be sent to what: four archetypes and a number of named programs, each with its
                     sources, its date, a reason per rule, and a mark on what is not verified. Copy one to
                     write your own city's policy and give its path instead of a name.
- `agencies/*.csv`   code-books and signed crosswalks, one per agency: see `agencies/README.md`.

Each file is checked when it is read, and what is wrong with it is said in plain sentences. After a change
run `pytest tests/call_codes`.

What is code: `taxonomy.py`, `policy.py` (with `hours.py` and `policy_check.py`) and `crosswalk.py` read these
files into frozen dataclasses; `errors.py` holds the one base class of all errors that a user can act on.

A category says what a call is about. Whether the call is dangerous is a separate question: a stated hazard
can take eligibility away from a call of any category and can never give it.
"""
