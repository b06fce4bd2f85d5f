from pathlib import Path

from kdstudio.data.folders import cache_folder, data_folder


def test_the_data_folder_is_the_one_named(monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", "/some/where")
    assert data_folder() == Path("/some/where")
    monkeypatch.setenv("KDSTUDIO_DATA", "~/images")
    assert data_folder() == Path.home() / "images"


def test_without_a_name_the_data_folder_is_the_users(monkeypatch):
    monkeypatch.delenv("KDSTUDIO_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/users/own")
    assert data_folder().parts[-2:] == ("kdstudio", "data")


def test_the_cache_folder_is_the_one_named_or_the_users(monkeypatch):
    monkeypatch.setenv("KDSTUDIO_CACHE", "~/fast")
    assert cache_folder() == Path.home() / "fast"
    monkeypatch.delenv("KDSTUDIO_CACHE")
    assert "kdstudio" in cache_folder().parts
