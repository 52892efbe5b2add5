"""Run a command as the terminal's foreground job, so that Ctrl-C reaches it and not `make`.

Make dies of the Ctrl-C it sees and reports an error, however cleanly the bot stops. Without a
terminal there is nothing to arrange: the command takes this process's place.
"""

import os
import signal
import sys
from collections.abc import Sequence

TERMINAL = 0


def take_terminal(group: int) -> None:
    """Make a process group the terminal's foreground job. Asked from the background, it brings SIGTTOU."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(TERMINAL, group)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def become(command: Sequence[str]) -> None:
    """The child: a process group of its own, in the foreground, then the command."""
    os.setpgid(0, 0)
    take_terminal(os.getpgrp())
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started make may have ignored it
    os.execv(command[0], command)  # noqa: S606  the words come from the Makefile


def wait_for(pid: int) -> int:
    """The child's exit status. After Ctrl-Z it goes on: nobody could bring it back from under make."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.kill(pid, signal.SIGCONT)


def main(command: Sequence[str]) -> int:
    """Start the command, hand SIGTERM and SIGHUP on to it, and give back its exit status."""
    if not os.isatty(TERMINAL):
        os.execv(command[0], command)  # noqa: S606  the words come from the Makefile
    pid = os.fork()
    if pid == 0:
        become(command)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: os.kill(pid, received))
    status = wait_for(pid)
    take_terminal(os.getpgrp())
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
