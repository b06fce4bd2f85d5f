"""Expressions within the width of the line."""

from kdstudio.runs.script.layout import WIDTH, Call, Keyword, Sum, inside, joined, render


def test_what_fits_stays_on_one_line():
    assert render(Call("f", ("a", Keyword("b", "1"))), 4, "x = ") == "    x = f(a, b=1)"


def test_what_does_not_fit_has_each_argument_on_a_line_of_its_own():
    long = Call("f", ("a" * 60, Keyword("b", Call("g", ("c" * 60,)))))
    assert render(long, before="x = ") == f"x = f(\n    {'a' * 60},\n    b=g({'c' * 60}),\n)"
    assert render(Sum(("a" * 60, "b" * 60))) == f"(\n    {'a' * 60}\n    + {'b' * 60}\n)"


def test_depth_counts_for_the_width():
    call = Call("f", ("a" * 50, "b" * (WIDTH - 55)))
    assert "\n" not in inside(call, 0)
    assert inside(call, 4) == f"f(\n    {'a' * 50},\n    {'b' * (WIDTH - 55)},\n)"


def test_brackets_are_joined_where_they_fit_and_no_comma_ends_them():
    assert joined("f(\n    [\n        a for a in b\n    ]\n)") == "f([a for a in b])"
    assert joined("f(\n    a,\n)") == "f(\n    a,\n)"
    assert joined(f"f(\n    {'a' * 120}\n)") == f"f(\n    {'a' * 120}\n)"
