from django.urls import path

from luoshi.emergency import views_resources as views
from luoshi.emergency import views_rosters as rosters

urlpatterns = [
    path("resources/", views.registers, name="resources"),
    path("resources/item/<int:pk>/", views.asset, name="asset"),
    path("resources/item/<int:pk>/change/", views.change_asset, name="change_asset"),
    path("resources/<slug:kind>/", views.registers, name="resources_of"),
    path("resources/<slug:kind>/new/", views.new_asset, name="new_asset"),
    path("resources/<slug:kind>/export.xlsx", views.export, name="export_assets"),
    path("resources/<slug:kind>/import/", views.bring_in, name="import_assets"),
    path("roster/", rosters.roster, name="roster"),
    path("roster/import/", rosters.roster_file, name="roster_import"),
    path("roster/<int:pk>/remove/", rosters.remove_shift, name="remove_shift"),
    path("operators/", rosters.operator_list, name="operators"),
    path("incidents/<int:pk>/costs/", rosters.cost_list, name="costs"),
    path("costs/<int:pk>/settle/", rosters.settle_cost, name="settle_cost"),
]
