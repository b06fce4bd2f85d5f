"""In a process of its own: builds networks and writes them, one after the other, as it is told."""

from __future__ import annotations

import json
import sys
import warnings
from errno import ENOSPC
from pathlib import Path
from typing import Any

from kdstudio.runs.exporting.child import complain, own_output, say, spoken


def main() -> None:
    """Read tasks from standard input until there are no more; each is answered with why it was refused."""
    answers = own_output()
    warnings.simplefilter("ignore")  # exporters warn of their own future
    try:
        sys.stdin.readline()
        for line in sys.stdin:
            say(answers, {"refused": attempt(json.loads(line))})
    except BaseException as error:
        complain(error)


def attempt(task: dict[str, Any]) -> str:
    """Write; returns why that cannot be, empty where it could. Raises OSError where the disk is full."""
    try:
        write(task)
    except Exception as error:  # exporters raise whatever they stumble over
        if isinstance(error, OSError) and error.errno == ENOSPC:
            raise
        return spoken(error)
    return ""


def write(task: dict[str, Any]) -> None:
    """Write the network in ``task["network"]`` as ``task["format"]`` into ``task["folder"]``."""
    import numpy as np
    import torch

    from kdstudio.runs.formats.declaration import Shipment, formats
    from kdstudio.runs.weights import load_network

    file_format = formats[task["format"]["name"]].model_validate(task["format"])
    module, card = load_network(Path(task["network"]), allow_code=task["allow_code"])
    module.to(memory_format=torch.contiguous_format)
    calibration = torch.empty(0, *card.image)
    if task["calibration"]:
        calibration = torch.from_numpy(np.load(task["calibration"]))
    shipment = Shipment(module, card, task["name"], task["about"], calibration)
    with torch.no_grad():
        file_format.write(shipment, Path(task["folder"]))


if __name__ == "__main__":
    main()
