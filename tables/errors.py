"""The one error that reading and writing tables raises."""


class TableError(ValueError):
    """A table cannot be read or written; the message is one line that says what, where and what to do."""
