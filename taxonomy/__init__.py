"""The standard: load it, read it, check it, compare releases and export it.

>>> from techtags import Taxonomy
>>> Taxonomy.load("1.0.0")["lithography"].parent.id
'semiconductor-equipment'
"""

from .crosswalks import Crosswalk, Resolution, check_crosswalk, crosswalks
from .diff import Diff, diff
from .export import export
from .model import Ambiguity, Collection, Deprecation, Member, Tag, Taxonomy, TaxonomyError
from .search import Hit, search
from .sssom import CrosswalkError, Mapping
from .store import versions
from .words import is_chinese, normal

__all__ = [
    "Ambiguity",
    "Collection",
    "Crosswalk",
    "CrosswalkError",
    "Deprecation",
    "Diff",
    "Hit",
    "Mapping",
    "Member",
    "Resolution",
    "Tag",
    "Taxonomy",
    "TaxonomyError",
    "check_crosswalk",
    "crosswalks",
    "diff",
    "export",
    "is_chinese",
    "normal",
    "search",
    "versions",
]
