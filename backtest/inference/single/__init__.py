"""Tests of single events, one file each; a new one is a new file with a `TEST`."""
