from django.urls import path

from luoshi.emergency import views_reports as views

urlpatterns = [
    path("incidents/<int:pk>/reports/", views.reports, name="reports"),
    path("incidents/<int:pk>/reports/new/<slug:kind>/", views.new, name="new_report"),
    path("reports/<int:pk>.docx", views.paper, name="report_paper"),
    path("incidents/<int:pk>/queries/", views.queries, name="superior_queries"),
    path("queries/<int:pk>/answer/", views.answer, name="answer_query"),
    path("warnings/<int:pk>/cap.xml", views.warning_cap, name="warning_cap"),
]
