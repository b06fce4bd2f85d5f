"""Whole reports: what a reader needs is in them, and nothing in them refers elsewhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.report.page import report, write_report
from tests.results import doubt, row, run

VOID = {"meta", "link", "br", "img"}
FORMER = Path(__file__).parents[1] / "former"


class Page(HTMLParser):
    """Collects what a page refers to, its drawings, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.refers, self.ids, self._open = [], [], set(), []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        for name, value in attributes:
            assert not name.startswith("on"), f"{name} is a script"
            if name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
                self.refers.append(value)
            if name == "id":
                self.ids.add(value)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def drawings(text):
    return [f"<svg{part.partition('</svg>')[0]}</svg>" for part in text.split("<svg")[1:]]


def check(text):
    """Tell what is wrong with a page that should stand alone."""
    page = Page(text)
    assert not {"script", "iframe", "object", "embed"} & {*page.tags}
    assert all(link.startswith("data:") or link.removeprefix("#") in page.ids for link in page.refers)
    assert "@import" not in text
    assert "url(" not in text
    assert len(text.encode()) < 2_000_000
    for svg in drawings(text):
        ElementTree.fromstring(svg)
    return page


def nobody(_what, _fraction):
    """Hears of the progress."""


def test_a_run_of_several_seeds_is_told_whole(kept, tmp_path):
    path = write_report([RunFolder(kept / "seeds")], tmp_path / "report.html", nobody)
    text = path.read_text("utf-8")
    check(text)
    for heading in ("Results", "How it went", "Mistakes", "Networks", "Method", "Reproduction"):
        assert f"<h2>{heading}</h2>" in text
    assert len(drawings(text)) > 8


def test_several_runs_are_compared_first_and_then_told(kept):
    from kdstudio.runs.report.reported import read_run

    text = report([read_run(RunFolder(kept / name)) for name in ("seeds", "unseen")])
    page = check(text)
    assert {"run-1", "run-2"} <= page.ids
    assert text.index("2 runs compared") < text.index('id="run-1"') < text.index('id="run-2"')
    assert "Never seen in training: 3" in text


@pytest.mark.parametrize("folder", sorted(FORMER.iterdir()), ids=lambda folder: folder.name)
def test_runs_of_earlier_versions_are_told(folder, tmp_path):
    path = write_report([RunFolder(folder)], tmp_path / "report.html", nobody)
    check(path.read_text("utf-8"))


def test_what_people_have_written_is_escaped(reported, tmp_path):
    bad = "</style><script>alert(1)</script><img src='http://elsewhere/x'>"
    about = {"title": bad, "source": bad, "shows": bad, "published": [{"what": bad, "value": bad}]}
    rows = (row("student", 0.5, way=bad, architecture=bad), row("control", 0.4))
    summary = run(
        *rows, name=bad, error=bad, warnings=(doubt(bad),), class_names=(bad, "b"), device=bad,
        experiment={"strategy": {"name": bad, bad: bad}, "about": about},
    )  # fmt: skip
    for runs in ([summary], [summary, summary.model_copy(update={"name": "other"})]):
        text = report([reported(found, tmp_path) for found in runs])
        check(text)
        assert "&lt;script&gt;" in text


def test_a_run_that_has_only_begun_is_told(reported, tmp_path):
    text = report([reported(run(status="interrupted"), tmp_path)])
    check(text)
    assert "interrupted" in text


def test_an_existing_file_is_replaced_only_when_asked_to(kept, tmp_path, capsys):
    out = tmp_path / "mine.html"
    arguments = ["report", "seeds", "unseen", "--out", str(out), "--runs-dir", str(kept)]
    assert run_command_line(arguments) == 0
    assert capsys.readouterr().out.strip() == str(out)
    out.write_text("mine")
    assert run_command_line(arguments) == 2
    assert "is there already; replace it (--replace), or choose another name" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert run_command_line([*arguments, "--replace"]) == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")


def test_bad_input_is_one_line_and_leaves_nothing(kept, tmp_path, capsys):
    for out, run_name, words in (
        (tmp_path / "none" / "r.html", "seeds", "cannot be written"),
        (tmp_path / "r.html", "nothing", "no run 'nothing'"),
    ):
        assert run_command_line(["report", run_name, "--out", str(out), "--runs-dir", str(kept)]) == 2
        assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_damaged_log_is_told_in_the_report(kept, tmp_path, capsys):
    import shutil

    shutil.copytree(kept / "seeds", tmp_path / "broken")
    (tmp_path / "broken" / "events.jsonl").write_text('{"kind": "odd"}\n')
    assert run_command_line(["report", str(tmp_path / "broken"), "--out", str(tmp_path / "r.html")]) == 0
    assert "Some of the log cannot be read" in (tmp_path / "r.html").read_text()


def test_a_report_needs_neither_torch_nor_qt_nor_data(kept, tmp_path):
    code = (
        "import sys; from kdstudio.cli.commands import run_command_line as run; code = run(sys.argv[1:]); "
        "print(code, [m for m in ('torch', 'torchvision', 'PySide6', 'matplotlib') if m in sys.modules])"
    )
    command = ["report", "seeds", "--runs-dir", str(kept), "--out", str(tmp_path / "r.html")]
    command += ["--no-disagreements"]
    found = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "0 []"
