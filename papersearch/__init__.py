"""Papersearch: semantic search over paper abstracts. The engine; no command line, no HTTP."""

from importlib.metadata import version

__version__ = version("papersearch")
