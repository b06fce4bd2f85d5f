"""Every action of the lecture page, over runs that nobody has trained and a queue that nobody works off."""

import shutil

import pytest
from PySide6.QtCore import Qt

from kdstudio.errors import KDStudioError
from kdstudio.gui.controller import RunController
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.pages.lecture import lecture_page
from kdstudio.gui.pages.lecture.claim_view import HIDDEN, HIDE, REVEAL, RUN_AGAIN
from kdstudio.gui.pages.lecture.lecture_page import LecturePage
from kdstudio.gui.run_index import SharedIndex
from kdstudio.runs import folder as run_folder
from kdstudio.runs.claims import judged
from kdstudio.runs.evidence import RunEvidence
from kdstudio.runs.kept_guesses import guess_file, read_guesses
from kdstudio.runs.lecture import Course
from kdstudio.runs.log import RunFollower
from kdstudio.runs.presets import plain, to_toml
from kdstudio.runs.queue.queue import Queue
from tests.results import row, run
from tests.runs.test_state import run_started, step_done
from tests.small import create_run, small_experiment

SHARE = "{quantity='errors', expect='lower'}"
DIRECTION = "{quantity='loss', expect='lower', than=0.5}"


def experiment(number, measured):
    claim = f"claim={{statement='It is so', slide='So it is', measured=[{measured}]}}"
    return small_experiment(claim, "seeds=3", f"seed={number}")


EXPERIMENTS = [experiment(1, SHARE), experiment(2, DIRECTION), experiment(3, SHARE)]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Three claims; the first by a longer preset, or a shorter one."""
    claims = []
    for number, each in enumerate((*EXPERIMENTS, experiment(4, SHARE)), 1):
        (tmp_path / f"{number}.toml").write_text(to_toml(each))
        claims.append({"name": str(tmp_path / f"{number}.toml"), "minutes": 8.0})
    long = claims.pop() | {"minutes": 40.0}
    lessons = [
        {"number": 2 * n + 1, "title": f"Claim {n}", "presets": [each]} for n, each in enumerate(claims)
    ]
    lessons[0]["presets"].insert(0, long)
    monkeypatch.setattr(lecture_page, "lecture", lambda: Course.model_validate({"claims": lessons}))


def make_run(runs, number=0, status="finished", students=(40, 30, 50)):
    """Write a run of a claim's experiment; of 1000 images the control has 100 errors."""
    wanted = EXPERIMENTS[number]
    rows = [row(kind, accuracy, seed=seed) for seed, errors in enumerate(students)
            for kind, accuracy in (("control", 0.9), ("student", 1 - errors / 1000))]  # fmt: skip
    folder = create_run(runs, wanted, f"run-{number}")
    summary = run(
        *rows,
        name=folder.name,
        status=status,
        experiment=plain(wanted),
        seconds=34,
        environment={"Processor": "Test"},
    )
    if status == "finished":
        summary = summary.model_copy(update={"claim": judged(wanted.claim, RunEvidence(summary))})
    folder.summary_file.write_text(summary.model_dump_json())
    return folder


@pytest.fixture
def controller(qtbot, runs):
    """Over a queue that is held, so that nothing begins."""
    Queue(runs).hold(held=True)
    controller = RunController(runs)
    yield controller
    controller.finish()


@pytest.fixture
def page(qtbot, theme, course, controller, runs):
    page = LecturePage(theme, controller, SharedIndex(runs))
    qtbot.addWidget(page)
    page.resize(1184, 700)
    page.show()
    return page


@pytest.fixture
def look(page, qtbot):
    """Find the runs that there are now, and wait for what they show."""

    def look():
        page.index.look_now()
        qtbot.waitUntil(lambda: all(each.shown for each in page.lessons.all if each.is_finished))

    return look


def first_lines(page):
    return [text.split("\n")[0] for text in page.list.texts()]


def click(qtbot, button):
    assert button.isEnabled()
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def queued(controller):
    return [entry.read().seed for entry in controller.watch.waiting]


def test_the_course_stands_there_with_states_and_times(page):
    assert first_lines(page) == [f"{number}   ○ not run  8 min 00 s" for number in (1, 3, 5)]
    assert page.list.texts()[0].endswith("\nClaim 0")
    assert page.view.statement.text() == "It is so"
    assert "“So it is”" in page.view.about.text()
    assert not page.report_button.isEnabled()
    assert not page.view.reveal_button.isEnabled()


def test_the_time_there_is_chooses_the_presets(page):
    assert page.total.text() == "3 claims, about 24 min"
    page.time_box.setCurrentText("all the time it takes")
    assert page.total.text() == "3 claims, about 56 min"
    assert page.lessons.steps[0].experiment.seed == 4
    page.time_box.setCurrentText("10 minutes")
    assert page.total.text() == "3 claims, at their shortest about 24 min"


def test_a_claim_is_put_in_line_and_the_others_after_it(page, controller, qtbot):
    page.list.choose(1)
    click(qtbot, page.view.run_button)
    assert queued(controller) == [2]
    assert first_lines(page)[1].startswith("3   ◔ queued")
    assert not page.view.run_button.isEnabled()
    assert "Queue page" in page.view.message.text()
    click(qtbot, page.all_button)
    assert queued(controller) == [2, 1, 3]
    assert not page.all_button.isEnabled()


def test_what_was_left_goes_on(page, controller, runs, look, qtbot):
    folder = make_run(runs, status="stopped")
    look()
    assert "goes on from there" in page.view.message.text()
    click(qtbot, page.view.run_button)
    (entry,) = controller.watch.waiting
    assert entry.run == folder.name


def test_a_run_that_was_left_hides_no_recorded_one(page, controller, runs, look, qtbot):
    make_run(run_folder.RECORDED)
    folder = make_run(runs, status="stopped")
    look()
    assert first_lines(page)[0].startswith("1   ● ready, recorded")
    click(qtbot, page.view.reveal_button)
    assert page.view.verdict.isVisible()
    assert page.shown_run.is_recorded
    assert f"Run goes on with {folder.name}, which was left" in page.view.about.text()
    click(qtbot, page.view.run_button)
    (entry,) = controller.watch.waiting
    assert entry.run == folder.name


def test_a_result_waits_behind_the_guess(page, runs, look, qtbot):
    make_run(runs)
    look()
    assert first_lines(page)[0] == "1   ● ready  34 s"
    assert page.view.message.text() == HIDDEN
    assert page.view.run_button.text() == RUN_AGAIN
    page.view.control.number.setValue(75)
    assert page.view.control.slider.value() == 75
    page.view.control.slider.setValue(80)
    assert page.guesses == {1: 80}
    click(qtbot, page.view.reveal_button)
    assert first_lines(page)[0] == "1   ✔ shown  34 s"
    verdict = page.view.verdict
    assert verdict.isVisible()
    assert verdict.sentence.text().startswith("Shown: errors of student 40, of baseline 100: −60 ± 25 errors")
    assert verdict.remarks.text().endswith("guessed 80 %, measured 40 ± 25 %: too high.")
    assert ("guessed", "", 80, None, None) in verdict.guess.points()
    assert verdict.figures.bars._values == {"baseline": [100], "student": [40]}
    click(qtbot, page.view.reveal_button)
    assert page.view.message.text() == HIDDEN
    assert page.view.reveal_button.text() == REVEAL
    assert page.view.control.number.value() == 80
    page.at_once.setChecked(True)
    assert verdict.isVisible()
    assert page.view.reveal_button.text() == HIDE


def test_a_direction_is_guessed_and_every_claim_keeps_its_guess(page, runs, look, qtbot):
    make_run(runs, 1)
    look()
    click(qtbot, page.view.next_button)
    assert page.view.place.text() == "Claim 3, 2 of 3"
    click(qtbot, page.view.control.directions["lower"])
    page.move_on(1)
    assert not page.view.next_button.isEnabled()
    page.move_on(-1)
    assert page.view.control.directions["lower"].isChecked()
    click(qtbot, page.view.reveal_button)
    assert page.view.verdict.remarks.text() == "Loss of student, against 0.5: guessed lower, measured higher."
    assert first_lines(page)[1].startswith("3   ✖ the opposite")


def test_what_was_revealed_before_its_end_shows_then(page, controller, runs, look, qtbot):
    click(qtbot, page.view.run_button)
    click(qtbot, page.view.reveal_button)
    assert not page.view.verdict.isVisible()
    make_run(runs)
    controller.watch.change(lambda queue: queue.remove([entry.key for entry in queue.entries()]))
    look()
    assert page.view.verdict.isVisible()


def test_damaged_and_deleted_runs_are_told(page, runs, look):
    folder = make_run(runs)
    (folder.path / "experiment.toml").write_text("odd = ")
    page.at_once.setChecked(True)
    look()
    assert first_lines(page)[0].startswith("1   ? no statement")
    assert page.view.verdict.remarks.text().endswith("Run makes it anew.")
    shutil.rmtree(folder.path)
    page.index.look_now()
    assert first_lines(page)[0].startswith("1   ○ not run")
    assert "press Run" in page.view.message.text()


def test_until_a_claim_is_run_here_a_recorded_run_of_its_other_preset_is_shown(page, controller, look, qtbot):
    make_run(run_folder.RECORDED)
    page.time_box.setCurrentText("all the time it takes")
    look()
    assert first_lines(page)[0] == "1   ● ready, recorded  34 s"
    click(qtbot, page.view.reveal_button)
    assert page.view.verdict.isVisible()
    assert page.shown_run.is_recorded
    assert "Run makes" in page.view.about.text()
    click(qtbot, page.view.run_button)
    assert queued(controller) == [4]
    assert first_lines(page)[0].startswith("1   ◔ queued")


def test_the_report_has_all_that_was_run(page, runs, look, qtbot, tmp_path):
    make_run(runs, 0)
    make_run(runs, 2)
    look()
    click(qtbot, page.report_button)
    with qtbot.waitSignal(page.writer.written, timeout=20_000):
        page.writer.write([each.run for each in page.lessons.all if each.run], tmp_path / "report.html")
    told = (tmp_path / "report.html").read_text()
    assert "The lecture" in told
    assert "Claim 2" in told


def test_links_lead_to_the_run_on_other_pages(page, runs, look, qtbot):
    folder = make_run(runs)
    page.at_once.setChecked(True)
    look()
    with qtbot.waitSignal(page.page_wanted) as wanted:
        click(qtbot, page.view.verdict.links["Compare"])
    assert wanted.args == ["Compare", folder]
    assert not page.view.verdict.links["Unseen"].isVisible()


def test_a_course_that_cannot_be_read_says_why(qtbot, theme, controller, runs, monkeypatch):
    def refuse():
        raise KDStudioError("no preset 'nobody'")

    monkeypatch.setattr(lecture_page, "lecture", refuse)
    page = LecturePage(theme, controller, SharedIndex(runs))
    qtbot.addWidget(page)
    assert page.findChild(EmptyState).said.text() == "no preset 'nobody'"


def test_guesses_outlive_the_window(page, theme, controller, runs, qtbot):
    page.view.control.number.setValue(75)
    page.list.choose(1)
    click(qtbot, page.view.control.directions["higher"])
    another = LecturePage(theme, controller, SharedIndex(runs))
    qtbot.addWidget(another)
    another.show()
    assert another.guesses == {1: 75, 3: "higher"}
    assert another.view.control.number.value() == 75
    assert not another.revealed
    assert not another.remark.isVisible()


def test_damaged_guesses_are_left_out_with_a_remark(theme, course, controller, runs, qtbot):
    guess_file(runs).write_text("{")
    page = LecturePage(theme, controller, SharedIndex(runs))
    qtbot.addWidget(page)
    page.show()
    assert page.guesses == {}
    assert "former guesses are unknown" in page.remark.text()
    page.view.control.number.setValue(75)
    assert not page.remark.isVisible()
    assert read_guesses(runs) == {1: 75}


def test_the_page_says_how_far_the_run_of_its_claim_is(page, controller, runs, qtbot):
    assert not page.view.progress.isVisible()
    folder = make_run(runs, status="running")
    with folder.lock():
        page.index.look_now()
    assert page.lesson.goes_on == folder.name
    controller.follower = RunFollower(folder)
    for event in (run_started(), step_done(6, seconds=2.0)):
        controller.run_state.add(event)
    controller.followed.emit()
    assert page.view.progress.isVisible()
    words = "stage 1 of 1: teacher  ·  epoch 2 of 4  ·  5 s left"
    assert page.view.progress.words.text() == words
    assert page.view.progress.bar.value() == 300
    page.list.choose(1)
    assert not page.view.progress.isVisible()
