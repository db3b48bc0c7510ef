from django.urls import path

from luoshi.clocks import views

app_name = "clocks"
urlpatterns = [
    path("", views.clocks, name="clocks"),
    path("<int:pk>/", views.clock, name="clock"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("jobs/", views.all_jobs, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/retry/", views.retry_job, name="job-retry"),
]
