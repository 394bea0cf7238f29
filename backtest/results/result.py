"""What a study returns: frozen tables, the specification that made them, and where from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.contracts import SCHEMA_VERSION, TABLES
from backtest.results.event_tables import EVENT_FRAMES, EventTables, InMemory
from backtest.spec import StudySpec, Window

if TYPE_CHECKING:
    import altair as alt
    import great_tables as gt
    import polars as pl

    from backtest.results.receipt import Origin


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from.

    Attributes:
        events: the calendar or table, and how many events of it.
        prices: the price source in one line.
        prices_to: last session with a price, ISO.
        factors: the factor data in one line, None where no model needs any.
        sectors: the table of sectors in one line, None where none is given.
        engine: version of the engine.
        computed: observations computed in this run.
        reused: observations taken from the cache.
    """

    events: str
    prices: str
    prices_to: str | None
    engine: str
    computed: int
    reused: int
    factors: str | None = None
    sectors: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Told:
    """What a study says besides its tables, kept with them."""

    prices: str
    prices_to: str | None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The tables of a study, each a `polars.DataFrame` after its contract (`backtest.contracts`).

    Attributes:
        spec: the specification that made them.
        event_tables: the tables by event, each of which is a property too; those of a large study
            stay in files, and `scan` reads no more of them than is asked.
        sample_tests: by group, day or window, and test.
        sample_designs: what each group looks like, its headline test and why.
        claims: headline numbers with verdicts.
        excluded: what was left out, and why.
        headlines: titles and reaction sentences of the events, for reports.
        observations: every event × ticker × candidate session studied, with role and deal value.
        memberships: the groups of every event × ticker; all of them are in the group `all`.
        warnings: sentences for the user.
        provenance: where the numbers come from.
        changes: CARs and changes of market value that are not what they were when the same study
            was last run, or are gone, as prices, share counts or factors were revised meanwhile:
            `results.changes.COLUMNS`; None where everything was taken from the cache.
        origin: what it was made from, for the receipt.
    """

    spec: StudySpec
    event_tables: EventTables
    sample_tests: pl.DataFrame
    sample_designs: pl.DataFrame
    claims: pl.DataFrame
    excluded: pl.DataFrame
    headlines: pl.DataFrame
    observations: pl.DataFrame
    memberships: pl.DataFrame
    provenance: Provenance
    warnings: tuple[str, ...] = field(default=())
    changes: pl.DataFrame | None = None
    origin: Origin | None = None

    @property
    def abnormal_returns(self) -> pl.DataFrame:
        """Abnormal returns by event, ticker, model and day."""
        return self.event_tables.frame("abnormal_returns")

    @property
    def cars(self) -> pl.DataFrame:
        """Cumulative abnormal returns by event, ticker, model and window, each with its t test."""
        return self.event_tables.frame("cars")

    @property
    def fits(self) -> pl.DataFrame:
        """The estimation by event, ticker and model."""
        return self.event_tables.frame("fits")

    @property
    def event_tests(self) -> pl.DataFrame:
        """Further tests of single events.

        The sample-quantile test of every CAR, then those that were asked for, and where
        `permutation` is among the tests its place among placebo dates.
        """
        return self.event_tables.frame("event_tests")

    @property
    def market_caps(self) -> pl.DataFrame:
        """Market value by event, ticker and day."""
        return self.event_tables.frame("market_caps")

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables of the contract by name, whole and in memory."""
        return {frame.name: getattr(self, frame.name) for frame in TABLES}

    def scan(self, name: str) -> pl.LazyFrame:
        """Return a table of the contract as a plan that reads only what is asked of it."""
        if name in EVENT_FRAMES:
            return self.event_tables.scan(name)
        table: pl.DataFrame = getattr(self, name)
        return table.lazy()

    def with_tables(self, **tables: pl.DataFrame) -> StudyResult:
        """Return this result with other tables in place of some, all of them in memory.

        Args:
            tables: by name, after their contracts.
        """
        by_event = {name: tables.pop(name, self.event_tables.frame(name)) for name in EVENT_FRAMES}
        named: dict[str, Any] = tables
        return replace(self, event_tables=InMemory(by_event), **named)

    def deal_multiples(self) -> pl.DataFrame:
        """Abnormal market-value change over each CAR window ÷ announced deal value (METHODS §8).

        Returns:
            `event_id, ticker, start, end, abnormal_change, deal_value, deal_multiple` of the main
            sessions; the multiple is null where no deal value was announced.
        """
        import polars as pl

        by = ["event_id", "ticker"]
        daily = self.market_caps.filter(~pl.col("alternative"))
        parts = [
            daily.filter(pl.col("day").is_between(car.start, car.end))
            .group_by(by, maintain_order=True)
            .agg(
                pl.lit(car.start, pl.Int32).alias("start"),
                pl.lit(car.end, pl.Int32).alias("end"),
                pl.when(pl.col("abnormal_change").is_not_null().all())
                .then(pl.col("abnormal_change").sum())
                .alias("abnormal_change"),
            )
            for car in self.spec.cars
        ]
        joined = pl.concat(parts).join(
            self.observations.filter(~pl.col("alternative")).select(*by, "deal_value"),
            on=by,
            how="left",
            maintain_order="left",
        )
        ratio = pl.col("abnormal_change") / pl.col("deal_value")
        return joined.with_columns(
            pl.when(pl.col("deal_value") > 0).then(ratio).alias("deal_multiple")
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of the contract as plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "spec": self.spec.as_dict(),
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_dict(),
        }

    @property
    def receipt(self) -> dict[str, Any]:
        """The coverage receipt as plain values: what was asked, had, missing, and what came out.

        Every table is hashed for it. `backtest reproduce` takes it as `write` writes it.
        """
        from backtest.results.receipt import receipt

        return receipt(self)

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as `<folder>/<table>.parquet`, and `receipt.json`; return the paths."""
        import json

        from backtest.files import write_tables, write_texts
        from backtest.results.receipt import FILE

        told = json.dumps(self.receipt, indent=1, ensure_ascii=False) + "\n"
        plans = {frame.name: self.scan(frame.name) for frame in TABLES}
        tables = write_tables(plans, Path(folder))
        return [*tables, *write_texts(Path(folder), {FILE: told})]

    def summary(self, width: int = 100) -> str:
        """Return the printed report as plain text."""
        # Named, not imported: reports stand right of results in the order of layers.
        text: str = import_module("backtest.report.table").text(self, width=width)
        return text

    def plot_caar(
        self,
        group: str = "all",
        window: Window | str | None = None,
        model: str | None = None,
        *,
        dark: bool = False,
    ) -> alt.LayerChart:
        """Return the average cumulative abnormal return by session as an Altair chart.

        Args:
            group: a group of the study (`sample_designs`).
            window: sessions, for example `0:10`; by default the whole event window.
            model: a model of the study, by default the first.
            dark: for a dark background.

        Raises:
            BadUsage: there is no such group, window or model, or the extra `report` is missing.
        """
        plots = import_module("backtest.notebook.plots")
        chart: alt.LayerChart = plots.plot_caar(self, group, window, model, dark=dark)
        return chart

    def plot_event(
        self,
        event_id: str,
        ticker: str | None = None,
        model: str | None = None,
        *,
        dark: bool = False,
    ) -> alt.VConcatChart:
        """Return an event as an Altair chart: its CARs, its returns, the dollars they came to.

        Args:
            event_id: an event of the study.
            ticker: the security that is emphasised, by default the event's first.
            model: a model of the study, by default the first.
            dark: for a dark background.

        Raises:
            BadUsage: there is no such event, security or model, nothing of the event was studied,
                or the extra `report` is missing.
        """
        plots = import_module("backtest.notebook.plots")
        chart: alt.VConcatChart = plots.plot_event(self, event_id, ticker, model, dark=dark)
        return chart

    def table(
        self,
        name: str = "cars",
        window: Window | str | None = None,
        group: str = "all",
        model: str | None = None,
    ) -> gt.GT:
        """Return a table as journals print them, with stars, standard errors and notes.

        Args:
            name: `cars`, every security's CARs, or `sample_tests`, the averages and their tests.
            window: one of the CAR windows, for example `-1:1`; by default all.
            group: the observations of a group of the study.
            model: a model of the study, by default the first.

        Raises:
            BadUsage: there is no such table, window, group or model, or the extra `report` is
                missing.
        """
        chosen = Window.parse(window) if isinstance(window, str) else window
        journal = import_module("backtest.notebook.journal").journal
        made: gt.GT = journal(self, name, chosen, group, model)
        return made

    def _repr_html_(self) -> str:
        """Return the summary that a notebook shows."""
        html: str = import_module("backtest.notebook.summary").html(self)
        return html
