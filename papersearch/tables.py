"""The tables of a store of papers (store.py): a record a row, and the names that papers go by."""

PAPERS = """
CREATE TABLE papers (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, abstract TEXT NOT NULL,
    authors TEXT NOT NULL, year INTEGER, venue TEXT, url TEXT, keywords TEXT NOT NULL,
    sessions TEXT NOT NULL, extra TEXT NOT NULL, text_hash TEXT NOT NULL)"""
NAMES = """
CREATE TABLE names (kind TEXT, key TEXT, row INTEGER, PRIMARY KEY (kind, key, row)) WITHOUT ROWID"""
NAME_WORDS = """
TABLE name_words (kind TEXT, word TEXT, key TEXT, PRIMARY KEY (kind, word, key)) WITHOUT ROWID"""
