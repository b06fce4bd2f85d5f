import pytest

from tests.small import run_in, small_experiment


@pytest.fixture(scope="package")
def kept(tmp_path_factory):
    """Folder of a finished run of two seeds, ``seeds``, and of one that leaves a class out, ``unseen``."""
    folder = tmp_path_factory.mktemp("reported")
    run_in(folder, small_experiment("seeds=2"), "seeds")
    run_in(folder, small_experiment("networks.student.training.leave_out=[3]"), "unseen")
    return folder


@pytest.fixture
def reported():
    """Make what a report reads of a summary that no run has made."""
    from kdstudio.runs.folder import RunFolder
    from kdstudio.runs.report.reported import ReportedRun
    from kdstudio.runs.state import RunState

    def make(summary, folder=None):
        return ReportedRun(RunFolder(folder), summary, RunState(), None, "nobody knows <how>")

    return make
