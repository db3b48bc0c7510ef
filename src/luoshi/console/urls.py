from django.urls import path

from luoshi.console import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("wall/", views.wall, name="wall"),
    path("help/", views.guide, name="help"),
]
