"""Placebo studies: how often the tests reject where nothing, or a known thing, happened."""
