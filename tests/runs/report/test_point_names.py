from itertools import combinations

from kdstudio.runs.report.point_names import LETTER, LINE, Box, places_of

POINTS = [(100.0, 50.0), (104.0, 52.0), (300.0, 50.0), (399.0, 20.0)]
NAMES = ["student", "ensemble", "baseline", "at the right edge"]


def test_boxes_have_their_common_area():
    assert Box(0, 0, 4, 4).covered_by(Box(2, 1, 6, 3)) == 4
    assert Box(0, 0, 4, 4).covered_by(Box(5, 0, 6, 4)) == 0


def test_names_cover_neither_each_other_nor_a_point_and_stay_within():
    places = [*places_of(POINTS, NAMES, 40, 400)]
    boxes = [
        Box(x, y - LINE + 3, x + LETTER * len(name), y + 3)
        for (x, y), name in zip(places, NAMES, strict=True)
    ]
    assert not any(one.covered_by(other) for one, other in combinations(boxes, 2))
    dots = [Box(x - 3, y - 3, x + 3, y + 3) for x, y in POINTS]
    assert not any(box.covered_by(dot) for box in boxes for dot in dots)
    assert all(box.left >= 40 and box.right <= 400 for box in boxes)
