"""Locust users who send a domain's recorded requests, each again and again, and expect the recorded statuses.

By itself, with Locust's web page on port 8089:

    locust -f loadtests/locustfile.py --host http://127.0.0.1:9001

Settings, as options or environment variables (and on the web page, except the secret):

    --contract          CROSSFADE_CONTRACT           directory of the recording (tests/contract)
    --domain            CROSSFADE_LOADTEST_DOMAIN    whose endpoints (escrows)
    --endpoints         CROSSFADE_LOADTEST_ENDPOINTS "GET /v1/escrows, …"; default: all of the domain
    --leave-out         CROSSFADE_LOADTEST_LEAVE_OUT names of exchanges not to send, with commas
    --jwt-secret        CROSSFADE_JWT_SECRET         signs the tokens of the recorded users
    --jwt-secret-file   CROSSFADE_JWT_SECRET_FILE    holds that secret instead, so that no command line shows it
    --pace              CROSSFADE_LOADTEST_PACE      mean seconds from a user's request to the next (0.25)
    --load-seed         CROSSFADE_LOADTEST_SEED      the same seed sends the same requests in the same order
    --timeout           CROSSFADE_LOADTEST_TIMEOUT   seconds after which an answer is missing (10)
    --results           CROSSFADE_LOADTEST_RESULTS   file for one line a request (see timings.py)
    --warm-up           CROSSFADE_LOADTEST_WARM_UP   with --measured: seconds before it
    --measured          CROSSFADE_LOADTEST_MEASURED  seconds after which the process ends (default: never)

Exit code 4: the side under load gave no whole answer many times in a row. Importing Locust patches the whole
process (gevent), so only Locust's own process imports this module.
"""

import itertools
import json
import random
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.event import EventHook
from locust.exception import StopTest

from loadtests.errors import LoadTestError, RecordingError
from loadtests.recording import Credentials, sendable
from loadtests.settings import (
    PACE_S,
    SIDE_DOWN_EXIT_CODE,
    TIMEOUT_S,
    WARM_UP_S,
    LoadSettings,
    domain_endpoints,
    parse_endpoints,
)
from loadtests.timings import Timing, server_timing, writer
from loadtests.workload import Journey, Step, Workload

_NO_ANSWERS_IN_A_ROW = 40
Listener = TypeVar("Listener", bound=Callable[..., None])


class Load:
    """What the users of one Locust process share; made when Locust starts, hung on its environment."""

    def __init__(self, settings: LoadSettings, environment: Environment) -> None:
        self.settings = settings
        self.workload: Workload = settings.workload()
        self.credentials = Credentials(settings.contract, settings.jwt_secret)
        self.user_numbers = itertools.count()
        self.begun_at = time.perf_counter()
        self._environment = environment
        self._file = settings.results.open("wb") if settings.results else None
        self._write = writer(self._file) if self._file else None
        self._no_answers = 0

    def record(self, timing: Timing) -> None:
        """Keep one timing; end the process when the side is down."""
        if self._write:
            self._write(timing)
        self._no_answers = 0 if timing.status else self._no_answers + 1
        if self._no_answers == _NO_ANSWERS_IN_A_ROW and self.settings.measured_s is not None:
            self._environment.process_exit_code = SIDE_DOWN_EXIT_CODE
            self.quit()

    def quit(self) -> None:
        """End the run: users finish the request they wait for and clean up."""
        if self._environment.runner is not None:
            gevent.spawn(self._environment.runner.quit)

    def close(self) -> None:
        """Write out what is buffered."""
        if self._file:
            self._file.close()
            self._write = None


_loads: dict[Environment, Load] = {}  # Locust gives its hooks the environment and nothing else of ours


class RecordedUser(FastHttpUser):
    """Sends one request of a recorded journey at each beat of the pace; journeys come in a seeded order."""

    max_redirects = 0

    def __init__(self, environment: Environment) -> None:
        load = _loads[environment]
        self.network_timeout = self.connection_timeout = load.settings.timeout_s
        super().__init__(environment)
        self._load = load
        self._random = random.Random(load.settings.seed * 1_000_003 + next(load.user_numbers))
        self._next_s = time.perf_counter() + self._random.uniform(0, load.settings.pace_s)
        self._steps: Iterator[Step] = iter(())
        self._answers: dict[str, Any] = {}

    def wait_time(self) -> float:
        """Seconds until the next beat."""
        return max(0.0, self._next_s - time.perf_counter())

    def on_start(self) -> None:
        """Begin at a moment of one's own, so that the users do not march in step."""
        gevent.sleep(self.wait_time())

    @task
    def send_next(self) -> None:
        """Send the next request, a new journey when the last one is through."""
        step = next(self._steps, None)
        if step is None:
            step = self._begin(self._random.choice(self._load.workload.journeys))
        now_s = time.perf_counter()
        late_s, begun_s = max(0.0, now_s - self._next_s), max(now_s, self._next_s)
        # the beat allows for what a timer and a busy generator cost; more is an answer that was waited for
        late_ms = late_s * 1_000 if late_s > self._load.settings.pace_s / 4 else 0.0
        self._next_s = begun_s + self._load.settings.pace_s * self._random.uniform(0.5, 1.5)
        self._send(step, late_ms)

    def on_stop(self) -> None:
        """Finish the journey, so that what it created is removed; not with a side that gives no answers."""
        for step in self._steps:
            if not self._send(step, 0.0):
                return

    def _begin(self, journey: Journey) -> Step:
        self._answers = {}
        self._steps = iter(journey.steps)
        return next(self._steps)

    def _send(self, step: Step, late_ms: float) -> bool:
        """Whether there was a whole answer."""
        try:
            request = sendable(step.exchange, self._load.credentials, self._answers)
        except (
            RecordingError
        ):  # the creation failed and was counted; the rest of its life cycle cannot be sent
            self._steps = iter(())
            return True
        context = {"load": self._load, "step": step, "late_ms": late_ms, "begun_at": time.perf_counter()}
        with self.client.request(
            request.method,
            request.target,
            name=step.endpoint,
            data=request.body.decode() if request.body is not None else None,
            headers=request.headers,
            allow_redirects=False,
            catch_response=True,
            context=context,
        ) as response:
            if response.status_code == step.exchange.status:
                response.success()
                self._remember(step, response.content)
            else:
                response.failure(f"{response.status_code or 'no answer'}, recorded as {step.exchange.status}")
            return bool(response.status_code)

    def _remember(self, step: Step, body: bytes | None) -> None:
        if step.exchange.method == "POST" and body:
            try:
                self._answers[step.exchange.name] = json.loads(body)
            except ValueError:
                self._answers.pop(step.exchange.name, None)


def _on(hook: EventHook) -> Callable[[Listener], Listener]:
    """Locust's decorator for listeners, with the type that it lacks."""
    add: Callable[[Listener], Listener] = hook.add_listener
    return add


@_on(events.init_command_line_parser)
def _add_options(parser: LocustArgumentParser, **_: Any) -> None:
    def option(
        name: str, variable: str, default: Any, kind: Callable[[str], Any], text: str, **more: Any
    ) -> None:
        prefix = (
            "CROSSFADE_"
            if variable in {"CONTRACT", "JWT_SECRET", "JWT_SECRET_FILE"}
            else "CROSSFADE_LOADTEST_"
        )
        parser.add_argument(name, env_var=prefix + variable, default=default, type=kind, help=text, **more)

    option("--contract", "CONTRACT", "tests/contract", str, "Directory of the recording.")
    option("--domain", "DOMAIN", "escrows", str, "Whose endpoints are loaded.")
    option("--endpoints", "ENDPOINTS", "", str, "Only these endpoints, with commas.")
    option("--leave-out", "LEAVE_OUT", "", str, "Names of exchanges not to send, with commas.")
    hidden: dict[str, Any] = {"include_in_web_ui": False}
    secret: dict[str, Any] = {"is_secret": True, "include_in_web_ui": False}
    option("--jwt-secret", "JWT_SECRET", "", str, "Signs the tokens of the recorded users.", **secret)
    option(
        "--jwt-secret-file", "JWT_SECRET_FILE", "", str, "A file that holds that secret instead.", **hidden
    )
    option("--pace", "PACE", PACE_S, float, "Mean seconds from a user's request to the next.")
    option("--load-seed", "SEED", 1, int, "The same seed sends the same requests in the same order.")
    option("--timeout", "TIMEOUT", TIMEOUT_S, float, "Seconds after which an answer is missing.")
    option("--results", "RESULTS", "", str, "File for one line a request.", **hidden)
    option("--warm-up", "WARM_UP", WARM_UP_S, float, "With --measured: seconds before it.", **hidden)
    option("--measured", "MEASURED", 0.0, float, "Seconds after which the process ends.", **hidden)


def _settings(options: Namespace) -> LoadSettings:
    secret_file = options.jwt_secret_file
    return LoadSettings(
        contract=Path(options.contract),
        domain=options.domain,
        jwt_secret=Path(secret_file).read_text() if secret_file else options.jwt_secret,
        endpoints=parse_endpoints(options.endpoints) or domain_endpoints(options.domain),
        left_out=frozenset(name.strip() for name in options.leave_out.split(",") if name.strip()),
        seed=options.load_seed,
        pace_s=options.pace,
        timeout_s=options.timeout,
        warm_up_s=options.warm_up,
        measured_s=options.measured or None,
        results=Path(options.results) if options.results else None,
    )


@_on(events.init)
def _check_settings(environment: Environment, **_: Any) -> None:
    """Without a web page nobody can correct the settings later: wrong ones are one sentence and exit code 2."""
    options = environment.parsed_options
    if options is not None and options.headless:
        try:
            _settings(options).workload()
        except (LoadTestError, OSError, ValueError) as error:
            sys.stderr.write(f"crossfade: {error}\n")
            raise SystemExit(2) from error


@_on(events.test_start)
def _begin_load(environment: Environment, **_: Any) -> None:
    """Read the recording anew at each start, with what the web page was told by then."""
    if environment.parsed_options is None:
        return
    try:
        load = _loads[environment] = Load(_settings(environment.parsed_options), environment)
    except (LoadTestError, OSError, ValueError) as error:
        raise StopTest(str(error)) from error
    environment.stop_timeout = load.settings.timeout_s + 1
    if load.settings.measured_s is not None:
        gevent.spawn_later(load.settings.warm_up_s + load.settings.measured_s, load.quit)


@_on(events.request)
def _record(
    response_time: float, response: Any, context: dict[str, Any], start_time: float, **_: Any
) -> None:
    step: Step = context["step"]
    load: Load = context["load"]
    status = int(response.status_code or 0)
    headers = response.headers if status and response.headers else {}
    count = headers.get("x-query-count", "")
    db_ms, cache = server_timing(headers.get("server-timing"))
    load.record(
        Timing(
            endpoint=step.endpoint,
            exchange=step.exchange.name,
            started_s=context["begun_at"] - load.begun_at,
            duration_ms=response_time,
            status=status,
            as_recorded=status == step.exchange.status,
            refused=step.refused,
            query_count=int(count) if count.isdigit() else None,
            db_ms=db_ms,
            cache=cache,
            late_ms=context["late_ms"],
            domain=step.exchange.domain,
            served_by=headers.get("x-served-by", ""),
            sent_at=start_time,
        )
    )


@_on(events.quitting)
def _close(environment: Environment, **_: Any) -> None:
    if load := _loads.pop(environment, None):
        load.close()
