"""A closed workload whose number of users changes over time, as its scenario says.

Locust's own shapes look once a second, and are chosen before the web page can say which scenario it is to be. So each
change is made when it is due, by the same call that Locust's page makes when somebody edits the number of users there.
"""

import itertools

import gevent  # type: ignore[import-untyped]  # gevent ships no types

from loadtests.scenarios import WorkloadKind
from loadtests.users.load import Load, sleep_until

_AT_ONCE = 100
"""Users a second: Locust warns of more."""


def follow_stages(load: Load) -> None:
    """Change the number of users whenever a stage is over, until the load ends."""
    if load.settings.kind is WorkloadKind.CLOSED and len(load.settings.scenario.stages) > 1:
        load.hold(gevent.spawn(_follow, load))


def _follow(load: Load) -> None:
    settings, environment = load.settings, load.environment
    measured_s = settings.measured_s or settings.scenario.duration_s
    users = environment.parsed_options.num_users if environment.parsed_options else settings.scenario.users
    stages = settings.scenario.stages
    for over, stage in itertools.pairwise(stages):
        sleep_until(load.begun_at + settings.warm_up_s + over.until * measured_s)
        if environment.runner is None:
            return
        environment.runner.start(max(1, round(users * stage.factor)), _AT_ONCE)
