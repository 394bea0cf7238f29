"""An announcement as a file holds it, to be spoilt one place at a time."""

from __future__ import annotations

GOOD = """\
id: 2025-10-06-amd-openai
title: AMD and OpenAI agree on 6 GW
announced: 2025-10-06T07:00:00-04:00
parties:
  - {ticker: AMD, role: counterparty}
  - {name: OpenAI, role: customer}
deal:
  value: 60.0e9
  financing: equity_warrant
attributes: {gigawatts: 6, firm: true, share: 0.1, note: ON}
claims:
  - id: cap
    says: rose by nearly $70 billion
    ticker: AMD
    quantity: market_cap_change
    value: 70.0e9
    source: {title: An article, date: 2025-10-13}
tags: [openai, chips]
"""
