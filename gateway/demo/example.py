"""The example notebook that each researcher of the demo finds in the home."""

import json
from typing import Final

FILE_NAME: Final = "hello.ipynb"

_WELCOME: Final = """\
# Hello from {name}'s notebook

This is a real JupyterLab. It runs in a home of its own, on a stand-in for a shared remote machine, and
knows nothing of the gateway: all that you see came through an SSH tunnel.

Run the next cell (**Shift+Enter**)."""

_ANSWER: Final = "6 * 7"

_TRY: Final = """\
## What to try

- In a private window, log in as somebody who may use this notebook too and open `/{login}/`. Both of you
  are in the same live notebook: save in one window, reload in the other.
- Open a terminal (**File**, **New**, **Terminal**), or upload a file by dropping it on the list at the left.
- Log in as somebody who may *not* use it: for them `/{login}/` does not exist."""

_WHERE: Final = """\
import os
import sys

print(f"Python {sys.version.split()[0]}, process {os.getpid()}, in {os.getcwd()}")"""


def example(login: str, name: str) -> str:
    """Return the example notebook of ``login`` as a JSON document (nbformat 4.5)."""
    cells = [
        _text("welcome", _WELCOME.format(name=name)),
        _code("answer", _ANSWER),
        _text("try", _TRY.format(login=login)),
        _code("where", _WHERE),
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1)


def _text(identifier: str, source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": source}


def _code(identifier: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identifier,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
