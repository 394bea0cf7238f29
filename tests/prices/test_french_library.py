"""Factors from the library's address, on a server of this machine."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator

import polars as pl
import pytest
from support.french_server import FIVE, MOMENTUM, FrenchServer, five_text, momentum_text, zipped

from backtest.errors import DataUnavailable
from backtest.prices import french_library
from backtest.prices.factors import FACTORS, load_factors
from backtest.prices.french_library import LIBRARY, fetch_factors, library_address

ONE = ["1.00", "2.00", "3.00", "4.00", "5.00", "0.01"]
"""Of the five factors: r_f is last, as published."""


def days(first: str, count: int) -> list[dt.date]:
    return [dt.date.fromisoformat(first) + dt.timedelta(days=n) for n in range(count)]


def refused() -> str:
    with pytest.raises(DataUnavailable) as caught:
        fetch_factors()
    (problem,) = caught.value.problems
    assert "--factor-data" in str(problem.hint)
    return str(problem)


def test_both_files_are_taken_from_the_library() -> None:
    assert LIBRARY == "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BACKTEST_FRENCH_URL")
        assert library_address() == LIBRARY
        patch.setenv("BACKTEST_FRENCH_URL", "http://mirror.example/")
        assert library_address() == "http://mirror.example"


def test_the_shipped_factors_come_back_bit_by_bit(french: FrenchServer) -> None:
    shipped = load_factors().frame
    french.publish(shipped)
    assert fetch_factors().equals(shipped)
    assert french.asked == [FIVE, MOMENTUM]


def test_sessions_of_one_file_only_are_null_in_the_other(french: FrenchServer) -> None:
    """Momentum starts earlier, as in truth, and ends earlier; 1963-07-03 only the five have."""
    early, late = days("1963-07-01", 4), days("1963-07-02", 4)
    momentum = [day for day in early if day != dt.date(1963, 7, 3)]
    french.files[FIVE] = zipped(five_text((day, ONE) for day in late))
    french.files[MOMENTUM] = zipped(momentum_text((day, ["-0.50"]) for day in momentum))
    fetched = fetch_factors()
    assert fetched["date"].to_list() == days("1963-07-01", 5)
    assert FACTORS.check(fetched).columns == FACTORS.names
    assert fetched["mom"].to_list() == [-0.005, -0.005, None, -0.005, None]
    assert fetched["rf"].to_list() == [None, 0.0001, 0.0001, 0.0001, 0.0001]
    assert fetched.row(1)[1:] == (0.01, 0.02, 0.03, 0.04, 0.05, -0.005, 0.0001)


def test_momentum_that_starts_later(french: FrenchServer) -> None:
    french.files[FIVE] = zipped(five_text((day, ONE) for day in days("1963-07-01", 3)))
    french.files[MOMENTUM] = zipped(momentum_text([(dt.date(1963, 7, 3), ["-999"])]))
    fetched = fetch_factors()
    assert fetched["mom"].null_count() == 3
    assert fetched["mom"].dtype == pl.Float64


@pytest.mark.parametrize("name", [FIVE, MOMENTUM])
def test_a_file_that_is_not_there(french: FrenchServer, name: str) -> None:
    french.publish(load_factors().frame)
    del french.files[name]
    assert refused().startswith(
        f"{french.url}/{name}: the French library cannot be reached (HTTP 404 Not Found) "
    )


@pytest.mark.parametrize(("status", "said"), [(503, "HTTP 503"), (429, "HTTP 429")])
def test_a_server_that_refuses(french: FrenchServer, status: int, said: str) -> None:
    french.publish(load_factors().frame)
    french.status = status
    assert said in refused()


def test_nobody_answers(french: FrenchServer) -> None:
    french.stop()
    said = refused()
    assert "the French library cannot be reached (" in said
    assert "refused" in said


@pytest.mark.parametrize("address", ["no address", "gopher://library.example", "http://[::bad"])
def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("BACKTEST_FRENCH_URL", address)
    assert "the French library cannot be reached (" in refused()


def test_more_than_any_file(french: FrenchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    french.publish(load_factors().frame)
    monkeypatch.setattr(french_library, "LARGEST_PACKED", 1000)
    assert "it has more than 1,000 bytes" in refused()


def test_a_web_page_in_place_of_the_file(french: FrenchServer) -> None:
    french.publish(load_factors().frame)
    french.files[MOMENTUM] = b"<html>We are closed today</html>"
    assert f"{french.url}/{MOMENTUM}: not a daily factor file as we know them: no zip" in refused()


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An address that takes connections and says nothing, or what a test makes it say."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("BACKTEST_FRENCH_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(french_library, "_TIMEOUT", 0.2)
        yield server


def test_silence(mute: socket.socket) -> None:
    assert "cannot be reached (timed out)" in refused()


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"])
def test_no_http(mute: socket.socket, said: bytes) -> None:
    def answer() -> None:
        line, _ = mute.accept()
        with line:
            line.recv(4096)
            line.sendall(said)

    thread = threading.Thread(target=answer)
    thread.start()
    assert "127.0.0.1" in refused()
    thread.join(timeout=5)
