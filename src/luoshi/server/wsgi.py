"""The WSGI application. Does not load in production under unsafe settings."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
application = get_wsgi_application()

from luoshi.server.safety import refuse_unsafe  # noqa: E402 needs loaded settings

refuse_unsafe()
