import csv
import io

import pytest

from kdstudio.engine.views import TableView
from kdstudio.errors import KDStudioError
from kdstudio.runs.result_tables import result_tables, tabulate
from kdstudio.runs.table_formats import TABLE_FORMATS, TextTable, as_csv, as_latex, as_markdown, written_as
from tests.results import row, run

ODD = TextTable("50 % & <more>", ("network", "errors"), (("a_1|b", "61 ± 14"), ('"T²", \\x', "−3")), "lr")


def test_csv_is_read_back_as_it_was():
    title, *rows = csv.reader(io.StringIO(as_csv(ODD)))
    assert title == [ODD.title]
    assert rows == [["network", "errors"], ["a_1|b", "61 ± 14"], ['"T²", \\x', "−3"]]


def test_a_table_without_a_title_begins_with_its_head():
    assert as_csv(ODD._replace(title="")).startswith("network,errors\n")
    assert as_latex(ODD._replace(title="")).startswith(r"\begin{tabular}")
    assert as_markdown(ODD._replace(title="")).startswith("| network")


def test_latex_has_booktabs_rules_and_nothing_that_it_reads_as_something_else():
    assert as_latex(ODD) == "\n".join(
        (
            "% 50 % & <more>",
            r"\begin{tabular}{lr}",
            r"\toprule",
            r"network & errors \\",
            r"\midrule",
            r"a\_1\textbar{}b & 61 $\pm$ 14 \\",
            r'"T²", \textbackslash{}x & $-$3 \\',
            r"\bottomrule",
            r"\end{tabular}",
            "",
        )
    )


@pytest.mark.parametrize("sign", "&%$#_{}")
def test_latex_signs_are_escaped(sign):
    assert f"x\\{sign}y" in as_latex(TextTable("", ("x" + sign + "y",), (), "l"))


def test_markdown_is_aligned_and_its_signs_are_escaped():
    assert as_markdown(ODD).splitlines() == [
        r"**50 % & \<more\>**",
        "",
        "| network   |  errors |",
        "| --------- | ------: |",
        r"| a\_1\|b   | 61 ± 14 |",
        r'| "T²", \\x |      −3 |',
    ]


@pytest.mark.parametrize("name", TABLE_FORMATS)
def test_a_cell_with_line_breaks_stays_in_its_row(name):
    table = TextTable("", ("one", "two"), (("a\nb", "c"),), "ll")
    rows = written_as(name, [table])
    if name == "csv":
        assert [*csv.reader(io.StringIO(rows))][1] == ["a\nb", "c"]
    else:
        assert "a b" in rows


@pytest.mark.parametrize("name", TABLE_FORMATS)
def test_every_table_of_a_run_is_written_with_its_best_row_marked(name):
    view = TableView(title="By depth", rows=("depth",), best="validation.accuracy")
    found = run(row("student", 0.6, 0.6, depth=1), row("student", 0.7, 0.7, depth=2), views=(view,))
    text = written_as(name, result_tables(found))
    assert text.index("architecture") < text.index("By depth")
    (best,) = (line for line in text.splitlines() if "best validation accuracy" in line)
    assert "2" in best


def test_a_format_that_is_not_there_is_named():
    with pytest.raises(KDStudioError, match="no format 'xlsx' of tables; there are csv, latex, markdown"):
        written_as("xlsx", [tabulate(TableView(title="", rows=("kind",)), [row("student", 0.5)])])
