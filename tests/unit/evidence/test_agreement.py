import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.evidence.agreement import agreement_rows
from bgsub.evidence.scores import count_frames, measure, total


def test_a_worked_example():
    one = np.zeros((2, 3, 3), np.uint8)
    two, none = one.copy(), one.copy()
    one[0, 0], two[0, :, 0], two[1, 2, 2] = 255, 255, 255
    none[:] = 127  # shadows are background
    rows = agreement_rows({"a": one, "b": two, "c": none})
    assert rows[0] == {"method": "a", "other": "b", "both": 1, "either": 6, "f_measure": 2 / 7, "iou": 1 / 6}
    assert [(row["method"], row["other"], row["f_measure"]) for row in rows[1:]] == [
        ("a", "c", 0),
        ("b", "c", 0),
    ]
    (nothing,) = agreement_rows({"c": none, "d": none})
    assert (nothing["f_measure"], nothing["iou"]) == (None, None)


masks = arrays(np.uint8, (2, 3, 5), elements=st.sampled_from([0, 255]))


@given(masks, masks)
def test_agreement_is_the_f_measure_of_one_against_the_other(one, two):
    (row,) = agreement_rows({"one": one, "two": two})
    assert row["f_measure"] == measure(total(count_frames(one, two))).f_measure
    assert row["f_measure"] == measure(total(count_frames(two, one))).f_measure
