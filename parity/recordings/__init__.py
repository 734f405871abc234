"""Recordings: exchanges kept in a file, in our own form, as HAR or as GoReplay has them; replayed, and held against each other."""
