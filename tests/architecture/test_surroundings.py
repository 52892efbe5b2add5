"""What is absent is left out with one line; with CI=true it is a failure."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.surroundings import ROOT

SUITE = """
import pytest

def test_plain(): pass

def test_documents(corpus): pass

@pytest.mark.browser
def test_page(): pass

@pytest.mark.slow
def test_long(): pass
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="run")
def run_a_suite(tmp_path: Path) -> Run:
    """A suite of four tests under the project's own conftest, with nothing around it but what is given."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  corpus\n  browser\n  slow\n")
    (tmp_path / "test_suite.py").write_text(SUITE)

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xdist.plugin", *options],
            cwd=tmp_path,
            env={
                "PYTHONPATH": str(ROOT),
                "PATH": "/nowhere",
                "TECHNOPOLYS_CORPUS": "/nowhere",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # all that are installed take a second to load
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def browser_in(folder: Path) -> str:
    """A path on which a browser is found."""
    (folder / "chromium").touch(mode=0o755)
    return str(folder)


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_what_is_absent_is_left_out_with_a_line_each(run: Run, options: tuple[str, ...]) -> None:
    output = run(*options).stdout
    assert "1 passed" in output
    assert output.count("no real documents") == 1
    assert output.count("no Chromium") == 1


def test_what_is_there_runs_without_a_word(run: Run, tmp_path: Path) -> None:
    output = run(TECHNOPOLYS_CORPUS=str(tmp_path), PATH=browser_in(tmp_path)).stdout
    assert "3 passed" in output
    assert not any(line in output for line in ("no real documents", "no Chromium"))


def test_slow_tests_run_when_asked_for(run: Run) -> None:
    assert "2 passed" in run("--soak").stdout


@pytest.mark.parametrize(
    ("present", "named"), [("documents", "no Chromium"), ("browser", "no real documents")]
)
def test_in_ci_an_absence_is_a_failure(run: Run, tmp_path: Path, present: str, named: str) -> None:
    there = (
        {"TECHNOPOLYS_CORPUS": str(tmp_path)} if present == "documents" else {"PATH": browser_in(tmp_path)}
    )
    result = run(CI="true", **there)
    assert result.returncode != 0
    assert named in result.stderr
    assert "passed" not in result.stdout
