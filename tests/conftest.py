"""The surroundings of every test: no terminal's width."""

import os

# pytest-xdist's workers get it from readline, and cut tables to its 80 columns.
os.environ.pop("COLUMNS", None)
