"""Every error that a user can cause, and what the program says about it.

PapersearchError
├── IndexUnusable     the index folder is missing, damaged, or of another version
├── SourceUnusable    a file given to the indexer cannot be read as papers
├── ModelUnusable     the embedding model is not there or cannot be exported
├── QueryInvalid      a search request outside the limits
└── PaperUnknown      an id that is not in the index
"""


class PapersearchError(Exception):
    """One sentence for the user: what happened, where, and what to do about it."""


class IndexUnusable(PapersearchError):
    """The index folder cannot be opened; the message says which part and how to mend it."""


class SourceUnusable(PapersearchError):
    """A source file cannot be read as papers; the message names the file and the cause."""


class ModelUnusable(PapersearchError):
    """The embedding model cannot be loaded or exported; the message names the model."""


class QueryInvalid(PapersearchError):
    """A search request is outside the limits; the message names the limit."""


class PaperUnknown(PapersearchError):
    """A paper id that this index does not hold; the message names the id."""
