"""Charts of a result: one file each, pure functions from a `StudyResult` to an Altair chart.

A chart names no colour: its marks name a style, and `theme.themed` gives all styles their colours,
on a light or on a dark background. So one specification serves both. Its width is given there too.
"""
