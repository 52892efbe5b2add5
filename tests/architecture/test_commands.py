"""The commands of the project: what `make` lists, and what CI runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("present", "line"),
    [
        ([], "Python 3.11 or later is missing: install it with `apt-get install python3 python3-venv`"),
        (["python3"], "git is missing: install it with `apt-get install git`"),
    ],
)
def test_a_missing_piece_is_named_with_its_package(present: list[str], line: str, tmp_path: Path) -> None:
    for name in present:
        (tmp_path / name).symlink_to(sys.executable)
    command = ["/bin/bash", str(ROOT / ".ci" / "venv"), str(tmp_path / "new")]
    run = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines() == [line]


def test_a_python_without_venv_is_told_which_package_brings_it(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(
        '#!/bin/bash\ncase "$*" in *version_info*) ;; --version) echo Python 3.12.1 ;; *) exit 1 ;; esac\n'
    )
    python.chmod(0o755)
    (tmp_path / "git").touch(mode=0o755)
    command = ["/bin/bash", str(ROOT / ".ci" / "venv"), str(tmp_path / "new")]
    run = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert run.stderr.splitlines() == [
        "Python 3.12.1 has no venv: install it with `apt-get install python3-venv`"
    ]


def test_ctrl_c_stops_what_make_runs_with_status_0(tmp_path: Path) -> None:
    command = tmp_path / "patient"
    command.write_text("#!/bin/bash\ntrap 'exit 0' INT\necho up\nwhile :; do sleep 0.05; done\n")
    command.chmod(0o755)
    launcher = f"exec {sys.executable} {ROOT / '.ci' / 'foreground.py'} {command}"
    (tmp_path / "Makefile").write_text(f"run:\n\t@{launcher}\n")
    spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    make = ["make", "-C", str(tmp_path), "--no-print-directory", "run"]
    with subprocess.Popen(
        [sys.executable, "-c", spawn, *make], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        assert terminal.stdout.readline().strip() == b"up"
        terminal.stdin.write(b"\x03")
        terminal.stdin.flush()
        try:
            assert terminal.wait(timeout=60) == 0
        finally:
            terminal.kill()  # a terminal that did not end must not keep the suite
