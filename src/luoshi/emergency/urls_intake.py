from django.urls import path

from luoshi.emergency import views_intake as views

urlpatterns = [
    path("intake/", views.take, name="intake"),
    path("signals/", views.signals, name="signals"),
    path("signals/<int:pk>/", views.signal, name="signal"),
    path("signals/<int:pk>/dismiss/", views.dismiss, name="dismiss_signal"),
    path("feeds/", views.feed_list, name="feeds"),
    path("feeds/<int:pk>/close/", views.feed_close, name="close_feed"),
]
