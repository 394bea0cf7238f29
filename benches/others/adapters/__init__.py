"""One file a package; the file's name is the package's in our table."""
