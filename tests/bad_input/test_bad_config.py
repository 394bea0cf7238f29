"""Settings files that are none: one clear line, at once, and never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.cli import Command


def refused(cli: Command, *options: object) -> str:
    return cli("config", "show", *options).refused(2)


def test_a_folder(cli: Command) -> None:
    Path("backtest.toml").mkdir()
    assert "backtest.toml: this is a folder; expected a settings file" in refused(cli)


def test_a_pipe_is_not_waited_for(cli: Command) -> None:
    os.mkfifo("backtest.toml")
    assert "backtest.toml: this is not a file" in refused(cli)


def test_an_endless_file(cli: Command) -> None:
    assert "/dev/zero: more than 65,536 bytes" in refused(cli, "--config", "/dev/zero")


def test_nothing_there(cli: Command) -> None:
    line = refused(cli, "--config", "gone.toml")
    assert "gone.toml: there is no such settings file (`backtest init` writes one)" in line
    Path("backtest.toml").symlink_to("gone.toml")
    assert "backtest.toml: there is no such settings file" in refused(cli)
    Path("round.toml").symlink_to("round.toml")
    assert "round.toml: cannot be read: " in refused(cli, "--config", "round.toml")
    assert "cannot be read: " in refused(cli, "--config", "x" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_is_not_ours_to_read(cli: Command) -> None:
    Path("backtest.toml").touch(mode=0)
    assert "backtest.toml: cannot be read: Permission denied" in refused(cli)


def test_a_disk_that_fails(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("backtest.toml").touch()
    monkeypatch.setattr(Path, "open", fail)
    assert "backtest.toml: cannot be read: Permission denied" in refused(cli)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[study]\nbenchmark = "\xff"', "backtest.toml:2:14: the byte 0xff is not UTF-8"),
        ("[study]".encode("utf-16"), "backtest.toml:1:1: the byte 0xff is not UTF-8"),
        ("é".encode() + b"\n\x80", "backtest.toml:2:1: the byte 0x80 is not UTF-8"),
        (b"\x00" * 100, "backtest.toml:1:1: not TOML"),
        (b"PAR1\x15\x04", "backtest.toml:1:5: not TOML"),
    ],
)
def test_not_text(cli: Command, content: bytes, told: str) -> None:
    Path("backtest.toml").write_bytes(content)
    assert told in refused(cli)


def test_fifty_megabytes(cli: Command) -> None:
    with Path("backtest.toml").open("wb") as file:
        for _ in range(50):
            file.write(b"# nothing\n" * 100_000)
    assert "backtest.toml: more than 65,536 bytes" in refused(cli)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a." * 30_000 + "b = 1", ":1: a line of more than 2,000 characters"),
        ("x = [\n" + "[\n" * 30_000, "nested too deeply"),
        ("\n".join(f"{'a.' * 900}b{n} = 1" for n in range(30)), "a: unknown section"),
        ("[study]\nevents = '" + "x" * 3_000 + "'", ":2: a line of more than"),
        ("[study]\njobs = " + "9" * 1_900, "expected 1 to 1,000,000"),
        ("[study]\njobs = 0x" + "f" * 1_900, "expected 1 to 1,000,000"),
    ],
    ids=["parts", "brackets", "keys", "text", "digits", "hexadecimal"],
)
def test_what_would_take_long_does_not(cli: Command, text: str, told: str) -> None:
    Path("backtest.toml").write_text(text)
    assert told in refused(cli)


def test_a_path_no_disk_takes(cli: Command) -> None:
    Path("backtest.toml").write_text(f'[study]\nevents = "{"x" * 1_500}"\nprices = "snapshot"\n')
    ran = cli("run")
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "internal error" not in ran.err
