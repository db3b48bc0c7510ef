from django.urls import path

from luoshi.faces import views

app_name = "faces"
urlpatterns = [path("preferences/", views.preferences, name="preferences")]
