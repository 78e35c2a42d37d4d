"""The scale of a row: as its form or pack says it, else the usual one for what is to be completed."""

import pytest

from dxflow.errors import Invalid
from dxflow.forms import Option
from dxflow.kpi.scale import DEFAULT
from dxflow.services.acts.measure_rows import read_rows

OFFERED = {"scales": [Option("number", "数"), Option("plan", "検討 → 策定 → 実施")]}
ROW = {"name": "移行", "unit": "件", "target_year": "2028"}


def scale(**cells):
    (measure,) = read_rows([ROW | cells], OFFERED)
    return measure.scale


@pytest.mark.parametrize(
    ("cells", "steps"),
    [
        ({"target": "完了", "direction": "complete"}, DEFAULT),
        ({"target": "約26件", "direction": "complete"}, ()),
        ({"target": "26", "scale": "number"}, ()),
        ({"target": "26"}, ()),
        ({"target": "策定", "scale": "plan"}, ("検討", "策定", "実施")),
        ({"target": "済", "scale": "未→済"}, ("未", "済")),
        ({"target": "済", "scale": "own", "scale_words": "未→済"}, ("未", "済")),
    ],
)
def test_the_scale_comes_from_the_form_or_the_pack_or_is_the_usual_one(cells, steps):
    assert scale(**cells) == steps


@pytest.mark.parametrize(
    ("cells", "path"),
    [
        ({"target": "1", "scale": "unknown"}, "scale"),
        ({"target": "1", "direction": "sideways"}, "direction"),
        ({"target": "1", "aggregation": "both"}, "aggregation"),
        ({"target": "1", "frequency": "daily"}, "frequency"),
        ({"target": "1", "baseline": "1"}, "baseline_year"),
        ({"target": "1", "target_year": ""}, "target_year"),
        ({"target": "1", "target_year": "x"}, "target_year"),
    ],
)
def test_every_cell_that_cannot_be_is_named(cells, path):
    with pytest.raises(Invalid) as refused:
        read_rows([ROW | {"target": "1"}, ROW | cells], OFFERED)
    assert list(refused.value.fields) == [f"kpis[1].{path}"]
    assert refused.value.message.startswith("指標「移行」")
