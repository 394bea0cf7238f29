"""Which exchange a ticker is listed on: by Yahoo's suffix, or by the code a party names.

Codes are those of `exchange_calendars`. Where it has no calendar of its own for a market, the
calendar of the same country's main market stands in (Shenzhen for Shanghai's, NSE for BSE's).
`currency` is how Yahoo quotes the market's shares: pence (`GBp`) in London, cents (`ZAc`) in
Johannesburg, agorot (`ILA`) in Tel Aviv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from backtest.errors import BadInput, Problem, did_you_mean


@dataclass(frozen=True, slots=True)
class Exchange:
    """A market: ISO 10383 code, quoting currency, zone, how its times are labelled, suffixes."""

    mic: str
    currency: str
    zone: str
    label: str
    suffixes: tuple[str, ...] = ()

    @property
    def tz(self) -> ZoneInfo:
        """The exchange's time zone."""
        return ZoneInfo(self.zone)


def _row(mic: str, currency: str, zone: str, suffixes: str, label: str = "") -> Exchange:
    """A row of the table; times are labelled by the zone's city where no short name is usual."""
    city = zone.rpartition("/")[2].replace("_", " ")
    return Exchange(mic, currency, zone, label or f"{city} time", tuple(suffixes.split()))


US = Exchange("XNYS", "USD", "America/New_York", "ET", ("",))

EXCHANGES: tuple[Exchange, ...] = (
    US,
    _row("XTSE", "CAD", "America/Toronto", "TO V NE CN", "ET"),
    _row("BVMF", "BRL", "America/Sao_Paulo", "SA"),
    _row("XMEX", "MXN", "America/Mexico_City", "MX"),
    _row("XBUE", "ARS", "America/Argentina/Buenos_Aires", "BA"),
    _row("XSGO", "CLP", "America/Santiago", "SN"),
    _row("XLON", "GBp", "Europe/London", "L"),
    _row("XLON", "USD", "Europe/London", "IL"),
    _row("XETR", "EUR", "Europe/Berlin", "DE", "Frankfurt time"),
    _row("XFRA", "EUR", "Europe/Berlin", "F", "Frankfurt time"),
    _row("XDUS", "EUR", "Europe/Brussels", "DU", "Düsseldorf time"),
    _row("XHAM", "EUR", "Europe/Brussels", "HM", "Hamburg time"),
    _row("XSTU", "EUR", "Europe/Berlin", "SG", "Stuttgart time"),
    _row("XPAR", "EUR", "Europe/Paris", "PA"),
    _row("XAMS", "EUR", "Europe/Amsterdam", "AS"),
    _row("XBRU", "EUR", "Europe/Brussels", "BR"),
    _row("XLIS", "EUR", "Europe/Lisbon", "LS"),
    _row("XDUB", "EUR", "Europe/Dublin", "IR"),
    _row("XMIL", "EUR", "Europe/Rome", "MI", "Milan time"),
    _row("XMAD", "EUR", "Europe/Madrid", "MC"),
    _row("XWBO", "EUR", "Europe/Vienna", "VI"),
    _row("XSWX", "CHF", "Europe/Zurich", "SW"),
    _row("XSTO", "SEK", "Europe/Stockholm", "ST"),
    _row("XCSE", "DKK", "Europe/Copenhagen", "CO"),
    _row("XHEL", "EUR", "Europe/Helsinki", "HE"),
    _row("XOSL", "NOK", "Europe/Oslo", "OL"),
    _row("XICE", "ISK", "Atlantic/Reykjavik", "IC"),
    _row("XTAL", "EUR", "Europe/Tallinn", "TL"),
    _row("XRIS", "EUR", "Europe/Riga", "RG"),
    _row("XLIT", "EUR", "Europe/Vilnius", "VS"),
    _row("XWAR", "PLN", "Europe/Warsaw", "WA"),
    _row("XPRA", "CZK", "Europe/Prague", "PR"),
    _row("XBUD", "HUF", "Europe/Budapest", "BD"),
    _row("XBSE", "RON", "Europe/Bucharest", "RO"),
    _row("ASEX", "EUR", "Europe/Athens", "AT"),
    _row("XIST", "TRY", "Europe/Istanbul", "IS"),
    _row("XMOS", "RUB", "Europe/Moscow", "ME"),
    _row("XTAE", "ILA", "Asia/Tel_Aviv", "TA"),
    _row("XSAU", "SAR", "Asia/Riyadh", "SR"),
    _row("XJSE", "ZAc", "Africa/Johannesburg", "JO"),
    _row("XTKS", "JPY", "Asia/Tokyo", "T", "JST"),
    _row("XHKG", "HKD", "Asia/Hong_Kong", "HK", "HKT"),
    _row("XKRX", "KRW", "Asia/Seoul", "KS KQ", "KST"),
    _row("XTAI", "TWD", "Asia/Taipei", "TW TWO"),
    _row("XSHG", "CNY", "Asia/Shanghai", "SS SZ"),
    _row("XBOM", "INR", "Asia/Kolkata", "NS BO", "India time"),
    _row("XKAR", "PKR", "Asia/Karachi", "KA"),
    _row("XSES", "SGD", "Asia/Singapore", "SI"),
    _row("XIDX", "IDR", "Asia/Jakarta", "JK"),
    _row("XBKK", "THB", "Asia/Bangkok", "BK"),
    _row("XKLS", "MYR", "Asia/Kuala_Lumpur", "KL"),
    _row("XPHS", "PHP", "Asia/Manila", "PS"),
    _row("XASX", "AUD", "Australia/Sydney", "AX"),
    _row("XNZE", "NZD", "Pacific/Auckland", "NZ"),
)

_BY_SUFFIX = {suffix: exchange for exchange in EXCHANGES for suffix in exchange.suffixes}
_BY_MIC = {exchange.mic: exchange for exchange in reversed(EXCHANGES)}
_SAME_CALENDAR = {
    **dict.fromkeys(("XNAS", "XASE", "ARCX", "BATS", "OOTC"), "XNYS"),
    **dict.fromkeys(("XTSX", "NEOE", "XCNQ"), "XTSE"),
    **{"XNSE": "XBOM", "XSHE": "XSHG", "XKOS": "XKRX", "ROCO": "XTAI"},
}
_INDICES = {
    f"^{name}": mic
    for mic, names in {
        "XTSE": "GSPTSE",
        "BVMF": "BVSP",
        "XMEX": "MXX",
        "XLON": "FTSE FTMC",
        "XETR": "GDAXI MDAXI TECDAX STOXX STOXX50E",
        "XPAR": "FCHI N100",
        "XAMS": "AEX",
        "XBRU": "BFX",
        "XMAD": "IBEX",
        "XWBO": "ATX",
        "XSWX": "SSMI",
        "XSTO": "OMX",
        "XTKS": "N225",
        "XHKG": "HSI HSCE",
        "XKRX": "KS11 KQ11",
        "XTAI": "TWII",
        "XBOM": "BSESN NSEI",
        "XSES": "STI",
        "XIDX": "JKSE",
        "XKLS": "KLSE",
        "XASX": "AXJO AORD",
        "XNZE": "NZ50",
    }.items()
    for name in names.split()
}
_ALL = "`backtest events exchanges` lists all"
_SHOWN = 3
_AROUND_THE_CLOCK = re.compile(r"=[A-Z]+$|-(USD|EUR|GBP|JPY|USDT)$")


def exchange_of(ticker: str, override: str | None = None) -> Exchange:
    """Return where `ticker` is listed; `override` is an ISO 10383 code that decides instead.

    A ticker without a suffix is American, share classes (BRK-B) and indices (^GSPC) included;
    well-known foreign indices (^N225) go to their own market.

    Raises:
        BadInput: unknown code or suffix, or something that trades around the clock.
    """
    if override is not None:
        return _by_mic(override)
    if ticker in _INDICES:
        return _BY_MIC[_INDICES[ticker]]
    if _AROUND_THE_CLOCK.search(ticker):
        raise BadInput.because(
            "unknown-exchange",
            f"`{ticker}` trades around the clock and has no sessions of its own",
            field="ticker",
            hint="a party can name the market whose sessions count: `exchange: XNYS`",
        )
    stem, dot, suffix = ticker.rpartition(".")
    if not dot:
        return US
    if suffix and suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    raise _unknown_suffix(stem, suffix)


def is_exchange(code: str) -> bool:
    """Whether `exchange_of` takes this ISO 10383 code as an override."""
    return _SAME_CALENDAR.get(code, code) in _BY_MIC


def codes_of(exchange: Exchange) -> list[str]:
    """Return the ISO 10383 codes that stand for an exchange, its own first."""
    others = [code for code, mic in _SAME_CALENDAR.items() if mic == exchange.mic]
    return [exchange.mic, *others]


def _by_mic(code: str) -> Exchange:
    if is_exchange(code):
        return _BY_MIC[_SAME_CALENDAR.get(code, code)]
    near = did_you_mean(code.upper(), sorted({*_BY_MIC, *_SAME_CALENDAR}))
    raise BadInput.because(
        "unknown-exchange",
        f"no session calendar for exchange `{code}`",
        field="exchange",
        hint="; ".join(filter(None, (near, _ALL))),
    )


def _unknown_suffix(stem: str, suffix: str) -> BadInput:
    message = f"`{stem}.{suffix}` ends in `.{suffix}`, which is no exchange suffix we know"
    if suffix and suffix.upper() in _BY_SUFFIX:
        hint = f"did you mean `{stem.upper()}.{suffix.upper()}`?"
    elif len(suffix) == 1:
        hint = f"Yahoo writes a US share class with a hyphen: {stem.upper()}-{suffix.upper()}"
    else:
        nearest = get_close_matches(suffix.upper(), filter(None, _BY_SUFFIX), _SHOWN, cutoff=0.5)
        listed = ", ".join(f".{name}" for name in nearest)
        near = f"the nearest: {listed}" if nearest else None
        hint = "; ".join(
            filter(None, (near, _ALL, "a party can name its market: `exchange: XLON`"))
        )
    return BadInput(Problem("unknown-exchange", message, field="ticker", hint=hint))
