"""Event studies of market reactions to announcements."""

__version__ = "0.1.0"
