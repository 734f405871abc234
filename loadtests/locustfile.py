"""Locust users who send what was recorded of each domain, again and again, and expect the recorded statuses.

By itself, with Locust's web page on port 8089:

    locust -f loadtests/locustfile.py --host http://127.0.0.1:9001
    locust -f loadtests/locustfile.py --host http://127.0.0.1:9001 EscrowsUser ClientsUser
    locust -f loadtests/locustfile.py --host http://127.0.0.1:9001 --class-picker
    locust -f loadtests/locustfile.py --host http://127.0.0.1:9001 --headless --scenario smoke

There is a class of users for each domain (`EscrowsUser` …). Which of them come is said by their names, on the command
line or in the class picker of the page, else by `--domain`. Ours of the options, also as environment variables and (but
for those marked with *) on the page:

    --contract          CROSSFADE_CONTRACT            directory of the recording (tests/contract)
    --domain            CROSSFADE_LOADTEST_DOMAIN     whose endpoints: names with commas, or all (all)
    --scenario          CROSSFADE_LOADTEST_SCENARIO   smoke, steady, spike, soak or 100-concurrent (steady): users, pace,
                                                      workload, rate and length, where options do not say otherwise
    --workload          CROSSFADE_LOADTEST_WORKLOAD   closed (users who wait) or open (arrivals who do not)
    --rate              CROSSFADE_LOADTEST_RATE       requests a second of an open workload; 0: the scenario's, or
                                                      what its users would send
    --pace              CROSSFADE_LOADTEST_PACE       mean seconds from a user's request to the next; 0: the scenario's
    --reads             CROSSFADE_LOADTEST_READS      share of requests that only read, like 0.8, or recorded:
                                                      as many as that; empty: the scenario's
    --endpoints         CROSSFADE_LOADTEST_ENDPOINTS  "GET /v1/escrows, …"; default: all of the domains
    --leave-out         CROSSFADE_LOADTEST_LEAVE_OUT  names of journeys not to send, with commas (escrows/get_admin)
    --jwt-secret      * CROSSFADE_JWT_SECRET          signs the tokens of the recorded users
    --jwt-secret-file * CROSSFADE_JWT_SECRET_FILE     holds that secret instead, so that no command line shows it
    --load-seed         CROSSFADE_LOADTEST_SEED       the same seed sends the same requests in the same order
    --timeout           CROSSFADE_LOADTEST_TIMEOUT    seconds after which an answer is missing (10)
    --in-flight         CROSSFADE_LOADTEST_IN_FLIGHT  of an open workload: an arrival beyond so many unanswered requests
                                                      counts as an error "not sent" (500)
    --worker-silence  * CROSSFADE_LOADTEST_WORKER_SILENCE  with --master: seconds after which a silent worker is lost (15)
    --results         * CROSSFADE_LOADTEST_RESULTS    file for one line a request (see timings.py)
    --warm-up         * CROSSFADE_LOADTEST_WARM_UP    with --measured: seconds before it
    --measured        * CROSSFADE_LOADTEST_MEASURED   seconds after which the process ends; default: with --headless
                                                      as long as the scenario is or --run-time says, else never

`--users` is Locust's own; without it there are as many as the scenario has. An open workload is one user to Locust.
Exit code 2: the options say something that cannot be. Exit code 4: the side under load gave no whole answer many times
in a row. Importing Locust patches the whole process (gevent), so only Locust's own process imports this module.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust import User, events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.event import EventHook
from locust.exception import StopTest
from locust.runners import Runner, WorkerRunner

from domains.rooms import ROOMS
from loadtests.errors import LoadTestError
from loadtests.scenarios import WorkloadKind
from loadtests.users import arriving, closed
from loadtests.users.load import Load, loads
from loadtests.users.nodes import node_of, nodes
from loadtests.users.options import add_options, settings_from
from loadtests.users.stages import follow_stages

Listener = TypeVar("Listener", bound=Callable[..., None])
DOMAINS = {closed.class_of(room).__name__: room for room in ROOMS}
"""Those of the reference CRM, by the names of their classes."""
checked: dict[Environment, Load] = {}
"""What without a web page was read when the process began: it is what the load that then begins would read."""

for _domain in DOMAINS.values():  # Locust takes the classes that it finds here
    globals()[closed.class_of(_domain).__name__] = closed.class_of(_domain)


def _on(hook: EventHook) -> Callable[[Listener], Listener]:
    """Locust's decorator for listeners, with the type that it lacks."""
    add: Callable[[Listener], Listener] = hook.add_listener
    return add


@_on(events.init_command_line_parser)
def _add_options(parser: LocustArgumentParser, **_: Any) -> None:
    add_options(parser)


@_on(events.init)
def _check_settings(environment: Environment, runner: Runner, **_: Any) -> None:
    """Without a web page nobody can correct the settings later: wrong ones are one sentence and exit code 2."""
    options = environment.parsed_options
    if options is None:
        return
    node = nodes[environment] = node_of(environment, runner)
    try:
        settings = settings_from(options, DOMAINS)
        load = Load(settings, environment, node)
        environment.user_classes = _classes(load)
        if options.headless:  # it begins at once
            checked[environment] = load
    except (LoadTestError, OSError, ValueError) as error:
        if options.headless:
            sys.stderr.write(f"crossfade: {error}\n")
            raise SystemExit(2) from error
        return
    options.num_users = options.num_users or settings.scenario.users
    if (
        options.headless and settings.kind is WorkloadKind.OPEN
    ):  # a user for each process, and the rate as it was
        options.rate, options.num_users = settings.rate_rps, max(options.num_users, options.expect_workers)
    options.spawn_rate = options.spawn_rate or options.num_users


@_on(events.test_start)
def _begin_load(environment: Environment, **_: Any) -> None:
    """Read the recording anew at each start, with what the web page was told by then."""
    if environment.parsed_options is None:
        return
    node = nodes[environment]
    try:
        settings = settings_from(node.options(environment.parsed_options), DOMAINS)
        load = checked.pop(environment, None)
        if load is None or load.settings != settings:
            load = Load(settings, environment, node)
        load.open()
    except (LoadTestError, OSError, ValueError) as error:
        node.refuse(str(error))
        raise StopTest(str(error)) from error
    loads[environment] = load
    environment.user_classes = _classes(load)
    environment.stop_timeout = load.settings.timeout_s + 1
    if load.settings.measured_s is not None:
        ends_at = load.begun_at + load.settings.warm_up_s + load.settings.measured_s
        load.hold(gevent.spawn(load.quit_at, ends_at))
    if not isinstance(environment.runner, WorkerRunner):  # the master changes the users of all workers
        follow_stages(load)


def _classes(load: Load) -> list[type[User]]:
    users = closed.classes_with(load.mixes)
    arriving.ArrivalsUser.fixed_count = load.node.of
    return [arriving.ArrivalsUser] if load.settings.kind is WorkloadKind.OPEN else [*users]


@_on(events.request)
def _keep(
    response_time: float, response: Any, context: dict[str, Any], start_time: float = 0.0, **_: Any
) -> None:
    load: Load = context["load"]
    load.keep(
        context["step"],
        response,
        response_time,
        started_at=context["started_at"],
        late_ms=context["late_ms"],
        sent_at=start_time,
    )


@_on(events.test_stop)
@_on(events.quitting)
def _close(environment: Environment, **_: Any) -> None:
    if load := loads.pop(environment, None):
        load.close()
