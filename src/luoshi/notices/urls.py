from django.urls import path

from luoshi.notices import views, views_wordings

app_name = "notices"
urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("mail/<int:pk>/", views.mail, name="mail"),
    path("mail/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("c/<str:token>/", views.by_link, name="by-link"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:pk>/", views.notice, name="notice"),
    path("dial/", views.dial, name="dial"),
    path("dial/<int:pk>/", views.confirm_for, name="confirm-for"),
    path("wordings/", views_wordings.wording_list, name="wordings"),
    path("wordings/<str:kind>/", views_wordings.wording, name="wording"),
    path("wordings/<str:kind>/reset/", views_wordings.reset, name="wording-reset"),
]
