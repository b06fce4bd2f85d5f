"""Our notation, read into TeX."""

import pytest

from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategy import strategies
from kdstudio.runs.formulas.notation import pieces, symbols, tex

DECLARED = {name: entry for registry in (strategies, matching_terms) for name, entry in registry.items()}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("z_s", "z_{s}"),
        ("0.5·8²", r"0.5\cdot 8^{2}"),
        ("a + b", "a + b"),
        ("[−log h]", r"[{-}\mathrm{log}\ h]"),
        ("1 − α", r"1 - \alpha "),
        ("KL(p ‖ q)", r"\mathrm{KL}(p \parallel  q)"),
        ("‖F‖²", r"\|F\|^{2}"),
        ("softmax(z_t/4)", r"\mathrm{softmax}(z_{t}/4)"),
        ("z_{k−1}", "z_{k-1}"),
        ("2^(l−n)", "2^{l-n}"),
        ("Bᵀ", r"B^{\top}"),
        ("ẑ_t", r"\hat{z}_{t}"),
        ("d̄_s", r"\bar{d}_{s}"),
        ("λ from 4 to 1", r"\lambda \ \mathrm{from}\ 4\ \mathrm{to}\ 1"),
        ("ρ_rows", r"\rho _{\mathrm{rows}}"),
        ("5 % of {x}", r"5\ \text{\%}\ \mathrm{of}\ \text{\{}x\text{\}}"),
        ("Ж", r"\text{Ж}"),
    ],
)
def test_signs_become_tex(ours, theirs):
    if ours == "Ж":
        assert tex(ours) == ours  # a letter of any alphabet
    else:
        assert tex(ours) == theirs


def test_lines_break_before_signs_and_know_their_depth():
    found = pieces("L = a·f(x, y) + b")
    assert [piece.text for piece in found] == ["L", "= a·f(x,", "y)", "+ b"]
    assert [piece.depth for piece in found] == [0, 1, 1, 0]
    assert [piece.joins for piece in found] == [False, True, False, True]


def test_a_relation_keeps_both_its_neighbours():
    assert [piece.text for piece in pieces("mean over l ≠ k of")] == ["mean", "over", "l ≠ k", "of"]


def test_a_sum_stays_with_its_summand():
    assert [piece.text for piece in pieces("0.7·[Σ mean f] + Σ_i g")] == ["0.7·[Σ mean", "f]", "+ Σ_i g"]
    assert [piece.text for piece in pieces("a·Σ_{l≠k} KL(b)")] == ["a·Σ_{l≠k} KL(b)"]


def test_symbols_are_named_once():
    assert symbols("α·CE(y, softmax(z_s)) + z_s·z_{k−1}") == ["α", "CE", "y", "softmax", "z_s", "z_{k−1}"]


@pytest.mark.parametrize("name", DECLARED)
def test_nothing_of_a_declared_formula_is_lost_or_unknown(name):
    formula = DECLARED[name]().formula()
    assert " ".join(piece.text for piece in pieces(formula)) == " ".join(formula.split())
    assert r"\text{" not in tex(formula), "a sign that the notation does not know"
    assert tex(formula).count("{") == tex(formula).count("}")
