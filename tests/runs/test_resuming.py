"""Whatever is damaged, the bits are those of the uninterrupted run, or one sentence says why not."""

import json
import os
import shutil
from math import inf

import pytest
from safetensors.torch import load_file, save_file

from kdstudio.errors import KDStudioError
from kdstudio.runs import log as logs
from kdstudio.runs import recorder as recorders
from kdstudio.runs.checkpoints import remove_checkpoints
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.resuming import verify_checkpoint, where_to_go_on
from kdstudio.runs.reuse import read_stages
from kdstudio.runs.session import new_session, resumed_session
from tests.small import run_in, same_states, small_experiment, weights_in

JITTER = "networks.student.training.augmentation.jitter=1"
SAMPLED = 12
"""Bytes of a file that are flipped, one after the other."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run, and the same as a kill in its third stage leaves it, with two checkpoints there."""
    runs = tmp_path_factory.mktemp("made")
    experiment = small_experiment(JITTER, "compute.checkpoint_every=0")
    whole = run_in(runs, experiment, "whole")
    session = new_session(experiment, runs, "left")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorders, "CHECKPOINTS_SHARE", inf)
        events = session.events()
        next(event for event in events if event.kind == "epoch-done" and event.stage == 2)
        next(event for event in events if event.kind == "step-done")
        left = RunFolder(shutil.copytree(session.folder.path, runs / "killed"))
        events.close()
    return whole, left


@pytest.fixture
def whole(made):
    return made[0]


@pytest.fixture
def left(made, runs):
    """A copy of the unfinished run, to be damaged."""
    shutil.copytree(made[1].path, runs / "left")
    return RunFolder(runs / "left")


def resume(folder, **options):
    """Go on to the end; returns what people were told."""
    session = resumed_session(folder, **options)
    told = RunFollower(folder)
    told.poll()
    assert [event.kind for event in session.events()][-1] == "run-done"
    return told.state.notices


def same(folder, whole):
    """Tell whether a run has come to what the uninterrupted one has."""
    return (
        same_states(weights_in(folder), weights_in(whole))
        and folder.summary().networks == whole.summary().networks
        and steps(folder) == steps(whole)
        and not [*folder.path.glob("checkpoint*")]
    )


def steps(folder):
    kinds = ("step-done", "epoch-done", "stage-done")
    aside = {"seconds", "images_per_second"}
    return [event.model_dump(exclude=aside) for event in folder.events() if event.kind in kinds]


def flip(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 0x10
    file.write_bytes(content)


def places_in(file):
    size = file.stat().st_size
    return [size * k // SAMPLED for k in range(SAMPLED)] + [size - 1]


def contents(folder):
    return {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}


def refusal(folder):
    """Return why nothing can go on; nothing in the folder has changed."""
    before = contents(folder)
    with pytest.raises(KDStudioError) as caught:
        resumed_session(folder)
    assert {file: content for file, content in contents(folder).items() if file.name != ".lock"} == {
        file: content for file, content in before.items() if file.name != ".lock"
    }
    assert not folder.is_running()
    message = str(caught.value)
    assert "from the beginning: kdstudio resume left --again; or run it anew: kdstudio run " in message
    return message


def test_what_is_whole_goes_on_without_a_word(left, whole):
    verify_checkpoint(left)
    assert resume(left) == []
    assert same(left, whole)


def test_a_flipped_bit_anywhere_in_the_checkpoint_is_found_and_the_previous_one_is_used(left):
    latest = where_to_go_on(left).checkpoint.progress
    content = left.checkpoint_file.read_bytes()
    for place in places_in(left.checkpoint_file):
        flip(left.checkpoint_file, place)
        found = where_to_go_on(left)
        assert found.file == left.previous_checkpoint_file
        assert (found.checkpoint.progress.stage, found.checkpoint.progress.epoch) == (2, 1)
        assert found.checkpoint.progress.seconds < latest.seconds
        with pytest.raises(KDStudioError, match=r"goes on from the checkpoint before it"):
            verify_checkpoint(left)
        left.checkpoint_file.write_bytes(content)


@pytest.mark.parametrize(
    "damage", [b"", b"\xff" * 50, lambda content: content[:-1], lambda content: content + b"\0", None]
)
def test_the_previous_checkpoint_is_used_and_named(left, whole, damage):
    if damage is None:
        left.checkpoint_file.unlink()
    else:
        content = damage if isinstance(damage, bytes) else damage(left.checkpoint_file.read_bytes())
        left.checkpoint_file.write_bytes(content)
    (notice,) = resume(left)
    assert notice.startswith(
        "The run goes on from the checkpoint before it, 'checkpoint.previous.safetensors'"
    )
    assert "'checkpoint.safetensors'" in notice
    assert same(left, whole)


def test_what_was_passed_over_is_told_again_by_a_run_that_is_killed_before_its_next_checkpoint(left, whole):
    flip(left.checkpoint_file, 2000)
    events = resumed_session(left).events()
    next(event for event in events if event.kind == "step-done")
    killed = RunFolder(left.path.with_name("killed"))
    shutil.copytree(left.path, killed.path)
    events.close()
    (notice,) = resume(killed)
    assert "'checkpoint.safetensors' is damaged" in notice
    assert same(killed, whole)


def test_where_both_checkpoints_are_damaged_the_end_of_the_stage_before_is_left(left, whole):
    flip(left.checkpoint_file, -1)
    flip(left.previous_checkpoint_file, -1)
    (notice,) = resume(left)
    assert notice == (
        "The run goes on from the end of stage 'baseline': 'checkpoint.safetensors' is damaged, or of another"
        " run: events.jsonl has noted no such content; 'checkpoint.previous.safetensors' is damaged, or of "
        "another run: events.jsonl has noted no such content. What came after is trained again; the results "
        "are the same."
    )
    assert same(left, whole)


@pytest.mark.parametrize("stage", [0, 1])
def test_a_flipped_bit_in_any_weights_of_a_finished_stage_is_found(left, stage):
    files = [file["path"] for file in read_stages(left)[str(stage)]["written"]]
    assert files
    for name in files:
        file = left.path / name
        content = file.read_bytes()
        for place in places_in(file):
            flip(file, place)
            if stage == 0:
                assert f"'{name}' is not as it was written" in refusal(left)
            else:
                found = where_to_go_on(left)
                assert found.checkpoint.progress.stage == 1
                assert f"'{name}' is not as it was written" in found.notices[0]
        file.write_bytes(content)


def test_a_stage_whose_weights_are_damaged_is_trained_again_from_the_end_of_the_one_before(left, whole):
    flip(left.network_file("baseline"), -5)
    (notice,) = resume(left)
    assert notice.startswith(
        "The run goes on from the end of stage 'teacher': 'networks/baseline.safetensors'"
    )
    assert same(left, whole)


def test_a_run_that_lost_the_weights_of_its_first_stage_says_how_to_mend_that(left):
    left.network_file("teacher").unlink()
    assert "'networks/teacher.safetensors' is not there. If you have a copy" in refusal(left)


BEYOND_TRUST = {
    "weights of the first stage": lambda run: run.network_file("teacher").unlink(),
    "its log": lambda run: run.events_file.unlink(),
    "zeros in its log": lambda run: run.events_file.write_bytes(b"\0" * 5000),
    "its list of stages": lambda run: run.stages_file.write_text("{"),
}


@pytest.mark.parametrize("what", BEYOND_TRUST)
def test_what_cannot_be_trusted_is_trained_again_where_that_is_wished(left, whole, what):
    BEYOND_TRUST[what](left)
    (notice,) = resume(left, again=True)
    assert notice.startswith("The run goes on from its beginning: ")
    assert same(left, whole)


def test_what_can_be_trusted_is_not_trained_again(left, whole):
    assert where_to_go_on(left, again=True).checkpoint.progress.stage == 2
    assert where_to_go_on(left, again=True).notices == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"0": {}}'])
def test_a_damaged_list_of_stages_is_named(left, text):
    left.stages_file.write_text(text)
    assert "stages.json" in refusal(left)


def test_a_log_that_ends_before_the_checkpoint_is_not_lengthened(left, whole):
    lines = left.events_file.read_bytes().splitlines(keepends=True)
    noted = [number for number, line in enumerate(lines) if b"checkpoint-saved" in line]
    left.events_file.write_bytes(b"".join(lines[: noted[-1]]) + lines[noted[-1]][:7])
    (notice,) = resume(left)
    assert "the checkpoint before it" in notice
    assert b"\0" not in left.events_file.read_bytes()
    assert same(left, whole)


@pytest.mark.parametrize("content", [None, b"", b"\0" * 5000])
def test_a_log_that_is_lost_is_named_and_nothing_is_thrown_away(left, content):
    if content is None:
        left.events_file.unlink()
    else:
        left.events_file.write_bytes(content)
    told = refusal(left)
    assert "cannot go on: events.jsonl is gone, or tells of no checkpoint" in told
    assert "--again" in told
    assert "damaged, or of another" not in told


def test_an_experiment_that_is_no_toml_can_be_mended_and_the_refusal_says_how(left):
    left.experiment_file.write_text("seed = = 3")
    with pytest.raises(KDStudioError, match="'kdstudio check left' says what can be mended"):
        resumed_session(left)


def test_a_folder_for_a_log_is_named_with_what_can_be_done(left):
    left.events_file.unlink()
    left.events_file.mkdir()
    with pytest.raises(KDStudioError, match="put a copy of the log in its place, or move it away"):
        resumed_session(left)


@pytest.mark.parametrize(
    "bad", [b"{\n", b"\xff\xfe\n", b"\0\0\0\n", b'{"kind":"unheard-of"}\n', b"[" * 9999 + b"\n"]
)
def test_lines_that_cannot_be_read_are_left_out_and_counted(left, whole, bad):
    lines = left.events_file.read_bytes().splitlines(keepends=True)
    left.events_file.write_bytes(b"".join([*lines[:4], bad, *lines[4:9], bad, *lines[9:]]))
    (notice,) = resume(left)
    assert notice == "2 lines of events.jsonl cannot be read, and left out: curves may lack points."
    assert same(left, whole)


def test_a_step_of_a_stage_that_nobody_has_planned_is_such_a_line(left, whole):
    lines = left.events_file.read_bytes().splitlines(keepends=True)
    step = next(line for line in lines if line.startswith(logs.STEP)).replace(b'"stage":0', b'"stage":77')
    left.events_file.write_bytes(b"".join([*lines[:4], step, *lines[4:]]))
    assert resume(left)[0].startswith("1 line of events.jsonl cannot be read")
    assert same(left, whole)


def test_a_log_whose_end_of_a_stage_is_damaged_goes_on_where_it_is_whole(left, whole):
    content = left.events_file.read_bytes()
    second = content.index(b'{"kind":"stage-done"', content.index(b'{"kind":"stage-done"') + 1)
    left.events_file.write_bytes(content[:second] + b"#" + content[second + 1 :])
    (notice,) = resume(left)
    assert "end of stage 'teacher': events.jsonl does not tell of the end of stage 'baseline'" in notice
    assert same(left, whole)


def test_the_log_or_the_checkpoint_of_another_run_is_told(left, runs):
    other = new_session(small_experiment("seed=5"), runs, "other")
    events = other.events()
    next(event for event in events if event.kind == "epoch-done" and event.stage == 2)
    events.close()
    shutil.copy(other.folder.checkpoint_file, left.checkpoint_file)
    assert where_to_go_on(left).file == left.previous_checkpoint_file
    shutil.copy(other.folder.checkpoint_file, left.previous_checkpoint_file)
    shutil.copy(other.folder.events_file, left.events_file)
    assert "tell different results of stage 'teacher'" in refusal(left)


@pytest.mark.parametrize(
    "metadata", [None, {}, {"progress": "{"}, {"progress": "{}"}, {"progress": '{"stage": "x"}'}]
)
def test_a_checkpoint_with_other_metadata_is_no_checkpoint(left, metadata):
    save_file(load_file(left.checkpoint_file), left.checkpoint_file, metadata)
    found = where_to_go_on(left)
    assert found.file == left.previous_checkpoint_file
    assert "'checkpoint.safetensors' is damaged, or no checkpoint of KD Studio" in found.notices[0]


def formerly(folder):
    """Write the checkpoint and the log as versions did that noted no checksums."""
    place = where_to_go_on(folder)
    lines = [line for line in place.log if b"checkpoint-saved" not in line]
    folder.events_file.write_bytes(b"".join(lines))
    metadata = {"progress": place.checkpoint.progress.model_dump_json(), "events": str(sum(map(len, lines)))}
    save_file(place.checkpoint.tensors, folder.checkpoint_file, metadata)
    folder.previous_checkpoint_file.unlink()
    folder.stages_file.unlink()


def test_a_checkpoint_of_a_former_version_goes_on_as_before(left, whole):
    formerly(left)
    assert resume(left) == []
    assert same(left, whole)


@pytest.mark.parametrize("harm", ["short log", "no weights"])
def test_a_former_checkpoint_that_fits_no_more_is_told(left, harm):
    formerly(left)
    if harm == "short log":
        os.truncate(left.events_file, left.events_file.stat().st_size - 9)
        assert "'checkpoint.safetensors' was saved when it had" in refusal(left)
    else:
        progress = where_to_go_on(left).checkpoint.progress.model_dump_json()
        save_file({}, left.checkpoint_file, {"progress": progress, "events": "0"})
        assert "lacks the weights of the stage" in refusal(left)


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [(), ("checkpoint",), ("checkpoint", "checkpoint.previous")])
def test_killed_between_any_two_changes_to_its_files_a_run_goes_on(made, runs, monkeypatch, whole, damaged):
    """Each time one more of them is carried out, and nothing after it."""
    number = 0
    while True:
        folder = RunFolder(runs / f"left{number}")
        shutil.copytree(made[1].path, folder.path)
        for name in damaged:
            flip(folder.path / f"{name}.safetensors", 2000)
        with monkeypatch.context() as patch:
            carried_out = dying(patch, number)
            events = None
            try:
                session = resumed_session(folder)
                session._lock.release()
                patch.setattr(recorders, "CHECKPOINTS_SHARE", inf)
                events = session.events()
                next(event for event in events if event.kind == "epoch-done")
                survived = True
            except Dead:
                survived = False
        left = shutil.copytree(folder.path, runs / f"killed{number}")
        if survived:
            events.close()
            assert carried_out() == number
            break
        killed = RunFolder(left)
        resume(killed)
        assert same(killed, whole), number
        number += 1
    assert number > 4


class Dead(BaseException):
    """The process is gone."""


def dying(patch, after):
    """Let the process die instead of the change to a file that follows ``after`` others."""
    count = 0

    def counted(change):
        def change_or_die(*arguments, **options):
            nonlocal count
            if count == after:
                raise Dead
            count += 1
            return change(*arguments, **options)

        return change_or_die

    for name in ("replace", "truncate", "unlink", "fsync"):
        patch.setattr(os, name, counted(getattr(os, name)))
    return lambda: count


@pytest.mark.parametrize("told", [[], ["notice"]])
def test_without_any_checkpoint_a_run_begins_anew(runs, monkeypatch, told):
    """Told where there was more than one, for a kill at its first leaves none."""
    whole = run_in(runs, small_experiment(), "whole")
    if told:
        monkeypatch.setattr(recorders, "CHECKPOINTS_SHARE", inf)
    settings = ["compute.checkpoint_every=0"] if told else []
    session = new_session(small_experiment(*settings), runs, "run")
    events = session.events()
    next(e for e in events if e.kind == "epoch-done")
    events.close()
    remove_checkpoints(session.folder)
    again = resumed_session(session.folder)
    assert [e.kind for e in again.folder.events()] == told
    list(again.events())
    assert same_states(weights_in(whole), weights_in(again.folder))


def test_events_after_the_checkpoint_are_taken_back(runs):
    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(e for e in events if e.kind == "stage-done")
    checkpointed = session.folder.events_file.read_bytes()
    next(e for e in events if e.kind == "epoch-done")
    content = session.folder.checkpoint_file.read_bytes()
    events.close()
    session.folder.checkpoint_file.write_bytes(content)  # as if the process had died
    assert len(session.folder.events_file.read_bytes()) > len(checkpointed)
    events = resumed_session(session.folder).events()
    assert session.folder.events_file.read_bytes() == checkpointed
    next(events)
    assert [*session.folder.summary().networks] == ["teacher"]
    events.close()


def test_stages_that_are_trained_again_are_offered_to_nobody(left):
    flip(left.network_file("baseline"), -5)
    assert [*json.loads(left.stages_file.read_text())] == ["0", "1"]
    events = resumed_session(left).events()
    assert [*json.loads(left.stages_file.read_text())] == ["0"]
    events.close()
