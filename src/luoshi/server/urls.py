"""Every room brings its own `urls.py`; this file only says where each one stands."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from luoshi.faces.errors import handler400, handler403, handler404, handler500  # noqa: F401 Django looks here
from luoshi.server.api import api

# prefix -> room. The portal is the front door.
PLACES = {
    "accounts/": "accounts",
    "directory/": "directory",
    "norms/": "norms",
    "clocks/": "clocks",
    "ledger/": "ledger",
    "notices/": "notices",
    "supervision/": "supervision",
    "benefits/": "benefits",
    "emergency/": "emergency",
    "console/": "console",
    "faces/": "faces",
    "": "portal",
}

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls)]
urlpatterns += [path("d/", include("luoshi.norms.urls_documents"))]
urlpatterns += [
    path(prefix, include(f"luoshi.{room}.urls"))
    for prefix, room in PLACES.items()
    if importlib.util.find_spec(f"luoshi.{room}.urls")
]
