"""A local stand-in for Kenneth French's data library: zips in the shape of its daily files."""

from __future__ import annotations

import datetime as dt
import threading
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import PurePosixPath

import polars as pl

FIVE = "F-F_Research_Data_5_Factors_2x3_daily_CSV.zip"
MOMENTUM = "F-F_Momentum_Factor_daily_CSV.zip"

_FIVE_PROSE = """\
This file was created using the 202610 CRSP database.
The 1-month TBill rate data until 202405 are from Ibbotson Associates. Starting from 202406,
the 1-month TBill rate is from ICE BofA US 1-Month Treasury Bill Index.

"""
_MOMENTUM_PROSE = """\
This file was created using the 202610 CRSP database.  It,
contains a momentum factor, constructed from six value-weight portfolios formed,
using independent sorts on size and prior return of NYSE, AMEX, and NASDAQ stocks.,
,
Missing data are indicated by -99.99 or -999.,
,
"""
_COLUMNS = ("mkt_rf", "smb", "hml", "rmw", "cma", "rf")

Rows = Iterable[tuple[dt.date, Sequence[str]]]


def zipped(text: str, name: str = "factors.csv") -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def five_text(rows: Rows) -> str:
    """The five factors as published: prose, a table with padded numbers, a copyright line."""
    lines = (f"{day:%Y%m%d}," + ",".join(f"{n:>8}" for n in numbers) for day, numbers in rows)
    table = "\r\n".join((",Mkt-RF,SMB,HML,RMW,CMA,RF", *lines))
    end = "\r\n\r\nCopyright 2026 Eugene F. Fama and Kenneth R. French\r\n"
    return _FIVE_PROSE.replace("\n", "\r\n") + table + end


def momentum_text(rows: Rows) -> str:
    """Momentum as published: every line ends with a comma."""
    lines = (f"{day:%Y%m%d},{numbers[0]}," for day, numbers in rows)
    return (
        _MOMENTUM_PROSE + "\n".join((",Mom,", *lines)) + "\n,\nCopyright 2026 Kenneth R. French,\n"
    )


def percent(value: float | None, code: str = "-99.99") -> str:
    """Write a decimal in percent, of four digits at most (the library has two or three)."""
    return code if value is None else f"{value * 100:.4f}".removesuffix("00")


def _rows(frame: pl.DataFrame, columns: Sequence[str]) -> list[tuple[dt.date, list[str]]]:
    return [
        (day, [percent(n) for n in numbers])
        for day, *numbers in frame.select("date", *columns).iter_rows()
    ]


@dataclass
class FrenchServer:
    """Serves `files` by name from `start` to `stop`; `asked` are the names as they came in."""

    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/ftp"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop; once more does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
            self._server.server_close()

    def publish(self, frame: pl.DataFrame) -> None:
        """Serve a table of factors (`FACTORS`, decimals)."""
        self.files[FIVE] = zipped(five_text(_rows(frame, _COLUMNS)))
        self.files[MOMENTUM] = zipped(momentum_text(_rows(frame, ("mom",))))


def _handler_of(server: FrenchServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = PurePosixPath(self.path).name
            server.asked.append(name)
            there = self.path == f"/ftp/{name}" and name in server.files
            body = server.files[name] if there else b"<html>Not here</html>"
            self.send_response(server.status if there else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    return Handler
