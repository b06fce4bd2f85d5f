"""The table at a script's end."""

from kdstudio.runs.script.pieces.report import counted, print_table
from kdstudio.runs.script.pieces.training import Result


def test_errors_are_told_with_their_mean_and_deviation():
    assert counted([10, 12, 17], 450) == "13.0 ± 3.6 of 450 (2.89%)"
    assert counted([4], 450) == "4.0 of 450 (0.89%)"


def test_every_network_has_a_row_over_the_seeds_that_trained_it(capsys):
    print_table([{"teacher": Result(4, 5, 450)}, *({"student": Result(n, n, 450)} for n in (9, 11))])
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [
        "teacher 4.0 of 450 (0.89%) 5.0 of 450 (1.11%)",
        "student 10.0 ± 1.4 of 450 (2.22%) 10.0 ± 1.4 of 450 (2.22%)",
    ]
