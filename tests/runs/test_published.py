from kdstudio.runs.published import published_tables
from tests.results import row, run

ABOUT = {
    "published": [
        {"what": "student alone", "value": "71 %", "network": "baseline"},
        {"what": "student, KD", "value": "67 errors", "network": "student", "figure": "errors",
         "where": {"strategy.term": "kd"}},
        {"what": "student, AT", "value": "73 %", "network": "student", "where": {"strategy.term": "at"}},
        {"what": "in words", "value": "better"},
    ]
}  # fmt: skip


def rows_of(summary):
    return [row for table in published_tables(summary) for row in table.rows]


def test_what_is_the_same_stands_beside_what_was_published():
    experiment = {"strategy": {"name": "match", "term": "kd"}, "about": ABOUT}
    rows = [row("control", 0.7, seed=0), row("control", 0.72, seed=1), row("student", 0.75)]
    assert rows_of(run(*rows, experiment=experiment)) == [
        ("student alone", "71 %", "71.00% ± 1.41"),
        ("student, KD", "67 errors", "250 errors"),
        ("student, AT", "73 %", "–"),
        ("in words", "better", "–"),
    ]


def test_where_nothing_is_comparable_there_is_no_column_for_it():
    experiment = {"strategy": {"name": "match"}, "about": ABOUT}
    assert rows_of(run(experiment=experiment))[0] == ("student alone", "71 %")
    assert published_tables(run()) == []
