"""What residents and enterprises see: read the gazette, search it, follow what becomes of a provision, cite it."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from luoshi.faces import citations
from luoshi.kernel.acting import PUBLIC, access
from luoshi.kernel.errors import BadInput
from luoshi.norms.models import Instrument
from luoshi.norms.search import MOST, Hit, search
from luoshi.portal import following, queries


class SearchForm(forms.Form):
    q = forms.CharField(label="要找的字词", max_length=100, required=False)
    as_of = forms.DateField(
        label="哪一天有效的规定",
        required=False,
        help_text="不填就是现在。",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "日期请写成 2024-11-23 这样。"},
    )


@access(PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    latest = list(queries.documents()[:6])
    context = {
        "district": queries.district(),
        "documents": queries.with_progress(latest),
        "due": queries.due_soon(),
        "following": len(following.read(request)),
    }
    return render(request, "portal/home.html", context)


@access(PUBLIC)
def gazette(request: HttpRequest) -> HttpResponse:
    """Every public document, by year, with how far it has been carried out."""
    found = queries.documents()
    years = sorted({d.year for d in found.order_by().values_list("date", flat=True).distinct() if d}, reverse=True)
    year = request.GET.get("year", "")
    if year.isascii() and year.isdigit() and len(year) == 4:
        found = found.filter(date__year=int(year))
    else:
        year = ""
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {"page": page, "documents": queries.with_progress(list(page)), "years": years, "year": year}
    return render(request, "portal/gazette.html", context)


@access(PUBLIC)
def find(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET or None)
    words, as_of = "", None
    if form.is_valid():
        words, as_of = form.cleaned_data["q"].strip(), form.cleaned_data["as_of"]
    hits = _hits(words, as_of) if words else []
    page = Paginator(hits, 20).get_page(request.GET.get("page"))
    context = {"form": form, "words": words, "as_of": as_of, "page": page, "full": len(hits) >= MOST}
    return render(request, "portal/search.html", {**context, "followed": set(following.read(request))})


def _hits(words: str, as_of: date | None) -> list[Hit]:
    return search(words, as_of=as_of, limit=MOST, public_only=True)


@access(PUBLIC)
def follow(request: HttpRequest) -> HttpResponse:
    """The list of provisions followed; a post adds (`on=1`) or takes away (`on=0`) `cite`."""
    kept = following.read(request)
    if request.method != "POST":
        return render(request, "portal/follow.html", {"followed": queries.followed(kept)})
    cite, wanted = request.POST.get("cite", "").strip(), request.POST.get("on") == "1"
    changed = [c for c in kept if c != cite]
    if wanted:
        _check(cite)
        if len(changed) >= following.MOST:
            raise BadInput(f"最多关注 {following.MOST} 条，请先取消一些。")
        changed.insert(0, cite)
    response = HttpResponseRedirect(_back(request))
    following.write(response, changed, secure=request.is_secure())
    messages.success(request, "已关注，可以在“我的关注”里看它的进展。" if wanted else "已取消关注。")
    return response


def _check(cite: str) -> None:
    slug, path = citations.split(cite)
    if not slug or len(path) > 120 or not Instrument.objects.filter(slug=slug, public=True).exists():
        raise BadInput("没有这一条，无法关注。")


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target and safe else "/follow/"


@access(PUBLIC)
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/about.html")


@access(PUBLIC)
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html")
