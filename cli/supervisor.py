"""The workers and the console behind `crossfade up`: started, watched, reloaded, restarted one after another, ended."""

import signal
import time
from collections import deque
from dataclasses import replace
from functools import partial
from pathlib import Path

from cli import listening, proxy_worker, wire
from cli.context import Context
from cli.errors import CliError
from cli.output import message, warn
from cli.posts import Post
from cli.processes import Child
from cli.reload import WITH_RESTART, WITH_ROLLING_RESTART, different
from cli.settings import Settings, load_settings
from cli.workers import counts_file, proxy_settings, require_backends, runtime_socket
from parity.errors import ParityError
from proxy.errors import ProxyError
from proxy.settings import ProxySettings
from proxy.shared_counts import Counts

LOOK_EVERY_S = 0.1
PARITY_ENDS_WITHIN_S = 10.0
CONSOLE_ENDS_WITHIN_S = 5.0
SLOTS_A_POST = 2
"""One for the worker that is there, one for the next while it takes over: a slot has one writer at a time."""


class Running:
    """A parity worker, the proxy workers, a console; each is started again when it dies, without touching the others.

    Raises UnavailableError when a worker cannot start; a console that cannot is said and tried again, and keeps nobody
    waiting. Signals do what they do from `heed_signals` on.
    """

    def __init__(self, context: Context, *, log_dir: Path | None = None) -> None:
        self._context = context
        self._log_dir = log_dir
        self._stopping = self._reload_wanted = self._restart_wanted = False
        self._rolling: deque[Post[Child]] = deque()
        self._in_turn: Post[Child] | None = None
        settings = context.settings
        self._socket_file = runtime_socket(settings)
        self._counts_file = counts_file(settings)
        self._proxy = proxy_settings(context, self._socket_file)
        self._parity = self._make_parity_post()
        self._proxies = [self._make_proxy_post(number) for number in range(settings.proxy.workers)]
        self._consoles = [self._make_console_post()] if settings.console.enabled else []
        self._posts = (self._parity, *self._proxies, *self._consoles)
        self._listener = listening.bind(self._proxy.listen_host, self._proxy.listen_port)
        try:
            domains = {endpoint.domain for endpoint in self._proxy.endpoints}
            self._counts = Counts.make(self._counts_file, settings.proxy.workers * SLOTS_A_POST, domains)
            self._parity.begin()
            self._parity.await_holder()
            for post in self._proxies:
                post.begin()
            for post in self._proxies:
                post.await_holder()
            for post in self._consoles:
                post.begin()
        except BaseException:
            self.end()
            raise

    @property
    def port(self) -> int:
        """Where the proxy listens."""
        return int(self._listener.getsockname()[1])

    @property
    def parity(self) -> Child:
        """The parity worker that is there."""
        return _holder(self._parity)

    @property
    def proxies(self) -> list[Child]:
        """The proxy workers that are there, in the order of their names."""
        return [_holder(post) for post in self._proxies]

    @property
    def is_settled(self) -> bool:
        """Whether every worker is at work and nothing is under way."""
        return not self._rolling and self._in_turn is None and all(post.is_settled for post in self._posts)

    def _make_parity_post(self) -> Post[Child]:
        def start(_turn: int) -> Child:
            return Child(
                "the parity worker",
                [
                    *self._context.config_arguments,
                    "parity-worker",
                    "--socket",
                    str(self._socket_file),
                    "--supervised",
                ],
                log=self._log("parity"),
                environment={"CROSSFADE_STATE_DIR": str(self._context.settings.state_dir)},
                feed=b"",
                waits=False,
            )

        return Post("the parity worker", start, end_within_s=PARITY_ENDS_WITHIN_S, overlaps=False)

    def _make_console_post(self) -> Post[Child]:
        def start(_turn: int) -> Child:
            return Child(
                "the console",
                [*self._context.config_arguments, "console", "--supervised"],
                log=self._log("console"),
                environment={"CROSSFADE_STATE_DIR": str(self._context.settings.state_dir)},
                feed=b"",
                waits=False,
            )

        return Post("the console", start, end_within_s=CONSOLE_ENDS_WITHIN_S, overlaps=False)

    def _make_proxy_post(self, number: int) -> Post[Child]:
        name = f"the proxy worker proxy-{number + 1}"

        def start(turn: int) -> Child:
            return Child(
                name,
                [],
                module="cli.proxy_worker",
                log=self._log("proxy" if number == 0 else f"proxy-{number + 1}"),
                environment=proxy_worker.environment(self._proxy.handover.queue_bytes),
                feed=self._line_for(number, turn),
                pass_fds=[self._listener.fileno()],
                waits=False,
            )

        return Post(
            name,
            start,
            ended=lambda turn: self._clear(number * SLOTS_A_POST + turn),
            end_within_s=self._proxy.drain_s + 2 * self._proxy.mirror_drain_s + 5,
        )

    def _clear(self, slot: int) -> None:
        if lost := self._counts.take_over(slot):
            warn(
                f"{lost} {'write was' if lost == 1 else 'writes were'} in flight; whether done, nobody knows"
            )

    def _settings_of(self, number: int, turn: int) -> ProxySettings:
        return replace(
            self._proxy,
            worker_name=f"proxy-{number + 1}",
            admin_port=self._proxy.admin_port and self._proxy.admin_port + number,
            listen_fd=self._listener.fileno(),
            listen_port=self.port,
            counts_file=self._counts_file,
            slot=number * SLOTS_A_POST + turn,
            slots=self._counts.slots,
        )

    def _line_for(self, number: int, turn: int) -> bytes:
        return wire.encode(self._settings_of(number, turn))

    def _log(self, name: str) -> Path | None:
        return self._log_dir / f"{name}.log" if self._log_dir else None

    def heed_signals(self) -> None:
        """From now on SIGTERM and Ctrl-C end `watch`, SIGHUP reloads, SIGUSR2 restarts; also when they come before it."""

        def stop(*_: object) -> None:
            self._stopping = True

        def reload(*_: object) -> None:
            self._reload_wanted = True

        def restart(*_: object) -> None:
            self._restart_wanted = True

        for number, act in (
            (signal.SIGTERM, stop),
            (signal.SIGINT, stop),
            (signal.SIGHUP, reload),
            (signal.SIGUSR2, restart),
        ):
            signal.signal(number, act)

    def watch(self) -> None:
        """Start again what dies, do what signals ask for; return when one has come that ends everything."""
        while not self._stopping:
            if self._reload_wanted:
                self._reload_wanted = False
                self.reload()
            if self._restart_wanted:
                self._restart_wanted = False
                self.restart()
            self.look()
            time.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """One step of everything that is under way; never waits."""
        for post in self._posts:
            post.look()
        if self._in_turn is not None:
            if self._in_turn.failed:
                warn(f"crossfade: the rolling restart stops at {self._in_turn.name}; those before it are new")
                self._rolling.clear()
                self._in_turn = None
                return
            if not self._in_turn.is_settled:
                return
            message(f"{self._in_turn.name} was restarted")
            self._in_turn = None
        if self._rolling:
            self._in_turn = self._rolling.popleft()
            self._in_turn.replace()

    def restart(self) -> None:
        """Begin to restart all workers, one after another; `look` does it."""
        if self._rolling or self._in_turn is not None:
            message("a rolling restart is under way already")
            return
        self._rolling.extend([*self._proxies, self._parity, *self._consoles])

    def reload(self) -> None:
        """Read the configuration again; a wrong one changes nothing and is said, with every field that is wrong."""
        try:
            settings = load_settings(self._context.config)
            require_backends(settings)
            fixed = self._but_for_what_is_fixed(settings)
            context = replace(self._context, settings=fixed)
            proxy = proxy_settings(context, self._socket_file)
            context.rules()
            self._counts.enter({endpoint.domain for endpoint in proxy.endpoints})
        except (CliError, ParityError, ProxyError, OSError) as error:
            warn(f"crossfade: not reloaded, everything goes on as before: {error}")
            return
        before = self._context.settings
        self._context, self._proxy = context, proxy
        for number, post in enumerate(self._proxies):
            post.feed(partial(self._line_for, number))
        for post in self._consoles:
            post.replace()
        self._parity.replace()  # it reads its rules when it starts; what comes meanwhile waits at the proxies
        message("reloaded")
        for keys, remedy in (
            (WITH_ROLLING_RESTART, "crossfade restart"),
            (WITH_RESTART, "ending and starting crossfade up"),
        ):
            if waiting := different(before, settings, keys):
                warn(f"{', '.join(waiting)}: takes effect by {remedy}")

    def _but_for_what_is_fixed(self, settings: Settings) -> Settings:
        before = self._context.settings
        fixed = {"listen": before.proxy.listen, "workers": before.proxy.workers}
        console = settings.console.model_copy(update={"enabled": before.console.enabled})
        return settings.model_copy(
            update={
                "state_dir": before.state_dir,
                "proxy": settings.proxy.model_copy(update=fixed),
                "console": console,
            }
        )

    def end(self) -> None:
        """The proxies first, so that what they captured is still handed over."""
        self._listener.close()
        for post in (*self._proxies, *self._consoles):
            post.dismiss()
        for post in (*self._proxies, self._parity, *self._consoles):
            post.end()


def _holder(post: Post[Child]) -> Child:
    while post.holder is None:
        post.look()
        time.sleep(LOOK_EVERY_S)
    return post.holder
