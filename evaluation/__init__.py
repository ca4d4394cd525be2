"""What a program could do before launch (`before`), and what it did after (`after`).

Before launch: the cascade from all calls to those a community response could take, with a named reason for
every loss and a low and a high at every step. After launch: the study file, the designs, the checks. Nothing
here draws or words anything; it returns small tables and frozen results that the command line, the pages and
the report all read.
"""
