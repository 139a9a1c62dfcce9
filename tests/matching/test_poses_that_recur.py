"""Which of many poses is proposed: that in which most pairs of pictures agree, not that of the richest pair."""

import numpy as np
import pytest

from provenance.matching.looks.candidates import Proposal, recurring
from provenance.matching.looks.pose import Pose, window


def pose(left, top, *, width=0.8):
    return Pose(window(left, top, left + width, top + width))


def test_a_pose_that_recurs_outweighs_a_richer_one_that_does_not():
    random = np.random.default_rng(3)
    cars = [Proposal("one", pose(0.1, 0.1 + 0.1 * number), 100) for number in range(4)]
    road = [Proposal("one", pose(0.0, 0.15 + random.uniform(-0.005, 0.005)), 30) for _ in range(12)]
    found = max(recurring([*cars, *road]), key=lambda one: one.weight)
    assert found.weight == pytest.approx(12 * 30)
    assert found.pose.box == (pytest.approx(0, abs=0.01), pytest.approx(0.15, abs=0.01), *found.pose.box[2:])


def test_poses_that_differ_stay_apart_each_as_its_richest_pair_has_it():
    kept = recurring(
        [Proposal("one", pose(0, 0), 9), Proposal("one", pose(0.01, 0), 20), Proposal("one", pose(0.1, 0), 5)]
    )
    assert [(one.weight, one.pose.box[0]) for one in kept] == [(29, pytest.approx(0.01)), (5, pytest.approx(0.1))]
