import json
import re

import numpy as np

from kdstudio.runs.report.mistakes import MOST_CLASSES, Counted, confused, matrix, mistakes
from tests.results import row, run

COUNTS = np.array([[8, 2, 0], [5, 4, 1], [0, 0, 10]], float)


def test_the_pairs_that_are_wrong_most_often_come_first():
    assert confused(Counted("student", 0, ("a", "b", "c"), COUNTS)) == [(1, 0), (0, 1), (1, 2)]
    assert confused(Counted("student", 0, ("a", "b", "c"), np.eye(3))) == []


def kept(folder, name, counts, part="test"):
    (folder / "confusion").mkdir(parents=True, exist_ok=True)
    (folder / "confusion" / f"{name}.json").write_text(
        json.dumps({"part": part, "confusion": counts.tolist()})
    )


def test_shares_are_means_over_the_seeds_beside_those_of_the_control(reported, tmp_path):
    rows = [row("control", 0.5), *(row("student", 0.6, seed=seed) for seed in (0, 1))]
    other = np.array([[10, 0, 0], [1, 9, 0], [0, 0, 10]])
    for name, counts in (("baseline", other), ("student seed-0", COUNTS), ("student seed-1", other)):
        kept(tmp_path, name, counts)
    section = mistakes(reported(run(*rows), tmp_path))
    cells = re.findall("<td[^>]*>([^<]*)", "".join(section.parts))
    assert cells[:8] == ["dog", "cat", "30.0%", "10.0%", "cat", "dog", "10.0%", "0.0%"]


def test_what_was_counted_on_validation_images_is_left_out(reported, tmp_path):
    kept(tmp_path, "student", COUNTS, part="validation")
    assert mistakes(reported(run(row("student", 0.6)), tmp_path)) is None


def test_a_matrix_of_very_many_classes_is_not_drawn():
    many = MOST_CLASSES + 1
    names = tuple(map(str, range(many)))
    assert not list(matrix(Counted("student", 0, names, np.ones((many, many)))))
    (figure,) = matrix(Counted("student", 0, ("cat & dog", "b", "c"), COUNTS))
    assert figure.count("<rect") == 9
    assert "cat &amp; dog" in figure
