"""Texts and labels to tags: features, model, decision, evidence."""

from .columns import COLUMNS, LONG_COLUMNS
from .folder import ModelError
from .model import PROFILES, Model
from .result import Assignment, Candidate, LabelMatch, LeftOut, Span, Tagging, Versions
from .tagger import Tagger, join_texts

__all__ = [
    "COLUMNS",
    "LONG_COLUMNS",
    "PROFILES",
    "Assignment",
    "Candidate",
    "LabelMatch",
    "LeftOut",
    "Model",
    "ModelError",
    "Span",
    "Tagger",
    "Tagging",
    "Versions",
    "join_texts",
]
