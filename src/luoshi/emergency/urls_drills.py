from django.urls import path

from luoshi.emergency import views_drills as views
from luoshi.emergency import views_tabletop as tabletop

urlpatterns = [
    path("drills/", views.shelf, name="drills"),
    path("drills/runs/", views.runs, name="drill_runs"),
    path("drills/runs/<int:pk>/", views.drill, name="drill"),
    path("drills/runs/<int:pk>/sheet.docx", views.drill_sheet, name="drill_sheet"),
    path("drills/runs/<int:pk>/director/", tabletop.director, name="director"),
    path("drills/runs/<int:pk>/advance/", tabletop.advance, name="drill_advance"),
    path("drills/runs/<int:pk>/finish/", tabletop.finish, name="drill_finish"),
    path("drills/new/", views.write, name="new_scenario"),
    path("drills/<slug:name>/", views.scenario, name="scenario"),
    path("drills/<slug:name>/edit/", views.write, name="edit_scenario"),
    path("drills/<slug:name>/run/", views.run, name="run_scenario"),
    path("drills/<slug:name>/tabletop/", tabletop.open_run, name="open_tabletop"),
]
