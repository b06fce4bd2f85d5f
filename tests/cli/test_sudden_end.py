"""What would end the program at once is an error that can be told, in this process alone."""

import os

import pytest

from kdstudio.cli.sudden_end import no_sudden_end


def test_it_raises_meanwhile_and_not_afterwards():
    before = os._exit
    with pytest.raises(SystemExit) as caught, no_sudden_end():
        os._exit(0)
    assert caught.value.code == 0
    assert os._exit is before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked there")
def test_a_forked_process_ends_as_it_wishes():
    with no_sudden_end():
        child = os.fork()
        if not child:
            os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
