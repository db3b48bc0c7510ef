from django.urls import path

from luoshi.emergency import views_tasks as views

urlpatterns = [
    path("incidents/<int:pk>/callouts/", views.callouts, name="callouts"),
    path("callouts/<int:pk>/answered/", views.answered, name="answered"),
    path("responses/<int:pk>/call/", views.call, name="call"),
    path("incidents/<int:pk>/tasks/", views.of_incident, name="tasks"),
    path("responses/<int:pk>/adopt/", views.adopt, name="adopt"),
    path("tasks/", views.mine, name="my_tasks"),
    path("tasks/<int:pk>/", views.task, name="task"),
]
