"""The frames that other programs read: name, columns, types, units and keys, in one place.

Units: returns are decimals (0.36 = 36 %), money is in units of the listing's currency, dates are
ISO sessions, `day`, `start` and `end` are session offsets from the event day τ = 0. In a study of
volume the columns in decimals hold log points, in one of volatility multiples of a variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Polars type by name (`String`, `Float64`, `Struct`, …) and its unit."""

    name: str
    dtype: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The contract of one table."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Polars types by column, without `Struct`s, whose fields vary with the models."""
        import polars as pl

        return {
            column.name: getattr(pl, column.dtype)
            for column in self.columns
            if column.dtype != "Struct"
        }

    def empty(self) -> pl.DataFrame:
        """Return the table without rows (a `Struct` column without fields)."""
        import polars as pl

        structs = {c.name: pl.Struct([]) for c in self.columns if c.dtype == "Struct"}
        return pl.DataFrame(schema={**self.schema(), **structs}).select(self.names)

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with its columns in order.

        Raises:
            TypeError: a column is missing, unknown or of another type (a bug of ours, not input).
        """
        import polars as pl

        if set(frame.columns) != set(self.names):
            raise TypeError(f"{self.name}: columns {frame.columns}, expected {self.names}")
        for name, dtype in self.schema().items():
            if frame.schema[name] != dtype:
                raise TypeError(f"{self.name}.{name}: {frame.schema[name]}, expected {dtype}")
        for column in self.columns:
            if column.dtype == "Struct" and not isinstance(frame.schema[column.name], pl.Struct):
                raise TypeError(f"{self.name}.{column.name}: expected a struct")
        return frame if frame.columns == self.names else frame.select(self.names)


def frame_columns(text: str) -> tuple[Column, ...]:
    """Read `name:Type:unit` words; the type defaults to Float64."""
    out = []
    for word in text.split():
        name, dtype, unit = [*word.split(":"), "", ""][:3]
        out.append(Column(name, dtype or "Float64", unit))
    return tuple(out)


_OBSERVATION = "event_id:String ticker:String"
_ALTERNATIVE = "alternative:Boolean"

ABNORMAL_RETURNS = Frame(
    "abnormal_returns",
    "event × ticker × model × day",
    ("event_id", "ticker", "model", "alternative", "day"),
    frame_columns(
        f"{_OBSERVATION} model:String day:Int32:sessions date:Date return::decimal "
        f"expected::decimal abnormal::decimal std_error::decimal sar {_ALTERNATIVE}"
    ),
)
CARS = Frame(
    "cars",
    "event × ticker × model × window",
    ("event_id", "ticker", "model", "alternative", "start", "end"),
    frame_columns(
        f"{_OBSERVATION} model:String start:Int32:sessions end:Int32:sessions "
        f"n_days:Int32:sessions car::decimal std_error::decimal t dof p scar bhar::decimal "
        f"{_ALTERNATIVE}"
    ),
)
FITS = Frame(
    "fits",
    "event × ticker × model",
    ("event_id", "ticker", "model", "alternative"),
    frame_columns(
        f"{_OBSERVATION} model:String day0:Date n_obs:Int32:sessions sigma::decimal r_squared "
        f"alpha::decimal beta coefficients:Struct status:String reason:String {_ALTERNATIVE}"
    ),
)
SAMPLE_TESTS = Frame(
    "sample_tests",
    "group × model × day or window × test",
    ("group", "model", "start", "end", "test"),
    frame_columns(
        "group:String model:String start:Int32:sessions end:Int32:sessions n:Int32 mean::decimal "
        "median::decimal share_positive::decimal test:String statistic dof p p_holm p_bh "
        "reason:String"
    ),
)
EVENT_TESTS = Frame(
    "event_tests",
    "event × ticker × model × window × test",
    ("event_id", "ticker", "model", "alternative", "start", "end", "test"),
    frame_columns(
        f"{_OBSERVATION} model:String start:Int32:sessions end:Int32:sessions test:String "
        f"n:Int32 statistic p reason:String {_ALTERNATIVE}"
    ),
)
SAMPLE_DESIGNS = Frame(
    "sample_designs",
    "group × model",
    ("group", "model"),
    frame_columns(
        "group:String model:String n:Int32 events:Int32 securities:Int32 dates:Int32 "
        "shared_date:String shared:Int32 overlapping:Int32 repeated:Int32 missing::share skewness "
        "r_bar r_bar_widest headline:String why:String"
    ),
)
MARKET_CAPS = Frame(
    "market_caps",
    "event × ticker × day",
    ("event_id", "ticker", "alternative", "day"),
    frame_columns(
        f"{_OBSERVATION} day:Int32:sessions date:Date shares::shares shares_as_of:Date "
        "cap_before::currency cap::currency change::currency peak_change::currency "
        f"abnormal_change::currency currency:String {_ALTERNATIVE}"
    ),
)
CLAIMS = Frame(
    "claims",
    "claim",
    ("event_id", "claim_id"),
    frame_columns(
        "event_id:String claim_id:String ticker:String quantity:String basis:String "
        "start:Int32:sessions end:Int32:sessions claimed measured verdict:String "
        "best_basis:String reason:String source:String"
    ),
)
EXCLUDED = Frame(
    "excluded",
    "event × ticker left out",
    ("event_id", "ticker", "stage", "reason"),
    frame_columns(f"{_OBSERVATION} stage:String reason:String"),
)

TABLES = (
    ABNORMAL_RETURNS,
    CARS,
    FITS,
    SAMPLE_TESTS,
    MARKET_CAPS,
    CLAIMS,
    EXCLUDED,
    SAMPLE_DESIGNS,
    EVENT_TESTS,
)

TRADES = Frame(
    "trades",
    "strategy × event × ticker",
    ("strategy", "event_id", "ticker"),
    frame_columns(
        "strategy:String event_id:String ticker:String side:String why:String announced:String "
        "known_date:Date known_at:String entry_date:Date entry_at:String entry_price::currency "
        "exit_date:Date exit_at:String exit_price::currency sessions:Int32:sessions ended:String "
        "notional::currency shares::shares price_before::currency gap::decimal "
        "reaction::decimal moved::currency dividends::currency gross::currency hedge:String "
        "hedge_ratio hedge_pnl::currency hedged::currency commission::currency spread::currency "
        "impact::currency borrow::currency net::currency abnormal::currency"
    ),
)
EQUITY = Frame(
    "equity",
    "strategy × session",
    ("strategy", "date"),
    frame_columns(
        "strategy:String date:Date pnl::currency equity::currency drawdown::decimal cash::currency "
        "long::currency short::currency margin::currency positions:Int32 traded::currency"
    ),
)
UNTRADED = Frame(
    "untraded",
    "strategy × event × ticker not traded",
    ("strategy", "event_id", "ticker"),
    frame_columns("strategy:String event_id:String ticker:String stage:String reason:String"),
)
TRADE_TABLES = (TRADES, EQUITY, UNTRADED)
"""What `backtest trade` writes."""

PERFORMANCE = Frame(
    "performance",
    "strategy × measure",
    ("strategy", "measure"),
    frame_columns("strategy:String measure:String value std_error unit:String reason:String"),
)
PLACEBO = Frame(
    "placebo",
    "strategy × run on random dates",
    ("strategy", "run"),
    frame_columns("strategy:String run:Int32 net::currency"),
)
JUDGED_TABLES = (PERFORMANCE, PLACEBO)
"""What `backtest trade` writes besides: how good it was, and what chance would have earned."""

SWEEP = Frame(
    "sweep",
    "strategy × cell",
    ("strategy", "cell"),
    frame_columns(
        "strategy:String cell:Int32 entry:String exit:String hedge:String where:String "
        "trades:Int32 net::currency mean::decimal std_error::decimal hit_rate::decimal sharpe "
        "placebo_mean::decimal z p p_holm p_bh p_best"
    ),
)
WALK_FORWARD = Frame(
    "walk_forward",
    "strategy × part of the announcements",
    ("strategy", "part"),
    frame_columns(
        "strategy:String part:Int32 first:Date last:Date cell:Int32 trades_before:Int32 t "
        "mean_before::decimal trades_after:Int32 mean_after::decimal median_after::decimal "
        "beaten::decimal reason:String"
    ),
)
SWEEP_TABLES = (SWEEP, WALK_FORWARD)
"""What `backtest trade --sweep` writes."""

TRADING_TABLES = (*TRADE_TABLES, *JUDGED_TABLES, *SWEEP_TABLES)
"""All that `backtest trade` may write."""
