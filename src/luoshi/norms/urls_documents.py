"""Permalinks: `/d/`, `/d/<slug>/`, `/d/<slug>/<path>`."""

from __future__ import annotations

from django.urls import path

from luoshi.norms import views_documents as views

app_name = "documents"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:slug>/", views.show, name="show"),
    path("<str:slug>/versions/", views.versions, name="versions"),
    path("<str:slug>/<path:path>", views.provision, name="provision"),
]
