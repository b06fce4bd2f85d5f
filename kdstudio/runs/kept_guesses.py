"""What a class has guessed, in a small file beside the runs, so that it outlives the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kdstudio.engine.bounds import Finite
from kdstudio.engine.identity import Record
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.files import make_folder, write_atomically
from kdstudio.runs.guesses import Direction, Guess
from kdstudio.runs.reading import MEGABYTE, read_json


class KeptGuesses(Record):
    """By the claims' numbers."""

    guesses: dict[int, Finite | Direction] = {}


def guess_file(runs: Path) -> Path:
    """Where they are kept; there is none before something has been guessed."""
    return runs / ".guesses.json"


def read_guesses(runs: Path) -> dict[int, Guess]:
    """Read what has been guessed, by the claims' numbers; KDStudioError where the file is damaged."""
    file = guess_file(runs)
    try:
        return KeptGuesses.model_validate(read_json(file, MEGABYTE)).guesses
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise KDStudioError(
            f"'{file}' is damaged, so that former guesses are unknown; the next guess replaces it"
        ) from error


def keep_guesses(runs: Path, guesses: Mapping[int, Guess]) -> None:
    """Write all that has been guessed; KDStudioError where that cannot be."""
    make_folder(runs, "runs folder")
    kept = KeptGuesses(guesses=dict(guesses)).model_dump_json(indent=2)
    try:
        write_atomically(guess_file(runs), kept, durable=False)  # a slider moves many times in a second
    except OSError as error:
        raise KDStudioError(
            f"'{guess_file(runs)}' cannot be written: {reason(error)}; check its folder"
        ) from error
