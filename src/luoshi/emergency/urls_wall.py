from django.urls import path

from luoshi.emergency import views_wall as views

urlpatterns = [
    path("wall/", views.index, name="walls"),
    path("wall/shapes/", views.outlines, name="shapes"),
    path("wall/<int:pk>/", views.screen, name="wall"),
    path("wall/<int:pk>/news/", views.news, name="wall_news"),
]
