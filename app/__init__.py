"""What people see: the command `rightcall`, the report and the pages. Thin on purpose.

`job` runs the main job from files to tables; `outputs` writes them; `report` words and draws them; `cli` is the
command; `home.py` and `views/` are the Streamlit app. Every number comes from the folders to the left of this
one, so that a figure on a page and the same figure from the command line are the same computation.
"""
