"""Was the headline number true? A notebook for marimo: `marimo edit docs/notebook.py`.

It studies the shipped calendar on the shipped prices, so it needs no network.
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(app_title="Was the headline number true?")


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell
def _(mo):
    mo.md("""
    # Was the headline number true?

    On 6 October 2025 AMD gained "nearly $70 billion", said the headlines. A share price moves every
    day, with the market and on its own. So we ask what it did that it **would not have done
    anyway**, how sure one can be of that, and what it came to in dollars.
    """)


@app.cell
def _():
    import backtest as bt

    result = bt.run(prices="snapshot")
    result
    return (result,)


@app.cell
def _(mo):
    mo.md("""
    ## One announcement

    The model says what a share should have returned, given what the market did; what is left is the
    abnormal return. The band is what such a sum of surprises could be off by. As long as it holds
    zero, nobody should write a headline.
    """)


@app.cell
def _(mo, result):
    studied = result.headlines.join(result.cars, on="event_id", how="semi")
    event = mo.ui.dropdown(
        options=dict(studied.select("title", "event_id").iter_rows()),
        value=studied.filter(event_id="2025-10-06-amd-openai-6gw-warrant")["title"][0],
        label="announcement",
        full_width=True,
    )
    event
    return (event,)


@app.cell
def _(event, result):
    result.plot_event(event.value)


@app.cell
def _(event, result):
    claims = result.claims.filter(event_id=event.value)
    claims.select("ticker", "quantity", "basis", "claimed", "measured", "verdict", "reason")


@app.cell
def _(mo):
    mo.md("""
    AMD gained $63bn by the close and $101bn at the day's high: the headline fits neither.

    ## All of them

    Whoever signs a deal is its counterparty. On average over the announcements of the calendar:
    """)


@app.cell
def _(result):
    result.plot_caar("role:counterparty")


@app.cell
def _(mo):
    mo.md("""
    The band holds zero. Deals of few firms within a few months are no independent draws, and the
    headline test allows for that. What each test makes of the same numbers, and which to trust:
    """)


@app.cell
def _(result):
    result.table("sample_tests", group="role:counterparty")


@app.cell
def _(mo):
    mo.md("""
    Each of these deals by itself:
    """)


@app.cell
def _(result):
    result.table("cars", group="role:counterparty")


@app.cell
def _(mo):
    mo.md("""
    ## Your own

    `bt.run(events="my-events.yaml")` takes announcements of yours and asks Yahoo for prices that
    are not here; `prices="prices.parquet"` takes a table. Every table of the result
    (`result.cars`, `result.claims`, …) is a Polars frame.
    """)


if __name__ == "__main__":
    app.run()
