from pathlib import Path

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import Labels
from kdstudio.runs.searching import WARNED, Query, search
from tests.results import doubt, run

RUNS = {
    RunFolder(Path("runs", found.name)): found
    for found in (
        run(name="20260101-warm", experiment={
            "strategy": {"name": "hinton", "temperature": 8.0}, "data": {"source": {"name": "digits"}}}),
        run(name="cold", status="failed", experiment={
            "strategy": {"name": "hinton", "temperature": 1.0}, "data": {"source": {"name": "mnist"}}}),
        run(name="odd", warnings=(doubt(),)),
    )
}  # fmt: skip
WARM, COLD, ODD = RUNS
LABELS = {COLD: Labels(title="The cold one", tags=("paper", "Anna"), note="Bad start")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), [WARM, COLD, ODD]),
        (Query("WARM"), [WARM]),
        (Query("temperature=8"), [WARM]),
        (Query("hinton digits"), [WARM]),
        (Query("hinton owl"), []),
        (Query("bad start"), [COLD]),
        (Query("the cold"), [COLD]),
        (Query("anna"), [COLD]),
        (Query(tag="Anna"), [COLD]),
        (Query(tag="anna"), []),
        (Query(state="failed"), [COLD]),
        (Query(state="finished"), [WARM, ODD]),
        (Query(state=WARNED), [ODD]),
        (Query(strategy="hinton"), [WARM, COLD]),
        (Query(data="mnist", strategy="hinton"), [COLD]),
        (Query("warm", data="mnist"), []),
    ],
)
def test_runs_are_found_by_all_that_is_asked(query, found):
    assert list(search(RUNS, LABELS, query)) == found
