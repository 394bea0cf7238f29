"""Other event-study packages of Python, on the same events and prices, in the same run."""
