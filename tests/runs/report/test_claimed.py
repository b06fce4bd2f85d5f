from kdstudio.engine.claim import Claim
from kdstudio.runs.claims import judged
from kdstudio.runs.evidence import RunEvidence
from kdstudio.runs.report.claimed import claimed
from tests.results import row, run


def test_a_claim_is_told_with_slide_figures_and_publication(reported):
    rows = [row(kind, accuracy, seed=s) for s in range(3) for kind, accuracy in
            (("control", 0.9), ("student", 0.95))]  # fmt: skip
    summary = run(*rows)
    assert claimed(reported(summary)) is None
    claim = Claim.model_validate(
        {"statement": "It <is> so", "slide": "So & so", "published": "146 errors",
         "measured": [{"quantity": "errors", "expect": "lower"}]}
    )  # fmt: skip
    judgement = judged(claim, RunEvidence(summary))
    section = claimed(reported(summary.model_copy(update={"claim": judgement})))
    told = "".join(section.parts)
    for part in ("Shown: It &lt;is&gt; so", "So &amp; so", "−50 errors", "Published: 146 errors."):
        assert part in told
