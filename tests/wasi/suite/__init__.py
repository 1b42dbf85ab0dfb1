"""The rooms of the suite of preview-1 cases; `run.py` beside this folder is the way in."""
