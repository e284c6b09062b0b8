"""Tagging inside the engines that tables live in; each module is a thin adapter over `techtags.engines.arrow`.

`spark`, `duckdb`, `polars`, `pandas`, `datasets` (Hugging Face) and `sklearn`; each needs the extra of the same name.  All give
the columns that ``techtags tag`` gives, with the same values on the same rows.
"""
