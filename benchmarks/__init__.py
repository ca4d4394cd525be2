"""Speed and memory, measured, each beside what a user would use instead. Nothing imports this folder."""
