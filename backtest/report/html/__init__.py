"""The report: one HTML file that opens from a disk, without a network.

Numbers are gathered by `answer`, `spillover`, `standing`, `receipt`, `ledger`, `samples` and
`event`; `figures` draws; `page` puts all of it through the templates, which alone hold HTML.
"""
