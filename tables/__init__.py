"""Reading and writing tables row by row, keeping every value as it came."""

from .encoding import detect_encoding
from .errors import TableError
from .folders import inputs_of, open_tables
from .formats import FORMATS, FORMS, format_of
from .reading import Row, Table, open_table
from .writing import TableWriter, neutralise, open_file, open_writer

__all__ = [
    "FORMATS",
    "FORMS",
    "Row",
    "Table",
    "TableError",
    "TableWriter",
    "detect_encoding",
    "format_of",
    "inputs_of",
    "neutralise",
    "open_file",
    "open_table",
    "open_tables",
    "open_writer",
]
