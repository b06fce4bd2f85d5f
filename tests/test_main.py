import os
import sys

import pytest

from kdstudio import __main__ as program


def test_the_exit_code_is_the_commands(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["kdstudio", "show", "nothing"])
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 2
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    assert capfd.readouterr().err.startswith("kdstudio: no run 'nothing'")
