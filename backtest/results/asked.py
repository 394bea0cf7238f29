"""What was asked of a study, in plain words, so that it can be asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from backtest.masking import masked
from backtest.prices._address import is_on_disk
from backtest.spec import StudySpec, Window


@dataclass(frozen=True, slots=True)
class Asked:
    """The inputs of a study as they were named, and its specification.

    Attributes:
        spec: what is computed.
        events: path of the announcements, None for the default calendar.
        prices: the source.
        selection: of announcements.
        factor_data, sectors: paths, None where none were named.
        fetched: whether fetched factors could be used, as the cache could.
        now: the present, an aware instant.
    """

    spec: StudySpec
    events: str | None = None
    prices: str = "auto"
    selection: tuple[str, ...] = ()
    factor_data: str | None = None
    sectors: str | None = None
    fetched: bool = True
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    @property
    def data(self) -> str:
        """Name the places of the data besides the events, whatever they hold today."""
        places = (self.prices, self.factor_data, self.sectors)
        return "\0".join(_absolute(place) for place in places if place)

    def plain(self) -> dict[str, Any]:
        """Return plain values; passwords in addresses are hidden."""
        names = [item.name for item in fields(self) if item.name != "spec"]
        values = {name: getattr(self, name) for name in names}
        return {
            **{name: masked(one) if isinstance(one, str) else one for name, one in values.items()},
            "selection": list(self.selection),
            "now": self.now.isoformat(),
            "spec": self.spec.as_dict(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Asked:
        """Read `plain`.

        Raises:
            KeyError, TypeError, ValueError, BadUsage: it is something else.
        """
        names = {item.name for item in fields(cls)}
        values = {name: plain[name] for name in names}
        values["spec"] = spec_of(values["spec"])
        values["selection"] = tuple(map(str, values["selection"]))
        values["now"] = dt.datetime.fromisoformat(values["now"])
        return cls(**values)


def _absolute(place: str) -> str:
    """Return a path on this machine in full; of the same name there may be one elsewhere."""
    return str(Path(place).absolute()) if is_on_disk(place) else place


def spec_of(plain: Mapping[str, Any]) -> StudySpec:
    """Read `StudySpec.as_dict`; raises as `Asked.from_plain`."""
    values = dict(plain)
    for name in ("models", "tests", "group_by", "factors"):
        values[name] = tuple(map(str, values[name]))
    for name in ("estimation", "window"):
        values[name] = Window.parse(values[name], name)
    values["cars"] = tuple(Window.parse(car, "cars") for car in values["cars"])
    known = {name: values[name] for name in asdict(StudySpec())}
    return StudySpec(**known)
