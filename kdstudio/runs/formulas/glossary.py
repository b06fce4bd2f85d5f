"""What the signs mean that all formulas share; a formula itself tells the meaning of its own."""

from __future__ import annotations

from kdstudio.runs.formulas.notation import symbols

MEANINGS = {
    "L": "the loss that is made small",
    "y": "the true label, as probabilities",
    "K": "number of classes",
    "T": "temperature: logits are divided by it before the softmax",
    "α": "share of the label loss",
    "λ": "weight of the soft loss, which changes with the epochs",
    "z_s": "the student's logits",
    "z_t": "the teacher's logits",
    "z_k": "logits of the network that learns",
    "z_l": "logits of one of its peers",
    "z_{k−1}": "logits of the generation before",
    "z_C": "logits of the deepest exit",
    "z_i": "logits of exit i",
    "F_s": "features of the student",
    "F_t": "features of the teacher",
    "F_C": "features before the deepest exit",
    "F_i": "features before exit i",
    "f_s": "embedding of the student",
    "f_t": "embedding of the teacher",
    "r": "a learned projection of the student to the teacher's shape",
    "φ": "selection of the student's classes",
    "softmax": "logits made probabilities",
    "CE": "cross-entropy",
    "KL": "Kullback–Leibler divergence: 0 where both agree",
    "BCE": "binary cross-entropy",
    "MMD": "maximum mean discrepancy, a distance of distributions",
    "pool": "mean over the pixels",
}
"""By sign, as it stands in a formula."""


def explained(formula: str) -> list[str]:
    """Say what the known signs of a formula, or of a piece of one, mean: ``z_s: the student's logits``."""
    return [f"{sign}: {MEANINGS[sign]}" for sign in symbols(formula) if sign in MEANINGS]
