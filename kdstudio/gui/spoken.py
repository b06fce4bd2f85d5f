"""Numbers and problems as people read them."""

from kdstudio.engine.identity import title_of
from kdstudio.problems import Problem, Refusal


def spoken_problem(problem: Problem) -> str:
    """Say what is wrong with which field: ``teacher epochs: must be at least 1, not 0``.

    A refusal speaks for itself.
    """
    if not problem.path or isinstance(problem, Refusal):
        return problem.message
    return f"{title_of('.'.join(map(str, problem.path)))}: {problem.message}"


def spoken_count(count: int) -> str:
    """``1.28 M``, ``40.6 M``, ``2,410``."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            unit = 10**3 if letter == "k" else size
            return f"{count / unit:.3g} {letter}"
    return f"{count:,}"


def spoken_share(share: float | None) -> str:
    """``87.1 %``; a dash for what is not there."""
    return "–" if share is None else f"{share:.1%}".replace("%", " %")
