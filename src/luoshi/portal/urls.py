from django.urls import path

from luoshi.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("gazette/", views.gazette, name="gazette"),
    path("search/", views.find, name="search"),
    path("follow/", views.follow, name="follow"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.accessibility, name="accessibility"),
]
