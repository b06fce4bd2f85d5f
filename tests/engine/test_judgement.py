import pytest

from kdstudio.engine.judgement import Finding, Judgement


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (("shown", "shown"), "shown"),
        (("shown", "not shown"), "not shown"),
        (("not shown", "the opposite", "shown"), "the opposite"),
        (("the opposite", "no statement"), "no statement"),
    ],
)
def test_the_gravest_verdict_is_that_of_the_whole(verdicts, whole):
    findings = tuple(
        Finding(quantity=str(n), of="", than="", expected="lower", verdict=v) for n, v in enumerate(verdicts)
    )
    judgement = Judgement(statement="It is so", findings=findings)
    assert judgement.verdict == judgement.deciding.verdict == whole
