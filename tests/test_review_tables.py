"""Found in review: files and checkpoints that only look as if they belonged together."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from techtags.tables import TableError
from techtags.tables.folders import open_tables
from techtags.training.finetune import Examples, Recipe, _last_checkpoint


def test_stata_files_that_count_time_differently_are_not_one_table(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    for name, shown in (("a", "td"), ("b", "tc"), ("c", "td")):
        frame = pandas.DataFrame({"text": ["solar"], "day": pandas.to_datetime(["2020-01-02"])})
        frame.to_stata(tmp_path / f"{name}.dta", version=118, write_index=False, convert_dates={"day": shown})
    with pytest.raises(TableError, match="'day' is shown as %td in one and %tc in the other"):
        open_tables([tmp_path / "a.dta", tmp_path / "b.dta"], "dta")
    table = open_tables([tmp_path / "a.dta", tmp_path / "c.dta"], "dta")
    assert [row.cells for row in table.rows] == [["solar", "2020-01-02"]] * 2
    table.close()


def test_stata_files_of_which_only_one_has_value_labels_are_not_one_table(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    plain = pandas.DataFrame({"text": ["solar", "wind"], "kind": np.array([0, 1], dtype=np.int8)})
    plain.to_stata(tmp_path / "a.dta", version=118, write_index=False)
    plain.to_stata(tmp_path / "b.dta", version=118, write_index=False, value_labels={"kind": {0: "firm", 1: "grant"}})
    for order in (("a", "b"), ("b", "a")):
        with pytest.raises(TableError, match="value labels of column 'kind' differ"):
            open_tables([tmp_path / f"{name}.dta" for name in order], "dta")


def test_checkpoints_of_another_training_are_never_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The library itself is not needed for what is tested here: which checkpoints are left for it to find.
    tools = types.ModuleType("transformers.trainer_utils")
    tools.get_last_checkpoint = lambda folder: str(max(Path(folder).glob("checkpoint-*"), default="")) or None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", types.ModuleType("transformers"))
    monkeypatch.setitem(sys.modules, "transformers.trainer_utils", tools)
    examples = Examples(["a"], np.ones((1, 2), np.float32), np.zeros(1, np.int64), np.ones(1, np.float32))
    one, other = Recipe("e", seed=1), Recipe("e", seed=2)
    assert _last_checkpoint(tmp_path, one, examples) is None
    (tmp_path / "checkpoints" / "checkpoint-9").mkdir(parents=True)
    assert _last_checkpoint(tmp_path, one, examples) == tmp_path / "checkpoints" / "checkpoint-9"
    assert _last_checkpoint(tmp_path, other, examples) is None
    # Broken off before its own first checkpoint, and begun again:
    assert _last_checkpoint(tmp_path, other, examples) is None
