import platform

from kdstudio import machine


def test_the_processor_has_a_name_where_linux_does_not_tell_it(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "PROCESSORS", tmp_path / "none")
    assert machine.processor() == (platform.processor() or platform.machine())
