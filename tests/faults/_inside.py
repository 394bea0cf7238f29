"""What happens inside a forked process: the fault is laid, then the command runs as always."""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

REPORT = 3
"""File descriptor on which a command that was not killed says what it did."""

_NEWNS, _NEWUSER = 0x00020000, 0x10000000
_RDONLY, _REMOUNT, _REC, _PRIVATE, _DETACH = 1, 32, 16384, 1 << 18, 2
_NAMED = ("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate")
_CAPABILITIES = 0x20080522


def obey(order: dict[str, Any]) -> None:
    """Run a command with its fault and leave the process with its exit code."""
    os.chdir(order["folder"])
    os.environ.update(order["env"])
    os.environ["PWD"] = order["folder"]
    if order["clock"]:
        set_clock(dt.datetime.fromisoformat(order["clock"]))
    count = _Writes(order["folder"], order["die_at"])
    sys.addaudithook(count)
    if order["hasty"]:
        time.sleep = lambda seconds: None
    if order["powerless"]:
        drop_powers()
    if order["file_limit"] is not None:
        # Python ignores the signal and gets the error; by default the signal ends the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if order["torn"] else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_limit"], order["file_limit"]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from backtest.cli._app import invoke

    code = invoke(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    report = {"writes": count.seen, "modules": sorted(sys.modules)}
    with os.fdopen(REPORT, "w") as file:
        json.dump(report, file)
    os._exit(code)


class _Writes:
    """Counts what changes files below a folder, and ends the process before one of them."""

    def __init__(self, folder: str, last: int | None) -> None:
        self.seen = 0
        self._folder = folder
        self._last = last

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at an event of the interpreter."""
        if event == "open":
            if not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in _NAMED:
            return
        path = arguments[0]
        if isinstance(path, (str, bytes, Path)) and self._below(os.fsdecode(path)):
            self.seen += 1
            if self.seen == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def _below(self, path: str) -> bool:
        """Whether a file is ours; relative names are, or come from the removal of a folder."""
        return not path.startswith("/") or path.startswith(self._folder)


def set_clock(now: dt.datetime) -> None:
    """Let the clock say `now` to all who ask `datetime.datetime`, and stand still."""
    real = dt.datetime

    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    class Set(real, metaclass=Kind):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return now.astimezone(tz) if tz else now.astimezone().replace(tzinfo=None)

    dt.datetime = Set  # type: ignore[misc]


def drop_powers() -> None:
    """Give up what lets root ignore permissions.

    Raises:
        OSError: the kernel does not let us.
    """
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(_number_of_capset()), header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def _number_of_capset() -> int:
    return {"x86_64": 126, "aarch64": 91}[os.uname().machine]


def private_mounts() -> str:
    """Give this process mounts of its own; return why that is not possible, else nothing."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        user, group = os.getuid(), os.getgid()
        flags = _NEWNS if user == 0 else _NEWNS | _NEWUSER
        if libc.unshare(flags):
            return f"no mounts of our own: {os.strerror(ctypes.get_errno())}"
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        if libc.mount(b"none", b"/", None, _REC | _PRIVATE, None):
            return f"no mounts of our own: {os.strerror(ctypes.get_errno())}"
    except (OSError, AttributeError) as error:
        return f"no mounts of our own: {error}"
    return ""


def mount(at: str, kilobytes: int, again: bool = False, readonly: bool = False) -> str:
    """Mount memory as a file system of a size; return what went wrong.

    Args:
        at: the folder.
        kilobytes: the size.
        again: change the mount that is there already.
        readonly: refuse writes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    flags = (_REMOUNT if again else 0) | (_RDONLY if readonly else 0)
    if libc.mount(b"tmpfs", at.encode(), b"tmpfs", flags, f"size={kilobytes}k".encode()):
        return os.strerror(ctypes.get_errno())
    return ""


def unmount(at: str) -> str:
    """Take a mount away, as soon as nobody uses it; return what went wrong."""
    libc = ctypes.CDLL(None, use_errno=True)
    return os.strerror(ctypes.get_errno()) if libc.umount2(at.encode(), _DETACH) else ""
