"""After launch: did the program work? Study file, panel, estimators, checks and report come with a later release."""
