"""The commands of the project: what `make` lists, and what CI runs."""

import os
import re
import subprocess

import pytest

from tests.surroundings import ROOT

TARGETS = ("setup", "run", "test", "check", "bench", "soak", "fmt", "lock", "help")


def test_make_alone_lists_every_target_with_a_line() -> None:
    listing = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    described = dict(re.findall(r"^  (\S+) +(\S.*)$", listing, re.MULTILINE))
    assert set(TARGETS) <= set(described)


def test_ci_runs_the_suite_and_the_checks() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-2:] == ["make test", "make check"]


def test_ci_without_the_real_documents_fails_with_one_line() -> None:
    environment = {**os.environ, "TECHNOPOLYS_CORPUS": "/nowhere"}
    run = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("python", ["/nowhere/python3"])
def test_a_machine_without_python_is_told_what_to_install(python: str, tmp_path: os.PathLike[str]) -> None:
    environment = {"PATH": "/nowhere", "PYTHON": python}
    command = ["/bin/bash", str(ROOT / ".ci" / "venv"), str(tmp_path)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "Python 3.11 or later is missing: install it with `apt-get install python3 python3-venv`"
    ]
