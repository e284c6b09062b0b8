"""Connecting data sets: tables of investments, firms, patents, grants and policies to one database over the standard.

`project` reads what users want, `linking` builds the database from it (`load` and `assign` fill it, `firms` finds the same firm
across tables), `store` keeps it, `trends` and `compare` read it.  Needs the `linkage` extra: ``pip install "techtags[linkage]"``.
"""

from .errors import LinkError

__all__ = ["LinkError"]
