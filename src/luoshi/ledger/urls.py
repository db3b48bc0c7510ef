from django.urls import path

from luoshi.ledger import views

app_name = "ledger"
urlpatterns = [
    path("", views.entries, name="entries"),
    path("verify/", views.verify, name="verify"),
    path("evidence/", views.export, name="evidence"),
    path("<int:seq>/", views.entry, name="entry"),
]
