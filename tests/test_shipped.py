from kdstudio import shipped


def test_what_ships_lies_beside_the_package_in_a_checkout():
    assert (shipped.shipped("presets") / "digits-hinton.toml").exists()
    assert (shipped.shipped("resources") / "theme.toml").exists()


def test_what_lies_inside_the_package_comes_first(tmp_path, monkeypatch):
    package = tmp_path / "kdstudio"
    monkeypatch.setattr(shipped, "PACKAGE", package)
    assert shipped.shipped("presets") == tmp_path / "presets"
    (package / "presets").mkdir(parents=True)
    assert shipped.shipped("presets") == package / "presets"
