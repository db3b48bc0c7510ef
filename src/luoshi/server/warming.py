"""Rooms that keep something compiled in memory say in `warming.py` how to have it before the first request."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import threading

from django.conf import settings
from django.db import connections


def warm() -> None:
    """Every room in turn; what fails is logged and read again when somebody asks."""
    try:
        for room in settings.ROOMS:
            if importlib.util.find_spec(f"luoshi.{room}.warming"):
                importlib.import_module(f"luoshi.{room}.warming").warm()
    except Exception:
        logging.getLogger(__name__).exception("warming failed")
    finally:
        connections.close_all()


def begin() -> None:
    """Beside the worker, which answers meanwhile."""
    threading.Thread(target=warm, name="warming", daemon=True).start()
