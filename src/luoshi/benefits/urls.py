"""Where the screens of benefits stand, under /benefits/."""

from __future__ import annotations

from django.urls import path

from luoshi.benefits import views_public

app_name = "benefits"
urlpatterns = [
    path("", views_public.measures, name="measures"),
    path("check/<str:measure>/", views_public.check, name="check"),
    path("published/", views_public.published, name="published"),
]
