"""A small document in the database, made here and belonging to nobody: 演示."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.norms import engine, gazette, index, uploads
from luoshi.norms.models import Instrument, InstrumentVersion, Provision

Make = Callable[..., Instrument]


@pytest.fixture
def make_instrument(db: None) -> Make:
    """`make_instrument("T1", {"一": "…", "二(一)": "…"})`: an instrument with one version, indexed."""

    def make(slug: str, texts: dict[str, str], *, issuer: str = "演示县人民政府", on: date | None = None) -> Instrument:
        on = on or date(2024, 5, 1)
        with transaction.atomic():
            instrument = Instrument.objects.create(
                slug=slug, number=f"演政发〔2024〕{slug}号", title=f"演示文件{slug}", issuer=issuer, date=on
            )
            text = "\n".join(texts.values())
            version = InstrumentVersion.objects.create(
                instrument=instrument, no=1, source="test", text=text, digest=engine.digest(slug + text),
                valid_from=on, imported_at=when.now(),
            )  # fmt: skip
            Provision.objects.bulk_create(
                Provision(version=version, path=path, label=path, text=words, order=order)
                for order, (path, words) in enumerate(texts.items())
            )
            index.index_version(version)
        return instrument

    return make


NOTICE = """演示县人民政府关于印发《演示县图书下乡实施方案》的通知

演政发〔2024〕3号

各乡镇人民政府,县直各有关单位:

现将《演示县图书下乡实施方案》印发给你们,请认真贯彻落实。

演示县人民政府
2024年3月1日

(此件公开发布)

演示县图书下乡实施方案

为丰富农村文化生活,制定本方案。

一、工作目标

到2025年底,全县建成农家书屋120个。

二、重点任务

(一)建设书屋。每个行政村建设一个农家书屋,2024年底前完成选址。[县文旅局牵头,各乡镇配合]

(二)送书下乡。每季度组织一次送书活动。[县文旅局、县教育局]
"""


@pytest.fixture(autouse=True)
def uploads_apart(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def by() -> Actor:
    return Actor("命令行", via="cli")


@pytest.fixture
def bring_in(db: None, by: Actor) -> Callable[..., gazette.Report]:
    """`bring_in(text)`: a file received and imported."""

    def bring(given: str | bytes, name: str = "演示公报.txt", *, again: bool = False) -> gazette.Report:
        data = given.encode() if isinstance(given, str) else given
        return gazette.import_upload(uploads.receive(io.BytesIO(data), name, by=by), by=by, again=again)

    return bring


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """`person("张三", "editor", body=…)`: an account with a role."""

    def make(name: str, *roles: str, body: Body | None = None) -> User:
        user = User.objects.create_user(name, password="an-honest-pass-phrase", display_name=name)
        for role in roles:
            Grant.objects.create(user=user, role=role, body=body)
        return user

    return make


@pytest.fixture
def signed_in(person: Callable[..., User]) -> Callable[..., Client]:
    def sign(*roles: str, name: str = "") -> Client:
        client = Client()
        client.force_login(person(name or f"u-{'-'.join(roles)}", *roles))
        return client

    return sign
