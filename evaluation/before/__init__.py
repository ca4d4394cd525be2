"""Before launch: which calls a program could take under a named policy, step by step, and why the rest not."""
