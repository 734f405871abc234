"""Which slices a round has, and in which order."""

from loadtests.added.rounds import Lane, lanes, plan_rounds, seed_of

OFF, LIVE = Lane(0.5, "legacy", "off"), Lane(0.5, "modern", "live")


def test_each_stage_has_the_backend_that_serves_there_beside_it() -> None:
    assert lanes([0.5], ["off", "live"]) == [Lane(0.5, "legacy"), Lane(0.5, "modern"), OFF, LIVE]
    assert lanes([0.5], ["off", "shadow"]) == [Lane(0.5, "legacy"), OFF, Lane(0.5, "legacy", "shadow")]
    assert {lane.level for lane in lanes([0.5, 0.9], ["off"])} == {0.5, 0.9}


def test_a_lane_says_who_is_asked() -> None:
    assert (OFF.path, OFF.direct.path) == ("the proxy at off", "the legacy backend")


def test_in_a_table_a_backend_comes_before_the_stages_at_which_it_serves() -> None:
    all_of_them = lanes([0.9, 0.5], ["off", "live"])

    assert [
        (one.level, one.backend, one.stage) for one in sorted(all_of_them, key=lambda one: one.place)
    ] == [
        (0.5, "legacy", ""),
        (0.5, "legacy", "off"),
        (0.5, "modern", ""),
        (0.5, "modern", "live"),
        (0.9, "legacy", ""),
        (0.9, "legacy", "off"),
        (0.9, "modern", ""),
        (0.9, "modern", "live"),
    ]


def test_every_round_has_every_lane_once_in_an_order_of_its_own() -> None:
    all_of_them = lanes([0.5, 0.9], ["off", "shadow", "canary", "live", "complete"])

    rounds = plan_rounds(6, all_of_them, seed=1)

    assert all(set(one) == set(all_of_them) and len(one) == len(all_of_them) for one in rounds)
    assert len({tuple(one) for one in rounds}) == 6
    assert rounds == plan_rounds(6, all_of_them, seed=1) != plan_rounds(6, all_of_them, seed=2)


def test_lanes_of_a_round_and_a_level_are_sent_the_same_requests() -> None:
    assert seed_of(OFF, 2, seed=1) == seed_of(LIVE, 2, seed=1) == seed_of(OFF.direct, 2, seed=1)
    others = {
        seed_of(Lane(level, "legacy"), n, seed=seed)
        for level in (0.5, 0.9)
        for n in (1, 2)
        for seed in (1, 2)
    }
    assert len(others) == 8
