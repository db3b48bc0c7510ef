"""The forms by which the directory is kept: each is one page, keeps what was typed and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from luoshi.directory import actions, upkeep
from luoshi.directory import forms as words
from luoshi.directory.models import Area, Body, BodyAlias, Holding, Person, Post
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import Actor, access

methods = require_http_methods(["GET", "HEAD", "POST"])


def _ask(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[Actor, dict[str, Any]], object],
    *,
    title: str,
    back: str,
    done: str,
    lead: str = "",
    button: str = "保存",
) -> HttpResponse:
    """The page of a form; a POST that fits runs `act(actor, values)` and goes back with a word."""
    user: Any = request.user
    sent = request.method == "POST" and form.is_valid()
    if sent and attempt(form, lambda: (act(user.as_actor(), dict(form.cleaned_data)),)) is not None:
        messages.success(request, done)
        return HttpResponseRedirect(back)
    context = {"form": form, "title": title, "lead": lead, "button": button, "back": back}
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)


def _given(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _of_body(request: HttpRequest, body: Body | None) -> None:
    """The editor of one body keeps that body only; what belongs to none is the district's editor's."""
    user: Any = request.user
    if not (user.may("directory.edit", body=body) if body else user.areas("directory.edit") is None):
        raise PermissionDenied("directory.edit")


def _of_area(request: HttpRequest, area: Area | None) -> None:
    user: Any = request.user
    if not (user.may("directory.edit", area=area) if area else user.areas("directory.edit") is None):
        raise PermissionDenied("directory.edit")


def _page(body: Body) -> str:
    return reverse("directory:body", args=[body.pk])


@methods
@access("directory.edit")
def add_person(request: HttpRequest) -> HttpResponse:
    form = words.PersonForm(_given(request), initial={"body": request.GET.get("body", "")})

    def act(by: Actor, given: dict[str, Any]) -> object:
        _of_body(request, given["body"])
        return actions.add_person(given["name"], by=by, body=given["body"], phone=given["phone"])

    return _ask(request, form, act, title="登记人员", back=reverse("directory:people"), done="人员已登记")


@methods
@access("directory.edit")
def change_person(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(Person.objects.select_related("body"), pk=pk)
    _of_body(request, person.body)
    initial = {"name": person.name, "body": person.body.name if person.body else ""}
    form = words.PersonForm(_given(request), initial=initial, person=person)

    def act(by: Actor, given: dict[str, Any]) -> object:
        _of_body(request, given["body"])
        return upkeep.change_person(person, by=by, name=given["name"], phone=given["phone"] or None, body=given["body"])

    return _ask(request, form, act, title=f"修改{person.name}", back=reverse("directory:people"), done="已保存")


@methods
@access("directory.edit")
def add_post(request: HttpRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(Body, pk=pk)
    _of_body(request, body)
    form = words.PostForm(_given(request), body=body)
    return _ask(
        request,
        form,
        lambda by, given: upkeep.add_post(body, by=by, **given),
        title=f"设立{body}的岗位",
        back=_page(body),
        done="岗位已设立",
    )


@methods
@access("directory.edit")
def change_post(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post.objects.select_related("body"), pk=pk)
    _of_body(request, post.body)
    initial = {"title": post.title, "head": post.head, "stand_in": post.stand_in_id}
    form = words.PostForm(_given(request), initial=initial, body=post.body, post=post)
    return _ask(
        request,
        form,
        lambda by, given: upkeep.change_post(post, by=by, **given),
        title=f"修改岗位“{post.title}”",
        back=_page(post.body),
        done="岗位已修改",
    )


@methods
@access("directory.edit")
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post.objects.select_related("body"), pk=pk)
    _of_body(request, post.body)
    form = words.AppointForm(_given(request), initial={"since": when.today()})
    return _ask(
        request,
        form,
        lambda by, given: actions.appoint(given["person"], post, by=by, since=given["since"], closing=given["closing"]),
        title=f"登记{post}的任职",
        back=_page(post.body),
        done="任职已登记",
    )


@methods
@access("directory.edit")
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    holding = get_object_or_404(Holding.objects.select_related("post__body", "person"), pk=pk)
    _of_body(request, holding.post.body)
    form = words.LeaveForm(_given(request), initial={"until": when.today()})
    return _ask(
        request,
        form,
        lambda by, given: upkeep.leave(holding, by=by, until=given["until"]),
        title=f"{holding.person}离任{holding.post}",
        back=_page(holding.post.body),
        done="离任已登记",
    )


@methods
@access("directory.edit")
def add_alias(request: HttpRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(Body, pk=pk)
    _of_body(request, body)
    return _ask(
        request,
        words.AliasForm(_given(request)),
        lambda by, given: upkeep.add_alias(body, by=by, **given),
        title=f"登记{body}的另一种写法",
        lead="以后导入的文件里出现这个写法，就认作这个机构。",
        back=_page(body),
        done="写法已登记",
    )


@methods
@access("directory.edit")
def remove_alias(request: HttpRequest, pk: int) -> HttpResponse:
    alias = get_object_or_404(BodyAlias.objects.select_related("body"), pk=pk)
    _of_body(request, alias.body)
    return _ask(
        request,
        words.NoteForm(_given(request)),
        lambda by, given: upkeep.remove_alias(alias, by=by, note=given["note"]),
        title=f"删除写法“{alias.name}”",
        lead=f"以后文件里的“{alias.name}”不再认作{alias.body}；规范包里写明的写法，重新载入时会恢复。",
        back=_page(alias.body),
        done="写法已删除",
        button="删除",
    )


@methods
@access("directory.edit")
def add_succession(request: HttpRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(Body, pk=pk)
    _of_body(request, body)
    return _ask(
        request,
        words.SuccessionForm(_given(request)),
        lambda by, given: upkeep.add_succession(body, given.pop("new"), by=by, **given),
        title=f"登记{body}的职能承接",
        lead="登记后还须确认；确认以前，不按它转办任何事项。",
        back=_page(body),
        done="职能承接已登记，待确认",
    )


@methods
@access("directory.edit")
def add_area(request: HttpRequest) -> HttpResponse:
    form = words.AreaForm(_given(request), initial={"parent": request.GET.get("parent", "")})

    def act(by: Actor, given: dict[str, Any]) -> object:
        _of_area(request, given["parent"])
        return upkeep.add_area(given.pop("code"), given.pop("name"), given.pop("sort"), by=by, **given)

    return _ask(request, form, act, title="登记区域", back=reverse("directory:areas"), done="区域已登记")


@methods
@access("directory.edit")
def change_area(request: HttpRequest, pk: int) -> HttpResponse:
    area = get_object_or_404(Area.objects.select_related("parent", "body"), pk=pk)
    _of_area(request, area)
    initial = {
        "since": when.today(),
        "name": area.name,
        "full_name": area.full_name,
        "parent": words.area_words(area.parent),
        "body": area.body.name if area.body else "",
    }

    def act(by: Actor, given: dict[str, Any]) -> object:
        _of_area(request, given["parent"])
        return upkeep.new_version(area, by=by, **given)

    return _ask(
        request,
        words.VersionForm(_given(request), initial=initial),
        act,
        title=f"登记{area}的调整",
        lead="调整另起一条，原来的保留到前一日。四至的文字照录，是否在界内须重新明确。",
        back=reverse("directory:area", args=[pk]),
        done="调整已登记",
    )


@methods
@access("directory.edit")
def word_limit(request: HttpRequest, pk: int) -> HttpResponse:
    area = get_object_or_404(Area, pk=pk)
    _of_area(request, area)
    return _ask(
        request,
        words.LimitForm(_given(request)),
        lambda by, given: upkeep.word_limit(area, by=by, **given),
        title=f"填写{area}的四至",
        lead="改动文字后，这一侧是否在界内须重新明确。",
        back=reverse("directory:area", args=[pk]),
        done="四至已填写",
    )
