"""Staff screens of the norms."""

from __future__ import annotations

from django.urls import path

from luoshi.norms import views_findings, views_readings, views_revision, views_uploads

app_name = "norms"
urlpatterns = [
    path("imports/", views_uploads.index, name="uploads"),
    path("imports/<int:pk>/", views_uploads.show, name="upload"),
    path("imports/<int:pk>/retry/", views_uploads.retry, name="upload_retry"),
    path("revision/<str:slug>/", views_revision.revision, name="revision"),
    path("findings/", views_findings.index, name="findings"),
    path("findings/<int:pk>/", views_findings.show, name="finding"),
    path("interpretations/", views_readings.interpretations, name="interpretations"),
    path("interpretations/<path:key>", views_readings.interpretation, name="interpretation"),
    path("parameters/", views_readings.parameters, name="parameters"),
    path("parameters/<path:key>", views_readings.parameter, name="parameter"),
]
