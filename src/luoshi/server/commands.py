"""Commands about the installation itself: serve, web, clocks, init, check."""

from __future__ import annotations

import functools
import json
import os
import socket
import sys

import click

from luoshi.kernel.errors import BadInput, Refused, system_reason
from luoshi.server.boot import ensure_data, setup_django

__all__ = ["check", "clocks", "django_admin", "ensure_data", "init", "serve", "setup_django", "web"]

HOST = click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址。")
PORT = click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))


@click.command()
@click.option("--demo", is_flag=True, help="演示数据和演示账号，任何内容都不离开本机。")
@click.option("--people", default=200, show_default=True, type=click.IntRange(0, 5_000_000), help="演示名册的人数。")
@click.option("--seed", default=20240930, show_default=True, help="演示名册的随机种子。")
@click.option("--pack", default="jccq", show_default=True, help="启动时装载的规范包：名称、文件夹或 none。")
@HOST
@PORT
def serve(demo: bool, people: int, seed: int, pack: str, host: str, port: int) -> int:
    """网页与时钟一起运行，哪个停了就重新启动。先建好数据。"""
    if demo:
        os.environ["LUOSHI_DEMO"] = "1"
    setup_django()
    from luoshi.server import boot, keeping, safety

    safety.refuse_unsafe()
    free(host, port)
    click.echo("正在准备数据，第一次约需半分钟……", err=True)
    for line in boot.init(pack):
        click.echo(line, err=True)
    if demo:
        from luoshi.server import demo as synthetic

        click.echo(synthetic.words(synthetic.fill(seed, people, functools.partial(click.echo, err=True))))
    sys.stdout.flush()
    _close_connections()
    me = [sys.executable, "-m", "luoshi"]
    env = {**os.environ}
    children = [
        keeping.Child("web", [*me, "web", "--host", host, "--port", str(port)], env),
        keeping.Child("clocks", [*me, "clocks"], env),
    ]
    started = f"\n落实 已启动：{address(host, port)}    （Ctrl-C 停止）\n"
    return keeping.Keeper(children, ready=lambda: answers(host, port), announce=started).run()


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="进程数，缺省取 LUOSHI_WORKERS，再缺省每核一个。")
@HOST
@PORT
def web(workers: int | None, host: str, port: int) -> None:
    """只运行网页；另须运行 luoshi clocks。"""
    ensure_data()
    from luoshi.server import safety

    safety.refuse_unsafe()
    free(host, port)
    _close_connections()
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "luoshi.server.worker:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or settings.WORKERS,
        blocking_threads=min(8, 2 * (os.cpu_count() or 1) + 1),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
    ).serve()


@click.command()
@click.option("--once", is_flag=True, help="只办现在到期的，办完就退出。")
def clocks(once: bool) -> None:
    """只运行时钟、后台任务和通知发送；可同时运行多个。"""
    ensure_data()
    from luoshi.server import clockwork

    if once:
        click.echo(str(clockwork.once()))
    else:
        clockwork.run()


@click.command()
@click.option("--pack", default="jccq", show_default=True, help="要装载的规范包：名称、文件夹或 none。")
def init(pack: str) -> None:
    """建立或升级数据：数据库、工作日历、规范包。可重复运行。"""
    from luoshi.server import boot

    for line in boot.init(pack):
        click.echo(line)


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--strict", is_flag=True, help="有不安全或缺少的，退出码为 1。")
def check(as_json: bool, strict: bool) -> int:
    """说明哪些已配置、哪些缺少、哪些不安全。"""
    setup_django()
    from luoshi.server import safety

    points = [*safety.configuration(), *safety.data()]
    bad = [p for p in points if p.status in (safety.UNSAFE, safety.MISSING)]
    if as_json:
        answer = {"ok": not bad, "points": [p.to_json() for p in points]}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for p in points:
            click.echo(f"{safety.WORDS[p.status]}\t{p.text}" + (f"\t→ {p.hint}" if p.hint else ""))
    return 1 if strict and bad else 0


@click.command("django", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def django_admin(args: tuple[str, ...]) -> None:
    """Django 自带的管理命令（makemigrations、migrate、shell 等）。"""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["luoshi django", *args])
    sys.stdout.flush()


def address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 what to type, not what to bind
    return f"http://{shown}:{port}/"


def free(host: str, port: int) -> None:
    """Refused when another program has the port, before anything is started."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise BadInput(f"不是本机的地址：{host}（{error}）", field="--host") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise Refused(f"端口 {port} 已被占用或无法使用（{system_reason(error)}），请用 --port 换一个") from None


def answers(host: str, port: int) -> bool:
    """Whether the web takes connections yet."""
    try:
        socket.create_connection(({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port), 0.2).close()  # noqa: S104
    except OSError:
        return False
    return True


def _close_connections() -> None:
    """Children open their own; a connection must not be shared across a fork."""
    from django.db import connections

    connections.close_all()
