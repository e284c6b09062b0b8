"""Reading and writing tables row by row, keeping every value as it came."""

from .encoding import detect_encoding
from .errors import TableError
from .formats import FORMATS, format_of
from .reading import Table, open_table
from .writing import TableWriter, neutralise, open_file, open_writer

__all__ = [
    "FORMATS",
    "Table",
    "TableError",
    "TableWriter",
    "detect_encoding",
    "format_of",
    "neutralise",
    "open_file",
    "open_table",
    "open_writer",
]
