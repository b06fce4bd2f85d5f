from kdstudio.runs.plot_data import PlotPoint, plot_table
from kdstudio.runs.table_formats import as_csv


def test_numbers_are_read_back_exactly_and_bands_stand_beside():
    points = [PlotPoint("a", 1, 1 / 3, 0.1, 0.5), PlotPoint("b", None, 2.0), PlotPoint("c", "cat", 1e-300)]
    table = plot_table("epoch", "loss", points)
    assert table.head == ("curve", "epoch", "loss", "low", "high")
    assert table.body == [
        ("a", "1.0", repr(1 / 3), "0.1", "0.5"),
        ("b", "", "2.0", "", ""),
        ("c", "cat", "1e-300", "", ""),
    ]


def test_without_bands_there_are_three_columns_and_axes_without_titles_have_letters():
    assert as_csv(plot_table("", "", [PlotPoint("a", 1, 2)])) == "curve,x,y\na,1.0,2.0\n"
