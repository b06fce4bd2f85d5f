"""Tables of the documentation are written from what is declared; here only that they are up to date."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [page.name for page in DOCS.glob("*.md") if "<!-- table:" in page.read_text("utf-8")]


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_the_tables_of_the_page_are_up_to_date(tables, name):
    text = (DOCS / name).read_text("utf-8")
    assert tables.renewed(text) == text, "run: python docs/tables.py"


def test_every_table_stands_on_some_page_and_is_closed(tables):
    pages = [(DOCS / name).read_text("utf-8") for name in PAGES]
    named = [name for text in pages for name in re.findall(r"<!-- table: ([\w-]+) -->", text)]
    assert sorted(named) == sorted(tables.TABLES)
    assert sum(text.count("<!-- /table -->") for text in pages) == len(named)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings_that_are_there(page):
    for target, heading in re.findall(r"\]\(([\w./-]+\.md)(?:#([\w-]+))?\)", page.read_text("utf-8")):
        text = (DOCS / target).read_text("utf-8")
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        slugs = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings]
        assert not heading or heading in slugs, f"{target}#{heading}"


def test_a_bar_in_a_cell_does_not_end_it(tables):
    assert tables.laid_out(("a", "b"), [("|x|", "")]) == "| a | b |\n|---|---|\n| \\|x\\| | |\n"
