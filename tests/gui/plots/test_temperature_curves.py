import numpy as np
import pytest

from kdstudio.gui.plots.temperature_curves import Line, TemperatureCurves


@pytest.fixture
def plot(qtbot, theme):
    made = TemperatureCurves(theme, "Gradient", "L2 norm", log=True)
    qtbot.addWidget(made)
    made.show_lines([1.0, 10.0], [Line("CE", "ce", [0.1, 0.001], broad=True), Line("KL", "kl", [0.1, 0.001])])
    return made


def test_both_axes_are_logarithmic(plot):
    x, y = plot._curves["KL"].getData()
    assert x.tolist() == pytest.approx([0, 1])
    assert y.tolist() == pytest.approx([-1, -3])


def test_the_curve_below_is_broader(plot):
    broad, thin = (plot._curves[name].opts["pen"] for name in ("CE", "KL"))
    assert broad.width() > thin.width()


def test_the_marker_stands_at_the_temperature(plot):
    plot.mark(5.0)
    assert plot.marker.value() == pytest.approx(np.log10(5))


def test_a_change_of_theme_leaves_the_ticks_at_their_values(plot, theme):
    for scheme in ("dark", "light"):
        theme.choose(scheme)
        assert plot.plot.getAxis("left").autoSIPrefixScale == 1


def test_the_legend_hides_a_curve(plot):
    plot.legend._buttons["CE"].click()
    assert not plot._curves["CE"].isVisible()
    assert plot._curves["KL"].isVisible()
