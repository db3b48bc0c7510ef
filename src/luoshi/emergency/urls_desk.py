from django.urls import path

from luoshi.emergency import views_acts as acts
from luoshi.emergency import views_desk as views
from luoshi.emergency import views_plans as plans

urlpatterns = [
    path("", views.desk, name="desk"),
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/<int:pk>/", views.incident, name="incident"),
    path("incidents/<int:pk>/news/", views.news, name="incident_news"),
    path("incidents/<int:pk>/log/", views.log, name="log"),
    path("incidents/<int:pk>/answer/", views.answer, name="answer"),
    path("incidents/<int:pk>/facts/", views.facts, name="facts"),
    path("incidents/<int:pk>/facts/<slug:name>/", views.fact, name="fact"),
    path("incidents/<int:pk>/facts/<slug:name>/settle/", views.settle, name="settle"),
    path("incidents/<int:pk>/acts/<slug:code>/", acts.act, name="act"),
    path("incidents/<int:pk>/plans/<slug:plan>/<slug:code>/", acts.act, name="plan_act"),
    path("editions/", plans.editions, name="plan_editions"),
    path("editions/<int:pk>/<slug:slug>/", plans.plan, name="plan"),
    path("responses/<int:pk>/countersign/", acts.countersign, name="countersign"),
]
