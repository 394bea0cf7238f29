"""Take the result values that the tests assert out of the developers' reference data.

`python tests/reference/extract.py` writes `ai_deals.parquet` anew; a test keeps the two in step.
Only results of other programs are taken, never a price.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

ANSWERS = Path(__file__).with_name("ai_deals.parquet")
KEY = ("program", "quantity", "model", "event_id", "start", "end")

MODELS = {
    **{"mm": "market", "madj": "market_adjusted", "mean": "mean"},
    **{"MarketModel": "market", "MarketAdjusted": "market_adjusted", "MeanAdjusted": "mean"},
    **{"sim": "market", "mrkt_adj": "market_adjusted", "mean_adj": "mean"},
}

# Names of the program → ours; a name with words is a convention that is not ours.
FORMULA = {
    "alpha": "alpha",
    "beta": "beta",
    "sigma": "sigma",
    "df": "dof",
    "n_est": "n_obs",
    "AR": "abnormal",
    "AR.t_pred = AR/(s*sqrt(C))": "sar",
    "CAR": "car",
    "CAR.t_pred_full": "scar",
    "CAR.t_simple": "scar, sigma and root L only",
    "BHAR": "bhar against the benchmark",
    "AAR": "mean",
    "CAAR": "mean",
    "xsec_t": "cross_sectional",
    "CAAR_xsec_t": "cross_sectional",
    "Patell_Z": "patell",
    "CAAR_Patell(sum SAR/sqrt(L) , /sqrt(sum Q))": "patell",
    "CAAR_Patell(SCAR full sd)": "patell, full variance",
    "BMP_t(pred-error SAR)": "bmp",
    "BMP_t(sigma-only SAR)": "bmp, sigma only",
    "CAAR_BMP(SCAR, full pred-error sd)": "bmp",
    "CAAR_BMP(sum of pred-error SARs)": "bmp of summed SARs",
    "wilcoxon_Wplus": "wilcoxon",
    "CAR_wilcoxon_Wplus": "wilcoxon",
    "sign_z": "sign z",
    "CAR_sign_z": "sign z",
    "BW85_crude_dependence(sd ddof1 of est AAR)": "crude_dependence",
    "CAAR_BW85: CAAR/(S_AAR sqrt L)": "crude_dependence",
    "gsign_z(Cowan)": "generalized_sign",
    "CAR_gsign_z": "generalized_sign",
    "rank_Corrado89": "rank",
    "CAR_rank_Corrado(Cowan92: sqrt(L)*mean dev / S)": "rank, window ranked by itself",
    "GRANK_T": "grank_t",
    "GRANK_Z_unscaled": "grank_z",
    "skew_adj_t_Hall: sqrt(n)(S+g S^2/3+g^2 S^3/27+g/(6n)), g=n/((n-1)(n-2)) "
    "sum (x-m)^3/s^3": "skewness_adjusted",
    "CAR_skew_adj_t_Hall": "skewness_adjusted",
}
EVENT_STUDY = {
    "model.alpha": "alpha",
    "model.beta": "beta",
    "model.sigma": "sigma",
    "model.degree_of_freedom": "dof",
    "ART.abnormal_returns": "abnormal",
    "fec_sigma": "std_error",
    "CART.car": "car",
    "BHART.bhar": "bhar against the benchmark",
    "CSectT.aar_t": "cross_sectional",
    "CSectT.caar_t": "cross_sectional",
    "PatellZ.aar_z": "patell",
    "PatellZ.caar_z": "patell",
    "SignT.sign_z": "sign z",
    "GSignT.gsign_z": "generalized_sign",
    "BMP.bmp_t": "bmp, sigma only",
}
ESTUDY2 = {
    "alpha": "alpha",
    "beta": "beta",
    "AR": "abnormal",
    "CAR[-10,day]": "car",
    "t_test.stat|win[-10,10]": "cross_sectional",
    "patell.stat|win[-10,10]": "patell, sd over M - 1",
    "boehmer.stat|win[-10,10]": "bmp",
    "sign_test.stat|win[-10,10]": "sign z",
    "wilcoxon_test.stat|win[-10,10]": "wilcoxon",
    "brown_warner_1985.stat|win[-10,10]": "crude_dependence",
    "generalized_sign_test.stat|win[-10,10]": "generalized_sign",
    "rank_test.stat|win[-10,10]": "rank",
    "car_brown_warner_1985.car_mean": "mean a day",
}
CUMULATED = ("CART.car", "BHART.bhar", "CSectT.caar_t", "PatellZ.caar_z", "CAR[-10,day]")
"""By day, but of the window from −10 to that day."""

PROGRAMS = (
    ("formula", "formula.csv", FORMULA),
    ("EventStudy", "r_EventStudy_0.50.csv", EVENT_STUDY),
    ("estudy2", "r_estudy2_0.10.csv", ESTUDY2),
)
_WINDOW = re.compile(r"^(.*?)(?:\|win)?\[(-?\d+),(-?\d+)\]$")


def extract(folder: Path) -> pl.DataFrame:
    """Return the answers: program, quantity, model, event, window (null for a fit), value."""
    rows = []
    for program, name, names in PROGRAMS:
        table = pl.read_csv(folder / name, schema_overrides={"day": pl.Int64})
        for row in table.iter_rows(named=True):
            quantity, start, end = _place(row["quantity"], row["day"], names)
            if row["model"] in MODELS and quantity in names:
                model = MODELS[row["model"]]
                key = program, names[quantity], model, row["event_id"], start, end
                rows.append((*key, row["value"]))
    schema = dict.fromkeys(KEY[:4], pl.String) | dict.fromkeys(KEY[4:], pl.Int8)
    frame = pl.DataFrame(rows, schema={**schema, "value": pl.Float64}, orient="row")
    return frame.unique(KEY, keep="first", maintain_order=True).sort(KEY)


def _place(name: str, day: int | None, known: dict[str, str]) -> tuple[str, int | None, int | None]:
    """Split `CAR[-1,1]` into name and window; a day is its own window."""
    if day is not None:
        return name, -10 if name in CUMULATED else day, day
    match = _WINDOW.match(name)
    if match is None or name in known:
        return name, None, None
    return match[1], int(match[2]), int(match[3])


if __name__ == "__main__":
    source = Path(__file__).parents[2].parent / "shared" / "reference" / "ai_deals"
    extract(source).write_parquet(ANSWERS, compression="zstd", compression_level=19)
