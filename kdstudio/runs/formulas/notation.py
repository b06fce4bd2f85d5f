"""The notation of our formulas, ``0.5·CE(y, softmax(z_s))``, read into pieces of TeX.

Formulas are written for people, with the signs of mathematics and words between them, so there is no
grammar to keep: what is not known as a sign stays as it is, upright.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

BINARY = {"+", "−", "=", "‖", "·"}
"""Signs that stand between two pieces; a line breaks before them."""
RELATIONS = {"≠", ">", "<", "≤", "≥", "∈"}
"""Signs that keep both their neighbours."""
OPENS = re.compile(r"Σ(_\w+|_\{[^}]*\})?$")
"""What is never at the end of a line: a sum without its summand."""
ACCENTS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde"}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", "0123456789-T")
SIGNS = {
    "·": r"\cdot ", "−": "-", "‖": r"\|", "∠": r"\angle ", "∂": r"\partial ", "≠": r"\neq ",
    "≤": r"\leq ", "≥": r"\geq ", "∈": r"\in ", "½": r"\frac{1}{2}", "…": r"\ldots ", "Σ": r"\sum ",
    "∞": r"\infty ", "×": r"\times ",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\epsilon ", "θ": r"\theta ",
    "λ": r"\lambda ", "μ": r"\mu ", "ρ": r"\rho ", "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\varphi ",
}  # fmt: skip
PLAIN = "+-=<>|()[],.:;!/'*?"
ESCAPED = {sign: f"\\{sign}" for sign in "{}%#&$_"} | {"\\": r"\backslash", "~": r"\sim", "^": r"\wedge"}
TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z]+(?:'s)?)"
    r"|(?P<sub>_(?:\{[^}]*\}|[A-Za-z]+|\d+|.))"
    r"|(?P<power>\^(?:\([^)]*\)|\w))"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ]+)"
    r"|(?P<sign>.)"
)
SYMBOL = re.compile(r"[A-Za-z]{2,}|[A-Za-zα-ω]_(?:\{[^}]*\}|[A-Za-z]+)|[A-Za-zα-ω]")


class Piece(NamedTuple):
    """What is never broken: a sign with what follows it up to the next space."""

    text: str
    tex: str
    depth: int
    """Brackets open where it begins: the fewer, the better a line begins here."""
    joins: bool
    """Whether it begins with a sign, which brings its own space."""


def pieces(formula: str) -> list[Piece]:
    """Read a formula into the pieces between which a line may be broken."""
    found: list[Piece] = []
    depth = 0
    for chunk in _chunks(formula):
        sign = chunk.split(" ")[0]
        joins = sign in BINARY and sign != chunk
        # what is set equal stays with its name, if it can
        found.append(Piece(chunk, _tex_of(chunk, joins=joins), depth + (sign == "="), joins))
        depth += sum(chunk.count(bracket) for bracket in "([") - sum(chunk.count(b) for b in ")]")
    return found


def tex(formula: str) -> str:
    """Return the whole formula as TeX."""
    made = ""
    for piece in pieces(formula):
        between = " " if piece.joins else r"\ "
        made += (between if made else "") + piece.tex.removeprefix("{}")
    return made


def symbols(formula: str) -> list[str]:
    """Name the signs and functions in a formula, each once: ``y``, ``z_s``, ``softmax``."""
    return list(dict.fromkeys(SYMBOL.findall(formula)))


def _chunks(formula: str) -> list[str]:
    """Split at spaces; a sign stays with what follows, a relation with both sides."""
    chunks: list[str] = []
    glue = False
    for word in formula.split():
        if chunks and (glue or word in RELATIONS):
            chunks[-1] += f" {word}"
        else:
            chunks.append(word)
        glue = word in BINARY or word in RELATIONS or bool(OPENS.search(word))
    return chunks


def _tex_of(chunk: str, *, joins: bool) -> str:
    """TeX of one chunk; an empty group before a sign makes it stand between two."""
    made = "{}" if joins else ""
    words = chunk.split(" ")
    for place, word in enumerate(words):
        if place:
            made += " " if {word, words[place - 1]} & (BINARY | RELATIONS) else r"\ "
        made += r"\parallel " if word == "‖" else _tex_of_word(word)
    return made


def _tex_of_word(word: str) -> str:
    made: list[str] = []
    for match in TOKEN.finditer(_decomposed(word)):
        kind, text = match.lastgroup, match.group()
        if kind == "sub":
            made.append(f"_{{{_tex_of_word(text[1:].strip('{}'))}}}")
        elif kind == "power":
            made.append(f"^{{{_tex_of_word(text[1:].strip('()'))}}}")
        elif kind == "raised":
            raised = text.translate(RAISED)
            made.append(f"^{{{raised}}}" if raised != "T" else r"^{\top}")
        elif kind == "number":
            made.append(text)
        elif kind == "word":
            made.append(rf"\mathrm{{{text}}}")
        elif text in ACCENTS and made:
            made.append(f"{ACCENTS[text]}{{{made.pop().strip()}}}")
        elif text == "−" and len(word) > 1 and (not made or made[-1] in "(["):
            made.append("{-}")  # a sign of what follows, not between two
        elif kind == "sign" and text in SIGNS:
            made.append(SIGNS[text])
        else:
            made.append(text if text.isalnum() or text in PLAIN else rf"\text{{{ESCAPED.get(text, text)}}}")
    return "".join(made)


def _decomposed(word: str) -> str:
    """Take accents off their letters: ``ŷ`` is ``y`` and a hat."""
    return "".join(unicodedata.normalize("NFD", sign) if sign.isalpha() else sign for sign in word)
