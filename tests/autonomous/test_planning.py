"""Plans: laws of the road, the published distance, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from qmann_autonomous import demo_scene, load_scene, plan, safe_distance
from qmann_core.errors import ConfigError, DataError

EGO = pd.DataFrame({"agent": ["ego"], "x": [0.0], "lane": [1], "speed": [20.0]})


def with_others(*rows):
    return pd.concat([EGO, pd.DataFrame(rows, columns=EGO.columns)], ignore_index=True)


def driven(scene, seconds, every=0.25, **options):
    """The ego as it follows its plans in its lane, while others keep their speed."""
    for _ in range(round(seconds / every)):
        chosen = plan(scene, **options)
        speed = scene.speed.copy()
        speed[0] = max(speed[0] + chosen.acceleration * every, 0)
        x = scene.x + (scene.speed + speed) / 2 * every
        scene = replace(scene, x=x, speed=speed, lane=np.r_[chosen.lane, scene.lane[1:]])
        yield scene


def test_the_safe_distance_is_the_published_one():
    v, w, r, a, b, most = 22.0, 17.0, 0.7, 1.5, 4.0, 8.0
    published = v * r + a * r**2 / 2 + (v + r * a) ** 2 / (2 * b) - w**2 / (2 * most)
    found = safe_distance(v, w, response=r, accelerate=a, brake=b, front_brake=most)
    assert found == pytest.approx(published)
    assert safe_distance(0.0, 30.0) == 0
    assert safe_distance(20.0, 0.0, response=0) == pytest.approx(20**2 / 16)


@pytest.mark.parametrize("start", [0.0, 20.0, 25.0, 33.0])
def test_an_empty_road_reaches_and_keeps_the_target_speed(start):
    scene = load_scene(EGO.assign(speed=start), lanes=3)
    speeds = [each.speed[0] for each in driven(scene, 20, target_speed=25)]
    np.testing.assert_allclose(speeds[-10:], 25)
    assert plan(replace(scene, speed=np.array([25.0])), target_speed=25).table["risk"].eq(0).all()


@pytest.mark.parametrize("speed", [10.0, 20.0, 30.0])
def test_a_standing_leader_is_never_hit(speed):
    scene = load_scene(with_others(("wall", 150.0, 0, 0.0)).assign(lane=0, speed=[speed, 0]))
    gaps = [each.x[1] - each.x[0] - 5 for each in driven(scene, 40)]
    assert min(gaps) > 3
    assert gaps[-1] == gaps[-5]


def test_a_mirrored_scene_gives_the_mirrored_plan():
    scene = demo_scene()
    mirrored = replace(scene, lane=2 - scene.lane, lateral=-scene.lateral)
    one, other = plan(scene), plan(mirrored)
    assert (one.lane, other.lane) == (0, 2)
    assert one.acceleration == other.acceleration
    columns = ["risk", "progress", "comfort", "cost"]
    np.testing.assert_allclose(one.table[columns], other.table[columns])


def test_who_is_changing_lanes_is_met_where_it_will_be():
    rows = with_others(("other", 12.0, 2, 15.0))
    straight = plan(load_scene(rows, lanes=3))
    merging = plan(load_scene(rows.assign(lateral=[0, -2.5]), lanes=3))
    assert straight.admissible
    assert straight.table.set_index("manoeuvre").loc["keep lane 1, +0 m/s^2", "why not"] == ""
    reason = merging.table.set_index("manoeuvre").loc["keep lane 1, +0 m/s^2", "why not"]
    assert "other" in reason


def test_it_brakes_hardest_where_nothing_is_admissible():
    scene = load_scene(with_others(("near", 9.0, 1, 1.0)).assign(lane=0), lanes=1)
    chosen = plan(scene)
    assert (chosen.acceleration, chosen.lane, chosen.admissible) == (-8, 0, False)
    assert "brake hardest" in chosen.notes[0]


def test_files_and_flags_say_the_same(tmp_path):
    rows = with_others(("a", 40.0, 0, 22.0), ("b", 30.0, 1, 18.0))
    found = load_scene(rows)
    rows.to_csv(tmp_path / "s.csv", index=False)
    rows.to_json(tmp_path / "s.json", orient="records")
    flagged = rows.iloc[::-1].assign(ego=[0, 0, 1]).replace("ego", "me")
    for source in (tmp_path / "s.csv", tmp_path / "s.json", flagged):
        assert plan(source).title == plan(rows).title
        assert load_scene(source).x[0] == 0
    assert found.lanes == 2
    assert "lanes: 2" in found.notes[0]
    assert plan(found, goal=(80.0, 0)).lane == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (EGO.assign(agent="x"), "0 of 1 vehicles are the ego"),
        (with_others(("ego", 40.0, 0, 22.0)), "agents stand there twice.*row 2"),
        (with_others(("a", 4.0, 1, 22.0)), "1 pairs of vehicles overlap, the first 'ego' and 'a'"),
        (with_others(("a", 40.0, 1, 110.0)), "speed out of range: row 2 .110.*m/s"),
        (with_others(("a", 40.0, -1, 20.0)), "lane out of range: row 2"),
        (with_others(("a", 40.0, 1, None)), "'speed' is empty"),
        (EGO.assign(width=0), "'width' is not positive"),
        (EGO.drop(columns="x"), "no column 'x'"),
        (EGO.drop(columns="agent"), "no column 'agent'"),
        ("nowhere.csv", "no such file"),
    ],
)
def test_scenes_that_cannot_be_are_refused(table, message):
    with pytest.raises(DataError, match=message):
        load_scene(table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_speed": -1}, "target_speed=-1: expected m/s from 0 to the speed limit, 36"),
        ({"target_speed": 40}, "speed limit, 36"),
        ({"target_speed": "fast"}, "expected a number"),
        ({"horizon": 0}, "horizon=0"),
        ({"step": 4}, "step=4: expected a number above 0, at most 2.5"),
        ({"goal": (-5, 1)}, "does not reverse"),
        ({"goal": (500, 1)}, r"500.0 m ahead, and 2 m/s\^2 up to target_speed=30 give 125"),
        ({"goal": (90, 4)}, "goal lane=4: expected a whole number from 0 to 1"),
        ({"goal": (90, 0), "horizon": 1.5, "target_speed": 36}, "90.0 m ahead"),
        ({"goal": (20, 0), "horizon": 1.5}, "1 lanes away, at 2 s each"),
    ],
)
def test_wishes_that_cannot_be_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        plan(EGO, **options)
