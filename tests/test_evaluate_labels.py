"""What `techtags evaluate --with-labels` counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import techtags

from techtags import Tagger
from techtags.training import evaluate_labels, read_rows

ROWS = [
    {"text": "Perovskite solar modules", "tags": ["photovoltaics"], "label": "Fintech", "source": "made-up"},
    {"text": "Perovskite solar cells for roofs", "tags": ["photovoltaics"], "label": "Solar", "source": "made-up"},
    {"text": "海上风电安装船", "tags": ["wind-power"], "label": "Zzyzx 77", "source": "made-up"},
    {"text": "连锁火锅餐厅的经营与管理", "tags": [], "label": "TMT", "source": "other"},
    {"text": "Wind turbine blades", "tags": ["wind-power"], "label": "", "source": "other"},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_counts(data: Path) -> None:
    tagger = Tagger.load(evidence=False)
    found = evaluate_labels(tagger, read_rows(data, tagger.taxonomy))
    assert found["rows"] == {"with a label": 4, "whose label says something": 3}
    assert found["text"]["rows"] == found["text and label"]["rows"] == 4
    # The fintech of the first row stands on the label alone: annotators did not see it.
    assert found["all tags"]["leaf"]["precision"] < found["text and label"]["leaf"]["precision"]
    assert found["flags"]["label_conflict"] == 1
    assert list(found["by_source"]) == ["made-up"]  # the other has too few rows with a label
    assert found["by_source"]["made-up"]["rows"] == 3


def test_command(data: Path) -> None:
    shown = techtags("evaluate", "--data", data, "--with-labels")
    assert shown.code == 0
    assert "4 rows have one; it says something in 3" in shown.text
    assert "leaf F1 by source" in shown.text
    assert "with labels" not in techtags("evaluate", "--data", data).text
