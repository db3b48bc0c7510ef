from django.urls import path

from luoshi.emergency import views_after as views
from luoshi.emergency import views_evidence as evidence

urlpatterns = [
    path("incidents/<int:pk>/after/", views.aftermath, name="aftermath"),
    path("incidents/<int:pk>/evidence/", evidence.package, name="evidence"),
    path("incidents/<int:pk>/evidence/file/", evidence.download, name="evidence_file"),
    path("reviews/<int:pk>/", views.review, name="review"),
    path("lessons/new/", views.new_lesson, name="new_lesson"),
    path("plans/", views.plans, name="upkeep"),
    path("plans/check/", views.look, name="check_plans"),
    path("plans/triggers/new/", views.new_trigger, name="new_trigger"),
    path("plans/triggers/<int:pk>/", views.decide_trigger, name="decide_trigger"),
    path("plans/defects/<int:pk>/", views.decide_defect, name="decide_defect"),
    path("plans/linked/<int:pk>/", views.file_plan, name="file_plan"),
    path("plans/linked/<int:pk>/file/", views.linked_file, name="linked_file"),
]
